"""Notices the new jobs of a watched service. The first sweep reads a baseline, each later one walks the list."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from bot.domain.attempts import Attempt, on_fleet_clock, with_events
from bot.domain.changes import Change, discovered, reopened
from bot.domain.elapsed import passed, past
from bot.domain.tracked_jobs import AttemptMark, JobUpdate, record
from bot.domain.walks import PACE_MIN_S, Discovery, Mark, creations, walk_interval
from bot.jobs.recovery import restore_found
from bot.polling.reasons import explained
from bot.polling.recorder import observe_jobs, record_changed, record_updates, seen_now
from bot.polling.service_sweep import ServiceSweep
from bot.polling.walk import Next, Walk
from providers.base import too_long
from providers.errors import ProviderError
from providers.http.deadline import age, provider_time
from providers.models import Filter, Job, JobPage, JobQuery, JobState

LONG_LIST = 200
"""A list that cannot be sorted is read whole up to this length, in jobs. Of a longer one only the failures are read, if
no other jobs are wanted.
"""
LONG_AGO = datetime(2015, 1, 1, tzinfo=UTC)
"""Earlier than any job of a cloud."""
UNFINISHED = frozenset({JobState.PENDING, JobState.RUNNING})
FAILURES = frozenset({JobState.FAILED, JobState.RUNNING})
"""The states read of a long list that cannot be sorted, where only failures are wanted."""
_LATER = timedelta(seconds=1)
"""Overlap between two reads, because some APIs take times in whole seconds."""


def walk_due(sweep: ServiceSweep, now: datetime, *, tracked_due: bool) -> bool:
    """Return whether a walk is due: at the service's pace, or when a sweep queries the service anyway."""
    known = sweep.discovery
    if known is None or not sweep.provider.capabilities.lists:
        return False
    if known.since is None or known.walked_at is None:
        return True
    wait = PACE_MIN_S if tracked_due else known.pace_s
    return passed(known.walked_at, timedelta(seconds=wait), now)


def begin_walk(sweep: ServiceSweep, known: Discovery) -> Walk:
    """Return the walk of a sweep."""
    able = sweep.provider.capabilities
    return Walk(known.mark, jumps=Filter.UNTIL in able.filters and not able.whole_list)


def walk_query(sweep: ServiceSweep, walk: Walk) -> JobQuery:
    """Return the query of a walk."""
    able = sweep.provider.capabilities
    query = JobQuery(limit=min(100, able.page_max))
    if not sweep.tracks:
        return query.model_copy(update={"states": FAILURES})
    return query.model_copy(update={"since": walk.before.low or LONG_AGO}) if able.old_by_since else query


async def begin(sweep: ServiceSweep) -> None:
    """Read how far the new jobs of a service are known. Raises StoreUnavailable."""
    await sweep.begin()
    known, able = sweep.discovery, sweep.provider.capabilities
    if known and known.since and able.whole_list and known.listed > LONG_LIST:
        sweep.tracks = not (await sweep.watches()).failures_only


def next_query(query: JobQuery, walk: Walk, page: JobPage, step: Next) -> tuple[JobQuery, str | None]:
    """Return the query that follows a page of a walk."""
    match step:
        case Next.PAGE:
            return query, page.overlapping or page.cursor
        case Next.RESUME if walk.read_from:
            return query.model_copy(update={"until": walk.read_from + _LATER}), None
        case _:
            return query.model_copy(update={"until": None}), None


def next_walk_in(known: Discovery, now: datetime) -> float:
    """Return the seconds until the next walk."""
    return known.pace_s - (now - past(known.walked_at, now)).total_seconds() if known.walked_at else 0.0


async def take_list(sweep: ServiceSweep, jobs: Sequence[Job], asked_at: datetime) -> None:
    """Process the jobs of a list: update tracked jobs, and record unknown ones."""
    since = sweep.discovery.since if sweep.discovery and sweep.provider.capabilities.lists else None
    if since is None:
        await observe_jobs(sweep, jobs, asked_at)
        return
    settled, now = sweep.deps.settled, sweep.deps.clock()
    new = settled.unsettled(sweep.service, since, jobs, now) | {job.id for job in jobs if job.id in sweep.left}
    if new:
        listed = [pair for pair in zip(jobs, creations(jobs), strict=True) if pair[0].id in new]
        unknown = await _compare(sweep, listed, asked_at)
        ended = (job for job, _ in listed if job.state.ended and job.id not in unknown)
        settled.add(sweep.service, since, ended, now)


async def _compare(
    sweep: ServiceSweep, listed: Sequence[tuple[Job, datetime | None]], asked_at: datetime
) -> Collection[str]:
    """Compare listed jobs, each with its creation, with the records. Return the ids of unknown jobs."""
    jobs, created = [job for job, _ in listed], [at for _, at in listed]
    seen = seen_now(sweep, jobs)
    about = (sweep.service, jobs, created, asked_at, seen, sweep.deps.clock())
    known = await sweep.deps.store.pages.compare(*about)
    if known.lost:
        await restore_found(sweep.deps, jobs, asked_at)
        known = await sweep.deps.store.pages.compare(*about)
    await record_changed(sweep, known.changed, jobs, asked_at)
    await _record_new(sweep, listed, known.unknown, asked_at)
    return known.unknown


async def notice(sweep: ServiceSweep, jobs: Sequence[Job], asked_at: datetime) -> None:
    """Record the unknown jobs among these."""
    created = creations(jobs)
    unknown = await sweep.deps.store.discovery.unknown(sweep.service, jobs, created)
    await _record_new(sweep, zip(jobs, created, strict=True), unknown, asked_at)


async def _record_new(
    sweep: ServiceSweep,
    jobs: Iterable[tuple[Job, datetime | None]],
    unknown: Mapping[str, int],
    asked_at: datetime,
) -> None:
    """Track the unknown jobs among these, and record their events."""
    if not unknown:
        return
    listed = [(job, at) for job, at in jobs if job.id in unknown]
    if sweep.discovery and sweep.discovery.failures_only and sweep.tracks:
        await _remember_unread(sweep, listed, asked_at)
        listed = [(job, at) for job, at in listed if job.state is JobState.FAILED]
    better = await explained(sweep, [job for job, _ in listed if job.state.ended])
    better |= await _confirmed(sweep, [job for job, _ in listed if unknown[job.id]])
    steps = [
        _update(sweep, better.get(job.id, job), asked_at, at, unknown[job.id])
        for job, at in listed
        if (job.id in better or not unknown[job.id]) and (sweep.tracks or job.state.ended)
    ]
    await record_updates(sweep, steps)


async def _remember_unread(
    sweep: ServiceSweep, listed: Sequence[tuple[Job, datetime | None]], asked_at: datetime
) -> None:
    """Mark jobs as known that were not read while only failures were wanted."""
    ended = [(job.id, at) for job, at in listed if job.state.ended and job.state is not JobState.FAILED]
    await sweep.deps.store.discovery.remember(sweep.service, ended)
    await track(sweep, [(job, asked_at) for job, _ in listed])


async def _confirmed(sweep: ServiceSweep, jobs: Sequence[Job]) -> dict[str, Job]:
    """Return the finished jobs among these that a look-up by id shows as continuing."""
    chosen = [job.id for job in jobs][: sweep.reasons_left]
    sweep.reasons_left -= len(chosen)
    try:
        answer = await sweep.provider.lookup(chosen) if chosen else None
    except ProviderError:
        return {}
    return {job.id: job for job in answer.found if not job.state.ended} if answer else {}


def _update(
    sweep: ServiceSweep, job: Job, asked_at: datetime, created_at: datetime | None, ended_attempts: int
) -> JobUpdate:
    """Return the update for an unknown job, or one that continues after so many attempts."""
    job = job.model_copy(update={"raw": None})
    change = reopened(job, asked_at) if ended_attempts else _discovered(sweep, job, asked_at)
    attempt = Attempt(ended_attempts + 1)
    change = with_events(change, attempt, sweep.skew)
    mark = AttemptMark.of(job, attempt.number, created_at, ends=job.state.ended)
    kept_on = None if job.state.ended else record(job, asked_at, attempt=attempt.after(change))
    return JobUpdate(job.id, "", kept_on, sweep.next_at(job), mark=mark, change=change)


def _discovered(sweep: ServiceSweep, job: Job, asked_at: datetime) -> Change:
    """Return the change for a new job. The job cannot have been seen before its creation."""
    first = datetime.min.replace(tzinfo=UTC)
    return discovered(job, on_fleet_clock(job.created_at, sweep.skew, first, asked_at) or asked_at, asked_at)


async def read_baseline(sweep: ServiceSweep) -> None:
    """Read the newest page of a newly watched service. Finished jobs become known, the others are tracked."""
    able, now = sweep.provider.capabilities, sweep.deps.clock()
    query = JobQuery(limit=min(100, able.page_max), since=LONG_AGO if able.old_by_since else None)
    page = await sweep.provider.page(query)
    sweep.answered += 1
    await observe_jobs(sweep, page.jobs, now - age())
    created, there = creations(page.jobs), provider_time()
    oldest = None if page.cursor is None else min((at for at in created if at), default=None)
    walk = Walk(Mark(), complete=True)
    walk.take(page)
    known = Discovery(
        since=now,
        mark=walk.after(there),
        floor=oldest + timedelta(milliseconds=1) if oldest else None,
        walked_at=sweep.deps.clock(),
        pace_s=walk_interval(page.jobs, there),
        partial=too_long(able, page),
        listed=len(page.jobs),
    )
    ended = [(job.id, at) for job, at in zip(page.jobs, created, strict=True) if job.state.ended]
    await sweep.deps.store.discovery.begin(sweep.service, known, ended)
    sweep.discovery = known
    await track(sweep, [(job, now - age()) for job in page.jobs])
    if page.cursor is None:
        await _found_unfinished(sweep)


async def _found_unfinished(sweep: ServiceSweep) -> None:
    if sweep.discovery:
        sweep.discovery = sweep.discovery._replace(unfinished=True)
        await sweep.deps.store.discovery.write(sweep.service, sweep.discovery)


async def read_unfinished(sweep: ServiceSweep) -> None:
    """Track all unfinished jobs, wherever they are on the list. If the list moves, the next sweep tries again."""
    able = sweep.provider.capabilities
    since = LONG_AGO if able.old_by_since else None
    query = JobQuery(states=UNFINISHED, limit=min(100, able.page_max), since=since)
    walk = Walk(Mark(), jumps=Filter.UNTIL in able.filters, shrinks=True)
    cursor: str | None = None
    step = Next.PAGE
    while step is not Next.NOTHING:
        asked_at = sweep.deps.clock() - age()
        page = await sweep.provider.page(query, cursor)
        await observe_jobs(sweep, page.jobs, asked_at)
        await track(sweep, [(job, asked_at) for job in page.jobs])
        step = walk.take(page)
        query, cursor = next_query(query, walk, page, step)
    if walk.complete:
        await _found_unfinished(sweep)


async def track(sweep: ServiceSweep, observed: Sequence[tuple[Job, datetime]]) -> None:
    """Track unfinished jobs without an event: they existed before the watch."""
    unfinished = [(job, at) for job, at in observed if not job.state.ended]
    jobs = [job for job, _ in unfinished]
    unknown = await sweep.deps.store.discovery.unknown(sweep.service, jobs, creations(jobs))
    steps = [_tracked(sweep, job, at, unknown[job.id] + 1) for job, at in unfinished if job.id in unknown]
    if steps:
        await record_updates(sweep, steps)


def _tracked(sweep: ServiceSweep, job: Job, observed_at: datetime, number: int) -> JobUpdate:
    attempt, mark = Attempt(number, Attempt.first(job).past), AttemptMark.of(job, number, ends=False)
    return JobUpdate(job.id, "", record(job, observed_at, attempt=attempt), sweep.next_at(job), mark=mark)


async def end_walk(sweep: ServiceSweep, walk: Walk, there: datetime | None) -> None:
    """Save how far a walk came. `there` is the time on the provider's clock."""
    known, page = sweep.discovery, walk.last_page
    if known is None:
        return
    whole = page is not None and sweep.provider.capabilities.whole_list
    after = known._replace(
        mark=walk.after(there),
        walked_at=sweep.deps.clock(),
        pace_s=walk_interval(walk.newest_page, there) if page else known.pace_s,
        blind_since=None if page else (known.blind_since or sweep.deps.clock()),
        partial=too_long(sweep.provider.capabilities, page) if page else known.partial,
        listed=len(page.jobs) if page and whole and sweep.tracks else known.listed,
        failures_only=not sweep.tracks,
    )
    await sweep.deps.store.discovery.write(sweep.service, after)
    await sweep.deps.store.discovery.trim(sweep.service, after.mark.mark)
    sweep.discovery = after
