"""The history of a job: logged events, and events that the provider's present answer proves."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.deps.deps import Deps
from bot.domain.changes import EventKind
from bot.domain.event_log import KEPT_FOR, STATES, LoggedEvent
from bot.domain.explanations import KnownEvent
from providers.mirrors import mirrors_of
from providers.models import Job, JobRef, JobState

_ORDER = tuple(EventKind)


async def logged(deps: Deps, ref: JobRef) -> list[LoggedEvent]:
    """Return the events of a job noticed in the last 24 hours, oldest first. Raises StoreUnavailable."""
    since = deps.clock() - KEPT_FOR
    services = [(ref.account, name) for name in (ref.service, *mirrors_of(ref.service))]
    lines = [line for each in services for line in await deps.store.event_log.of_job(each, ref, since)]
    return sorted({line.id: line for line in lines}.values(), key=lambda line: line.noticed_at)


def history(ref: JobRef, lines: Sequence[LoggedEvent], job: Job | None, attempt: int) -> list[KnownEvent]:
    """Return the events of a job in their order: logged ones, and proven ones."""
    noticed = [_noticed(line) for line in lines]
    known = {each.id for each in noticed}
    proven = [each for each in _proven(ref, job, attempt) if each.id not in known] if job else []
    return sorted([*noticed, *proven], key=_order)


def _order(event: KnownEvent) -> tuple[bool, float, int]:
    at = event.at or event.noticed_at
    return at is None, at.timestamp() if at else 0.0, _ORDER.index(event.happened)


def _noticed(line: LoggedEvent) -> KnownEvent:
    state = STATES.get(line.event) or line.state
    raw = line.raw_state if state is line.state else None
    return KnownEvent(line.id, line.event, line.at, line.noticed_at, state, raw, line.source)


def _proven(ref: JobRef, job: Job, attempt: int) -> Iterator[KnownEvent]:
    """Yield the events of the present attempt that a job proves, with the provider's times."""
    last = EventKind.of(job.state)
    for event, at in _times(job):
        if at is None and event is not last:
            continue
        raw = job.raw_state if event is last else None
        yield KnownEvent(f"{ref}#{attempt}/{event}", event, at, None, STATES[event], raw)


def _times(job: Job) -> Iterator[tuple[EventKind, datetime | None]]:
    yield EventKind.SUBMITTED, job.created_at
    if job.started_at or job.state is JobState.RUNNING:
        yield EventKind.STARTED, job.started_at
    if job.state.ended and (last := EventKind.of(job.state)):
        yield last, job.finished_at
