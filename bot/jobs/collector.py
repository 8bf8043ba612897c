"""Reads the part of one service's list that an answer needs, from cloud or store."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from bot.deps.deps import Deps
from bot.domain.errors import StoreUnavailable
from bot.jobs.recovery import restore_found
from providers.base import Provider
from providers.http.deadline import age, without_raw
from providers.models import Filter, Job, JobQuery, JobState, Unanswered

SCAN_MAX = 1000
"""The number of jobs read of a list that the provider cannot filter."""
PAGE_MIN = 10
"""The smallest page requested, in jobs: one job costs as much as ten."""
REFRESH_MAX = 10
"""The number of requests that a list may spend on refreshing remembered jobs."""

Matches = Callable[[Job], bool]


@dataclass(slots=True)
class Collected:
    """The jobs read of one service's list so far.

    `jobs` are in the order of the service's list, `found` are those looked up by id. `total` is how many match in all,
    None while unknown. `more` says that there are jobs behind those read. `uncoded` are failed jobs that a filter by
    code left out because the list has no codes. `remembered` marks a service that cannot list, `unanswered` are
    remembered jobs whose present state could not be read.
    """

    jobs: dict[str, Job] = field(default_factory=dict[str, Job])
    found: dict[str, Job] = field(default_factory=dict[str, Job])
    total: int | None = None
    more: bool = False
    scanned: int = 0
    malformed: int = 0
    uncoded: int = 0
    remembered: int | None = None
    unanswered: tuple[Unanswered, ...] = ()

    @property
    def cut_short(self) -> bool:
        """Return whether reading stopped at SCAN_MAX with jobs left unread."""
        return self.more and self.scanned >= SCAN_MAX

    def add(self, job: Job) -> None:
        """Add a listed job. A list that moves while it is read may show a job twice."""
        if job.id not in self.found:
            self.jobs.setdefault(job.id, job)


async def collect(deps: Deps, provider: Provider, query: JobQuery, want: int, into: Collected) -> None:
    """Read the newest matching jobs of a service, at most `want` of them."""
    able = provider.capabilities
    if able.lists or (able.lists_media and query.media):
        await read_pages(provider, query, want, into)
        return
    # A remembered job may have a new state and code by now. Everything else about it stays the same.
    without = tuple(each for each in query.without if each[0] is not Filter.CODE)
    could_match = query.model_copy(update={"states": frozenset(), "code": None, "without": without}).matches
    await read_remembered(deps, provider, into, could_match, query.matches)


async def read_pages(
    provider: Provider, query: JobQuery, want: int, into: Collected, matches: Matches | None = None
) -> None:
    """Read pages until `want` jobs match, the list ends, or SCAN_MAX jobs were seen.

    `matches` narrows the list in place of the query's filters.
    """
    narrowed_here = matches is not None or query.filters - provider.capabilities.filters
    # A list without codes would silently leave out every job.
    asked = query if query.code is None else query.model_copy(update={"code": None})
    cursor: str | None = None
    into.more = True
    while into.more and len(into.jobs) < want and into.scanned < SCAN_MAX:
        size = min(provider.capabilities.page_max, 100 if narrowed_here else max(PAGE_MIN, want - len(into.jobs)))
        page = await provider.page(asked.model_copy(update={"limit": size}), cursor)
        into.scanned += len(page.jobs) + page.malformed
        into.malformed += page.malformed
        for job in filter(matches or query.matches, page.jobs):
            into.add(job)
        if asked is not query:
            into.uncoded += sum(_is_uncoded(job) and asked.matches(job) for job in page.jobs)
        cursor = page.cursor
        into.more = cursor is not None
        into.total = None if narrowed_here else page.total
    if not into.more and into.total is None:
        into.total = len(into.jobs) + len(into.found)


def _is_uncoded(job: Job) -> bool:
    """Return whether a list may have omitted the code of a failed job."""
    return job.state is JobState.FAILED and job.unexplained is not None and not (job.error and job.error.code)


async def read_remembered(
    deps: Deps, provider: Provider, into: Collected, could_match: Matches, matches: Matches
) -> None:
    """Read the remembered jobs of a service, and refresh those that had not finished.

    Remembered jobs stay in the answer when the service does not respond.
    """
    known = await deps.store.recent.recent(provider.account, provider.service, deps.clock())
    into.remembered = len(known)
    known = [job for job in known if could_match(job)]
    _replace(into, filter(matches, known))
    open_jobs = [job for job in known if not job.state.ended][: REFRESH_MAX * provider.capabilities.batch_max]
    if not open_jobs:
        return
    now = await _refresh(deps, provider, open_jobs, into)
    _replace(into, (job for job in (now.get(each.id, each) for each in known) if job and matches(job)))


def _replace(into: Collected, jobs: Iterable[Job]) -> None:
    into.jobs.clear()
    for job in jobs:
        into.add(job)
    into.total = len(into.jobs) + len(into.found)


async def _refresh(deps: Deps, provider: Provider, jobs: Sequence[Job], into: Collected) -> dict[str, Job | None]:
    """Look jobs up again. None means that the provider no longer has the job."""
    kinds = {job.id: job.kind for job in jobs if job.kind}
    asked_at = deps.clock()
    with without_raw():
        lookup = await provider.lookup([job.id for job in jobs], kinds)
    into.unanswered = lookup.unanswered
    with suppress(StoreUnavailable):
        await deps.store.recent.remember(lookup.found, asked_at - age())
        await restore_found(deps, lookup.found, asked_at - age())
    return {**dict.fromkeys(lookup.missing), **{job.id: job for job in lookup.found}}
