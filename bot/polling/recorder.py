"""Records the results of a sweep: the changes, and the jobs that were not found."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from bot.deps.deps import Deps
from bot.domain.attempts import with_events
from bot.domain.changes import Change, EventKind, Kind, compare, fingerprint, found
from bot.domain.mirrored_scopes import owns
from bot.domain.outbox import ChangedEntry
from bot.domain.routes import RulesChangedError
from bot.domain.tracked_jobs import AttemptMark, JobUpdate, Kept, Seen, record
from bot.jobs.recovery import restore_found
from bot.polling.reasons import explained
from bot.polling.service_sweep import ServiceSweep
from bot.rules.service_watches import ServiceWatches, routed
from bot.task_queue.enqueue import enqueue_delivery
from providers.base import Provider
from providers.models import Job

AFTER_MISS = timedelta(seconds=30)
"""A job that is not found is searched for again after this time, then less and less often."""
NO_WATCHES = ServiceWatches()


async def observe(deps: Deps, provider: Provider, jobs: Sequence[Job], asked_at: datetime) -> None:
    """Record what another person's question returned about followed jobs."""
    await observe_jobs(ServiceSweep(deps, provider), jobs, asked_at, explained_already=True)


async def postpone(sweep: ServiceSweep, ids: Iterable[str], wait: timedelta | None = None) -> None:
    """Postpone jobs about which a service returns nothing while it answers about others."""
    await sweep.deps.store.tracked.postpone(sweep.service, ids, sweep.deps.clock() + (wait or AFTER_MISS))


async def observe_jobs(
    sweep: ServiceSweep, jobs: Sequence[Job], asked_at: datetime, *, explained_already: bool = False
) -> None:
    """Compare jobs with their last recorded state, and record those that changed."""
    await restore_found(sweep.deps, jobs, asked_at)
    now, seen = sweep.deps.clock(), seen_now(sweep, jobs)
    changed = await sweep.deps.store.tracked.observe(sweep.service, asked_at, seen, now=now)
    await record_changed(sweep, changed, jobs, asked_at, explained_already=explained_already)


def seen_now(sweep: ServiceSweep, jobs: Sequence[Job]) -> list[Seen]:
    """Return the comparable state of jobs. A finished job is not polled again."""
    now = sweep.deps.clock()
    return [Seen(job.id, fingerprint(job), now if job.state.ended else sweep.next_at(job)) for job in jobs]


async def record_changed(
    sweep: ServiceSweep,
    changed: Mapping[str, Kept],
    jobs: Sequence[Job],
    asked_at: datetime,
    *,
    explained_already: bool = False,
) -> None:
    """Record the jobs whose state changed."""
    if not changed:
        return
    now = {job.id: job for job in jobs if job.id in changed}
    if not explained_already:
        now |= await explained(sweep, now.values())
    await _record(sweep, [(changed[job_id], job) for job_id, job in now.items()], asked_at)


async def _record(sweep: ServiceSweep, seen: Sequence[tuple[Kept, Job]], asked_at: datetime) -> None:
    steps: list[JobUpdate] = []
    for kept, job in seen:
        change = _change(kept, job.model_copy(update={"raw": None}), asked_at)
        change = with_events(change, kept.attempt, sweep.skew)
        entry = "" if change.kind is Kind.PROGRESSED else ChangedEntry(change=change).model_dump_json()
        kept_on = None if change.fate else record(job, asked_at, attempt=kept.attempt.after(change))
        mark = AttemptMark.of(job, change.attempt, ends=True) if change.fate else None
        steps.append(JobUpdate(job.id, kept.record, kept_on, sweep.next_at(job), entry, mark=mark, change=change))
    if not sweep.provider.capabilities.lists:
        await sweep.deps.store.recent.remember([job for _, job in seen], asked_at)
    await record_updates(sweep, steps)


def _change(kept: Kept, now: Job, asked_at: datetime) -> Change:
    if kept.absence and kept.absence.suspended:
        return found(kept.job, kept.absence, now, asked_at)
    return compare(kept.job, kept.seen, now, asked_at)


async def record_updates(sweep: ServiceSweep, steps: Sequence[JobUpdate]) -> None:
    """Record updates, and start deliveries while the look continues.

    A provider's rate limit may make the look last a minute. Cards on which only the progress is new are redrawn when
    there is time.
    """
    steps, recorded = await _routed_and_recorded(sweep, steps)
    done = [step for step in steps if step.id in recorded]
    sweep.failures += sum(step.change is not None and step.change.happened is EventKind.FAILED for step in done)
    cards = [pair for step in done if not (step.entry or step.quiet) for pair in recorded[step.id].items()]
    await sweep.deps.store.outbox.refresh(cards)
    subscribers = {destination for step in done if not step.quiet for destination in recorded[step.id]}
    watchers = {destination for step in done for destination in step.watches}
    await enqueue_delivery(sweep.deps, *(subscribers | watchers))


async def _routed_and_recorded(
    sweep: ServiceSweep, steps: Sequence[JobUpdate]
) -> tuple[Sequence[JobUpdate], dict[str, dict[str, str]]]:
    """Find the watches that want the events, and record both. Retry if the watches changed in between."""
    now, services = sweep.deps.clock(), sweep.deps.whole.catalog.pairs
    while True:
        watches = await sweep.watches()
        matched = [_routed(step, watches, services, sweep.skew) for step in steps]
        try:
            return matched, await sweep.deps.store.tracked.record(sweep.service, matched, watches.version, now)
        except RulesChangedError:
            sweep.watches_changed()


def _routed(
    step: JobUpdate, watches: ServiceWatches, services: Sequence[tuple[str, str]], skew: timedelta
) -> JobUpdate:
    mine = step.change is not None and owns(step.change.job, services)
    return routed(step, watches if mine else NO_WATCHES, skew)
