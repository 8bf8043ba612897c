"""Events of a job, the subject of decisions. One sweep may see several in one change. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from bot.domain.cards import CardJob
from bot.domain.changes import LOSSES, Change, EventKind, Kind
from bot.domain.failure_groups import GroupJob
from bot.rules.fingerprints import fingerprint, fingerprint_of_lost
from providers.mirrors import views
from providers.models import Job, JobState

FAILURES = frozenset({EventKind.FAILED, EventKind.LOST})
"""The events that form groups."""
_STATES = {EventKind.SUBMITTED: JobState.PENDING, EventKind.STARTED: JobState.RUNNING}
LATE_AFTER = timedelta(minutes=5)
"""A change noticed this much later than possible counts as caught up on."""


@dataclass(frozen=True)
class JobEvent:
    """One of the events of a change. `followed` is set if the destination subscribes to the job itself.

    Slow values are cached because each rule of a destination reads them.
    """

    change: Change
    happened: EventKind
    followed: bool = False

    @cached_property
    def id(self) -> str:
        """Its id, made only of what the provider says, such as `media-cn/video-ocr/f183…#1/failed`."""
        return self.change.event_id(self.happened)

    @property
    def shown(self) -> Change:
        """The change at the time of this event. The job may have changed since."""
        state = _STATES.get(self.happened)
        if state is None or self.happened is self.change.happened:
            return self.change
        later = {"raw_state": None, "progress": None, "finished_at": None, "error": None, "output": None}
        job = self.job.model_copy(update={"state": state, **later})
        passed = self.change.events[: self.change.events.index(self.happened)]
        then = {"job": job, "fate": None, "event_at": None, "repeated": False, "passed": passed}
        return self.change.model_copy(update=then)

    @property
    def at(self) -> datetime:
        """When it was noticed."""
        return self.change.at

    @property
    def happened_at(self) -> datetime:
        """When it happened: the provider's time, else when it was noticed."""
        return self.change.event_at or self.change.at

    @property
    def job(self) -> Job:
        return self.change.job

    @property
    def account(self) -> str:
        return self.job.account

    @property
    def service(self) -> str:
        return self.job.service

    @cached_property
    def services(self) -> Sequence[str]:
        """The services that have the job. A rule that names one of them covers it."""
        return tuple(dict.fromkeys(job.service for job in self.jobs))

    @cached_property
    def jobs(self) -> Sequence[Job]:
        """The job as seen by each service that has it, its owner first."""
        return [*views_of(self.change), self.job]

    @property
    def late(self) -> bool:
        """Whether it was noticed much later than possible, as after a downtime of Callboard."""
        return noticed_late(self.change)

    @cached_property
    def fingerprint(self) -> str:
        """The fingerprint of its failure."""
        return fingerprint_of_lost(self.job) if self.happened is EventKind.LOST else fingerprint(self.job)

    @property
    def member(self) -> GroupJob:
        """Its job in the form of a group's member."""
        return GroupJob.of(self.job, self.happened_at)


def views_of(change: Change) -> Sequence[Job]:
    """Return the job as seen by each service that has it, its owner first."""
    return views(change.job.model_copy(update={"service": change.ref.service}))


def events_of(change: Change, *, followed: bool) -> Iterator[JobEvent]:
    """Yield the events of a change, in their order."""
    yield from (JobEvent(change, each, followed) for each in change.events)


def noticed_late(change: Change) -> bool:
    """Return whether a change was noticed long after the job was last seen."""
    return change.kind.late and change.at - change.since > LATE_AFTER


def concerns(card_job: CardJob, change: Change) -> bool:
    """Return whether a card tracks a job, or did before a loss that ends now."""
    return card_job.fate is None or (change.kind is Kind.FOUND and card_job.fate in LOSSES)
