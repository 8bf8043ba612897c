"""Restores lost subscriptions when an answer finds their jobs again."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import groupby

from bot.deps.deps import Deps
from bot.deps.outboxes import read_outbox
from bot.domain.attempts import Attempt, with_events
from bot.domain.changes import LOSSES, Change, Kind, found, unfound
from bot.domain.elapsed import in_future
from bot.domain.mirrored_scopes import owns
from bot.domain.outbox import ChangedEntry
from bot.domain.routes import RulesChangedError
from bot.domain.service_key import Service
from bot.domain.tracked_jobs import AttemptMark, record
from bot.rules.card_reducer import expected
from bot.rules.service_watches import ServiceWatches, log_lines
from bot.store.lost_jobs import Lost, Restored
from bot.task_queue.enqueue import enqueue_delivery, enqueue_sweep
from providers.http.deadline import skew
from providers.models import Job, JobState

RESTORED_WITHIN = timedelta(days=30)
"""A lost job that is found later than this stays lost."""


async def restore_found(deps: Deps, jobs: Iterable[Job], asked_at: datetime) -> None:
    """Restore lost subscriptions to these jobs, found by a question of `asked_at`.

    Raises StoreUnavailable.
    """
    for service, group in groupby(sorted(jobs, key=_service), key=_service):
        mine = {job.id: job for job in group}
        for lost in await deps.store.lost.read(service, mine):
            lost_at = lost.kept.checked_at
            if timedelta() < asked_at - lost_at <= RESTORED_WITHIN or in_future(lost_at, deps.clock()):
                await _restore(deps, lost, mine[lost.kept.job.id], asked_at)


def _service(job: Job) -> Service:
    return job.account, job.service


async def _restore(deps: Deps, lost: Lost, job: Job, asked_at: datetime) -> None:
    """Follow a job again where its cards still are. A failure without its reason is left to the next look."""
    if await _left_alone(deps, lost.cards):
        return
    destinations = {
        destination: card for destination, card in lost.cards.items() if await _is_lost(deps, destination, card, job)
    }
    unexplained = job.state is JobState.FAILED and job.unexplained is not None
    change = _found(lost, job.model_copy(update={"raw": None}), asked_at, as_before=unexplained)
    attempt = Attempt(lost.kept.attempt.number + 1)
    change = with_events(change.model_copy(update={"reopened": True}), attempt, skew(deps.clock()))
    kept_on, seen_at = (lost.kept.job, lost.kept.checked_at) if unexplained else (job, asked_at)
    restored = Restored(
        cards=destinations,
        record=None if change.fate else record(kept_on, seen_at, attempt=attempt.after(change)),
        next_at=deps.clock(),
        entry=ChangedEntry(change=change).model_dump_json(),
        mark=AttemptMark.of(job, attempt.number, ends=change.fate is not None),
    )
    if told := await _restored(deps, lost, restored, change):
        await enqueue_sweep(deps, _service(job))
        await enqueue_delivery(deps, *told)


async def _restored(deps: Deps, lost: Lost, restored: Restored, change: Change) -> set[str]:
    """Restore a job, with an entry for each watch that wants it. Return the destinations of the entries."""
    service = _service(change.job)
    while True:
        watches = ServiceWatches.of((await deps.store.routes.read([service]))[service])
        wanted = watches.for_change(change) if owns(change.job, deps.whole.catalog.pairs) else {}
        lines = log_lines(change, watches, skew(deps.clock()))
        routed = restored._replace(version=watches.version, watches=wanted, lines=lines)
        try:
            done = await deps.store.lost.restore(lost, routed)
        except RulesChangedError:
            continue
        return {*restored.cards, *wanted} if done else set()


def _found(lost: Lost, job: Job, asked_at: datetime, *, as_before: bool) -> Change:
    before, absence = lost.kept.job, lost.kept.absence
    if absence is None:
        raise AssertionError("a lost job was absent")
    if as_before:
        return unfound(before, absence, asked_at, Kind.FOUND)
    return found(before, absence, job, asked_at)


async def _left_alone(deps: Deps, destinations: Iterable[str]) -> bool:
    """Return whether a newer version has records of a destination. That version restores the job itself."""
    return any([(await read_outbox(deps, destination)).newer for destination in destinations])


async def _is_lost(deps: Deps, destination: str, card_id: str, job: Job) -> bool:
    """Return whether a card still shows the job as lost. It may be dropped, alone or with its workspace."""
    card = expected(await read_outbox(deps, destination)).get(card_id)
    card_job = card.jobs.get(str(job.ref)) if card else None
    return card_job is not None and card_job.fate in LOSSES
