"""Attempts: which events of a job happened since it was submitted or reopened. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.domain.changes import Change, EventKind, Kind
from providers.models import Job, JobState

_ENDS = frozenset({EventKind.SUCCEEDED, EventKind.FAILED, EventKind.CANCELLED, EventKind.LOST})
"""The events that end an attempt. If the job continues, it does so in the next attempt."""


class Attempt(NamedTuple):
    """The number of an attempt, counted from 1, and its events so far."""

    number: int = 1
    past: frozenset[EventKind] = frozenset()

    @classmethod
    def first(cls, job: Job) -> "Attempt":
        """Return the attempt of a job whose history is unknown."""
        last = EventKind.of(job.state)
        return cls(past=frozenset({*_proven(job), *([last] if last else [])}))

    def after(self, change: Change) -> "Attempt":
        """Return the attempt after a change of the job."""
        past = frozenset(_proven(change.job)) if change.reopened else self.past
        return Attempt(change.attempt, past | {*change.events})


def attempts_ended(events: Iterable[str]) -> int:
    """Return how many attempts of a job ended, by the ids of its decided events; 0 without any.

    Example: `media-cn/video-ocr/ID#2/started` proves that one attempt ended.
    """
    return max(map(_ended_by, events), default=0)


def _ended_by(event: str) -> int:
    """Return how many attempts an event proves to have ended: all before its own, and its own if it ends it."""
    attempt, _, kind = event.rpartition("#")[2].partition("/")
    return int(attempt) if kind in _ENDS else int(attempt) - 1


def _proven(job: Job) -> tuple[EventKind, ...]:
    """Return the events that a job proves to have happened before its present state."""
    started = job.state is JobState.RUNNING or (job.state is not JobState.PENDING and job.started_at is not None)
    return (EventKind.SUBMITTED, EventKind.STARTED) if started else (EventKind.SUBMITTED,)


def with_events(change: Change, attempt: Attempt, skew: timedelta) -> Change:
    """Return a change with its events: those that had not yet happened in the attempt.

    `skew` is how far the provider's clock is ahead of the fleet's.
    """
    numbered = change.model_copy(update={"attempt": attempt.number})
    if change.kind not in {Kind.MOVED, Kind.FOUND}:
        return numbered
    last = EventKind.of(change.job.state)
    if change.reopened:
        passed = (EventKind.REOPENED,) if change.job.state is not change.before else ()
    else:
        passed = tuple(event for event in _proven(change.job) if event not in attempt.past and event is not last)
    known = numbered.model_copy(update={"passed": passed, "repeated": last in attempt.past})
    return known.model_copy(update={"event_at": event_time(known, known.happened, skew)})


def event_time(change: Change, event: EventKind | None, skew: timedelta) -> datetime | None:
    """Return the provider's time of an event on the fleet's clock; None if the provider has none.

    The result lies between the last time that the job was seen in its old state and the time of the notice.
    """
    job = change.job
    match event:
        case EventKind.SUBMITTED:
            return on_fleet_clock(job.created_at, skew, change.since, change.at)
        case EventKind.STARTED:
            return on_fleet_clock(job.started_at, skew, change.since, change.at)
        case EventKind.SUCCEEDED | EventKind.FAILED | EventKind.CANCELLED:
            return on_fleet_clock(job.finished_at, skew, change.since, change.at)
        case _:
            return None


def on_fleet_clock(told: datetime | None, skew: timedelta, since: datetime, at: datetime) -> datetime | None:
    """Return a provider's time on the fleet's clock, limited to `since` … `at`; None without one."""
    try:
        return min(max(told - skew, since), at) if told else None
    except OverflowError:  # the first and the last day of the calendar
        return None
