"""Records what a sweep saw: the changes, and the jobs that were not found."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from bot.deps.deps import Deps
from bot.domain.changes import Change, Kind, compare, fingerprint, found
from bot.domain.outbox import ChangedEntry
from bot.domain.service_key import Service
from bot.domain.tracked_jobs import Due, JobUpdate, Kept, Seen, record
from bot.jobs.recovery import restore_found
from bot.polling import missing_jobs, planner
from bot.polling.witness import Witness
from bot.task_queue.enqueue import enqueue_delivery
from providers.base import Provider
from providers.errors import ProviderError
from providers.models import Job, JobState

AFTER_MISS = timedelta(seconds=30)
"""A job that is not found is looked for again after this time, and then less and less often."""


@dataclass(slots=True)
class ServiceSweep:
    """One look at a service: whom it asks, and what came of it so far; `left` are jobs still to be asked about."""

    deps: Deps
    provider: Provider
    random: Random = field(default_factory=Random)
    witness: Witness = field(init=False)
    left: dict[str, Due] = field(default_factory=dict[str, Due])
    answered: int = 0
    unanswered: ProviderError | None = None

    def __post_init__(self) -> None:
        self.witness = Witness(self.deps, self.provider, self.random)

    @property
    def service(self) -> Service:
        return self.provider.account, self.provider.service

    def next_at(self, job: Job) -> datetime:
        return planner.next_look(job.created_at, self.deps.clock(), self.random)


async def observe(deps: Deps, provider: Provider, jobs: Sequence[Job], asked_at: datetime) -> None:
    """Take what somebody else's question told of jobs into account, as far as they are followed."""
    await observe_jobs(ServiceSweep(deps, provider), jobs, asked_at, explained=True)


async def postpone(sweep: ServiceSweep, ids: Iterable[str], wait: timedelta | None = None) -> None:
    """Leave jobs about which a service says nothing alone for a while, where it does answer about others."""
    await sweep.deps.store.tracked.postpone(sweep.service, ids, sweep.deps.clock() + (wait or AFTER_MISS))


async def observe_jobs(
    sweep: ServiceSweep, jobs: Sequence[Job], asked_at: datetime, *, explained: bool = False
) -> None:
    """Compare jobs with what was last seen of them, and record those that changed."""
    await restore_found(sweep.deps, jobs, asked_at)
    seen = (Seen(job.id, fingerprint(job), sweep.next_at(job)) for job in jobs)
    changed = await sweep.deps.store.tracked.observe(sweep.service, asked_at, seen, now=sweep.deps.clock())
    if not changed:
        return
    now = {job.id: job for job in jobs if job.id in changed}
    if not explained:
        now |= await _explained(sweep, now.values())
    await _record(sweep, [(changed[job_id], job) for job_id, job in now.items()], asked_at)


async def _explained(sweep: ServiceSweep, jobs: Iterable[Job]) -> dict[str, Job]:
    """Return the failed jobs whose reason a list does not tell, as looking them up tells it."""
    unexplained = [job.id for job in jobs if job.state is JobState.FAILED and job.unexplained]
    if not unexplained:
        return {}
    try:
        return {job.id: job for job in (await sweep.provider.lookup(unexplained)).found if job.state.ended}
    except ProviderError:
        return {}  # that it failed is worth more now than why later


async def _record(sweep: ServiceSweep, seen: Sequence[tuple[Kept, Job]], asked_at: datetime) -> None:
    steps: list[JobUpdate] = []
    for kept, job in seen:
        change = _change(kept, job.model_copy(update={"raw": None}), asked_at)
        entry = "" if change.kind is Kind.PROGRESSED else ChangedEntry(change=change).model_dump_json()
        kept_on = None if change.fate else record(job, asked_at)
        steps.append(JobUpdate(job.id, kept.record, kept_on, sweep.next_at(job), entry))
    if not sweep.provider.capabilities.lists:
        await sweep.deps.store.recent.remember([job for _, job in seen], asked_at)
    await _recorded(sweep, steps)


def _change(kept: Kept, now: Job, asked_at: datetime) -> Change:
    if kept.absence and kept.absence.suspended:
        return found(kept.job, kept.absence, now, asked_at)
    return compare(kept.job, kept.seen, now, asked_at)


async def _recorded(sweep: ServiceSweep, steps: Sequence[JobUpdate]) -> None:
    """Record steps, and have them told while the look goes on: the provider's limit may make it last a minute.

    Cards on which nothing but the progress is new are drawn again when there is time.
    """
    notified = {step.id for step in steps if step.entry}
    quiet = {step.id for step in steps if step.quiet}
    recorded = await sweep.deps.store.tracked.record(sweep.service, steps)
    subscribers = {job_id: destinations for job_id, destinations in recorded.items() if job_id not in quiet}
    cards = [
        pair for job_id, destinations in subscribers.items() if job_id not in notified for pair in destinations.items()
    ]
    await sweep.deps.store.outbox.refresh(cards)
    await enqueue_delivery(
        sweep.deps, *{destination for destinations in subscribers.values() for destination in destinations}
    )


async def record_missing(sweep: ServiceSweep, ids: Sequence[str], asked_at: datetime) -> None:
    """Record jobs that the provider says do not exist; only a witness makes it believable that they are lost."""
    absent = await missing_jobs.missed(sweep.deps, sweep.provider, ids, asked_at, again=AFTER_MISS)
    if any(each.ripe for each in absent):
        called_at = sweep.deps.clock()
        await observe_jobs(sweep, await sweep.witness.call(ids), called_at)
    if steps := missing_jobs.steps(absent, sweep.provider, sweep.witness.found_at):
        await _recorded(sweep, steps)


async def record_doubtful(sweep: ServiceSweep, ids: Iterable[str], asked_at: datetime, *, all_of_them: bool) -> None:
    """Record jobs about which the provider refuses to answer, in a way that may mean a wrong address."""
    absent = await missing_jobs.doubted(sweep.deps, sweep.provider, ids, asked_at, all_of_them=all_of_them)
    if steps := missing_jobs.steps(absent, sweep.provider, None):
        await _recorded(sweep, steps)
