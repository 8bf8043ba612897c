"""Simulates what a watch would have posted in the last 24 hours.

It runs the steps of delivery on a destination in memory. The events are those of the event log. Where the log is too
short and the service lists its jobs, the provider's failed jobs are used.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby

from bot.deps.deps import Deps
from bot.domain.attempts import on_fleet_clock
from bot.domain.cards import wants
from bot.domain.changes import Change, EndReason, EventKind, Kind
from bot.domain.dry_runs import REACH, DryRun, ServiceBasis
from bot.domain.event_log import Ended, LoggedEvent
from bot.domain.mirrored_scopes import services_to_watch
from bot.domain.service_events import ServiceEvent
from bot.domain.watches import Rules, Watch, WatchSpec
from bot.jobs.fan_out import Known, Question
from bot.polling.reasons import ask
from bot.watches.access import permit_watch
from bot.watches.rules import read_rules
from bot.watches.virtual_destination import Event, VirtualDestination
from providers.base import Provider
from providers.http.deadline import skew, without_raw
from providers.mirrors import views
from providers.models import Job, JobQuery, JobState

PAGES_MAX = 10
"""The number of pages read of a provider's list."""
EXPLAINED_MAX = 20
"""The number of failed jobs of a service that are looked up for their reason, the newest."""
CREATED_BEFORE = timedelta(hours=6)
"""A job that failed in the dry run's period was created at most this long before it."""
EVENTS_MAX = 1_000
"""The number of events tried, the newest: some seconds of work where each has its own kind."""
CLOSE = timedelta(minutes=1)
"""A log that lacks at most this much is complete."""


@dataclass(slots=True)
class _Found:
    """What is known of one service."""

    events: list[Event] = field(default_factory=list[Event])
    ended: Sequence[Ended] = ()
    logged_since: datetime | None = None
    listed_since: datetime | None = None
    cut: bool = False
    unexplained: int = 0


def dry_run(deps: Deps, spec: WatchSpec, destination: str, most: int = EVENTS_MAX) -> Question[_Found, DryRun]:
    """Ask what a watch would have posted in a destination. At most `most` events are tried.

    Raises UsageError, as `watch` does.
    """
    now = deps.clock()
    since = now - REACH
    covered, _ = permit_watch(deps, spec, destination)
    seen = {each.account for each in covered}
    wanted = services_to_watch(spec, [pair for pair in deps.catalog.pairs if pair[0] in seen])
    providers = [each for each in deps.providers if (each.account, each.service) in wanted]

    async def find(provider: Provider, into: _Found) -> None:
        await _read_log(deps, provider, spec, since, into)
        if provider.capabilities.lists and not _complete(into, since):
            await _read_list(deps, provider, spec, since, into)

    async def assemble(known: Known[_Found]) -> DryRun:
        return await _tried(deps, Watch(id="w0", place=destination, owner="", at=since - REACH, spec=spec), known, most)

    return Question(deps, providers, find, _Found, assemble, same=("dry-run", spec.same(), destination, most))


def _complete(found: _Found, since: datetime) -> bool:
    return found.logged_since is not None and found.logged_since <= since + CLOSE


async def _read_log(deps: Deps, provider: Provider, spec: WatchSpec, since: datetime, into: _Found) -> None:
    page = await deps.store.event_log.read((provider.account, provider.service), since, deps.clock())
    into.logged_since, into.ended = page.complete_since, page.ended
    into.events += [each for each in changes((provider.account, provider.service), page.events) if _wanted(spec, each)]


def changes(service: tuple[str, str], lines: Iterable[LoggedEvent]) -> Iterator[Event]:
    """Yield changes as they were noticed: several events of a job in one look are one change."""
    for (job, _), together in groupby(lines, key=lambda line: (line.id.rpartition("/")[0], line.noticed_at)):
        *before, last = together
        if last.job:
            yield last.change().model_copy(update={"passed": tuple(each.event for each in before)})
        elif last.event in {EventKind.DOWN, EventKind.UP} and job:
            since = last.at if last.event is EventKind.DOWN and last.at else last.noticed_at
            account, name = service
            yield ServiceEvent.model_validate(
                {"account": account, "service": name, "happened": last.event, "since": since, "at": last.noticed_at}
            )


def _wanted(spec: WatchSpec, event: Event) -> bool:
    if isinstance(event, ServiceEvent):
        return spec.covers(event.account, event.service) and wants(spec.on, event.happened)
    return any(wants(spec.on, each) for each in event.events) and any(map(spec.matches, views(event.job)))


async def _read_list(deps: Deps, provider: Provider, spec: WatchSpec, since: datetime, into: _Found) -> None:
    """Read the failed jobs of a service that the log lacks, newest first."""
    oldest, known = since - CREATED_BEFORE, list[Job]()
    query = JobQuery(states=frozenset({JobState.FAILED}), since=oldest, limit=min(100, provider.capabilities.page_max))
    cursor: str | None = None
    for _ in range(PAGES_MAX):
        with without_raw():
            page = await provider.page(query, cursor)
        known += [job for job in page.jobs if query.matches(job)]
        if (cursor := page.cursor) is None:
            break
    into.cut = cursor is not None
    kept = deps.clock() - (provider.capabilities.retention or REACH)
    into.listed_since = min((job.created_at for job in known if job.created_at), default=since) if into.cut else since
    into.listed_since = max(into.listed_since, kept, since)
    explained = await _explained(provider, known)
    into.unexplained = sum(_is_unexplained(job) for job in explained)
    logged = {event.id for event in into.events}
    found = [_failed(job, since, deps.clock()) for job in explained]
    until = into.logged_since or deps.clock()
    into.events += [
        each for each in found if each and each.at <= until and each.id not in logged and _wanted(spec, each)
    ]


def _is_unexplained(job: Job) -> bool:
    return job.unexplained is not None and not (job.error and job.error.code)


async def _explained(provider: Provider, jobs: Sequence[Job]) -> list[Job]:
    """Return failed jobs. The newest have the reasons that the list lacks."""
    unexplained = [job for job in jobs if _is_unexplained(job)][:EXPLAINED_MAX]
    if not unexplained:
        return list(jobs)
    known = {job.id: job for job in await ask(provider, unexplained) if job.state is JobState.FAILED}
    return [known.get(job.id, job) for job in jobs]


def _failed(job: Job, since: datetime, now: datetime) -> Change | None:
    """Return a job's failure as if noticed immediately, None if it is before `since`."""
    at = on_fleet_clock(job.finished_at or job.updated_at or job.created_at, skew(now), since - CREATED_BEFORE, now)
    if at is None or at < since:
        return None
    return Change(kind=Kind.MOVED, job=job, before=JobState.RUNNING, since=at, at=at, fate=EndReason.ENDED, event_at=at)


async def _tried(deps: Deps, trial: Watch, known: Known[_Found], most: int) -> DryRun:
    """Apply the events to a destination that has only the mutes."""
    now = deps.clock()
    [rules] = await read_rules(deps, trial.place)
    events = list({each.id: each for one in known.asked for each in one.result.events}.values())
    events.sort(key=lambda event: event.at)
    left_out = max(0, len(events) - most)
    since = events[left_out].at if left_out else now - REACH
    by_share = trial.spec.after is not None and trial.spec.after.share is not None
    ended = {(one.provider.account, one.provider.service): one.result.ended for one in known.asked if by_share}
    virtual = VirtualDestination(trial.place, Rules(watches=(trial,), mutes=rules.mutes), since, ended)
    posts = await virtual.run(events[left_out:], now)
    return DryRun(
        trial.spec,
        since,
        now,
        posts,
        len(events),
        left_out,
        [_basis(one.provider, one.result) for one in known.asked],
        [one.error for one in known.asked if one.error],
        known.pending,
        known.late,
    )


def _basis(provider: Provider, found: _Found) -> ServiceBasis:
    able = provider.capabilities
    return ServiceBasis(
        provider.account,
        provider.service,
        able.lists,
        found.logged_since,
        found.listed_since,
        able.retention,
        found.cut,
        found.unexplained,
    )
