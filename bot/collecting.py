"""Reads as much of one service's list as an answer needs: pages from the cloud, or what Callboard remembers."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bot.services import Services
from providers.base import Provider
from providers.models import Job, JobQuery

SCAN_MAX = 1000
"""A list that the provider cannot narrow by itself is read this far, in jobs."""
PAGE_MIN = 10
"""Jobs in a request, at least: one is as dear as ten."""
REFRESH_MAX = 10
"""Requests that a list may spend on learning the present state of remembered jobs."""


@dataclass(slots=True)
class Collected:
    """What was read of one service's list so far.

    `total` is how many jobs match in all, None while unknown; `more` says that there are jobs behind those read.
    `remembered` marks a service that cannot list.
    """

    jobs: dict[str, Job] = field(default_factory=dict[str, Job])
    total: int | None = None
    more: bool = False
    scanned: int = 0
    malformed: int = 0
    remembered: int | None = None

    @property
    def cut_short(self) -> bool:
        """Whether reading stopped at SCAN_MAX with jobs left unread."""
        return self.more and self.scanned >= SCAN_MAX

    def add(self, job: Job) -> None:
        self.jobs.setdefault(job.id, job)


async def collect(services: Services, provider: Provider, query: JobQuery, want: int, into: Collected) -> None:
    """Read a service's newest jobs that match, `want` of them if there are as many."""
    able = provider.capabilities
    if able.lists or (able.lists_media and query.media):
        await read_pages(provider, query, want, into, query.matches)
    else:
        await _read_remembered(services, provider, query, into)


async def read_pages(
    provider: Provider, query: JobQuery, want: int, into: Collected, matches: Callable[[Job], bool]
) -> None:
    """Read pages until enough jobs match, the list ends, or SCAN_MAX jobs were seen."""
    left_to_us = query.filters - provider.capabilities.filters
    cursor: str | None = None
    into.more = True
    while into.more and len(into.jobs) < want and into.scanned < SCAN_MAX:
        size = min(provider.capabilities.page_max, 100 if left_to_us else max(PAGE_MIN, want - len(into.jobs)))
        page = await provider.page(query.model_copy(update={"limit": size}), cursor)
        into.scanned += len(page.jobs) + page.malformed
        into.malformed += page.malformed
        for job in filter(matches, page.jobs):
            into.add(job)
        cursor = page.cursor
        into.more = cursor is not None
        into.total = page.total if not left_to_us else None
    if not into.more and into.total is None:
        into.total = len(into.jobs)


async def _read_remembered(services: Services, provider: Provider, query: JobQuery, into: Collected) -> None:
    known = await services.store.recent.recent(provider.account, provider.service)
    into.remembered = len(known)
    for job in filter(query.matches, await _refreshed(services, provider, known)):
        into.add(job)
    into.total = len(into.jobs)


async def _refreshed(services: Services, provider: Provider, known: list[Job]) -> list[Job]:
    """Look up the remembered jobs that had not ended, the newest first, within REFRESH_MAX requests."""
    open_jobs = [job for job in known if not job.state.ended][: REFRESH_MAX * provider.capabilities.batch_max]
    if not open_jobs:
        return known
    kinds = {job.id: job.kind for job in open_jobs if job.kind}
    asked_at = services.clock()
    lookup = await provider.lookup([job.id for job in open_jobs], kinds)
    await services.store.recent.remember(lookup.found, asked_at)
    now = {job.id: job for job in lookup.found}
    return [now.get(job.id, job) for job in known]
