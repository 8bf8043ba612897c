"""One event of a job, as it is decided on. A change that was seen in one look may be several of them. Pure."""

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
"""What was noticed this much later than it could have been counts as caught up on."""


@dataclass(frozen=True)
class JobEvent:
    """An event of a job: one of those of a change. `followed` says that the destination follows the job itself.

    Each rule of a destination asks for the same of it, so what takes time is found once.
    """

    change: Change
    happened: EventKind
    followed: bool = False

    @cached_property
    def id(self) -> str:
        """Its id, such as `media-cn/video-ocr/f183…#1/failed`: made of what the provider says."""
        return self.change.event_id(self.happened)

    @property
    def shown(self) -> Change:
        """The change as it was when this happened: its job may have gone on since then."""
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
        """The services that know the job: a rule that names one of them covers it."""
        return tuple(dict.fromkeys(job.service for job in self.jobs))

    @cached_property
    def jobs(self) -> Sequence[Job]:
        """The job as each service has it that knows it, the one that owns it first."""
        return [*views_of(self.change), self.job]

    @property
    def late(self) -> bool:
        """Whether it was noticed long after it could have been, as after a downtime of Callboard."""
        return noticed_late(self.change)

    @cached_property
    def fingerprint(self) -> str:
        """Which failures it is one group with."""
        return fingerprint_of_lost(self.job) if self.happened is EventKind.LOST else fingerprint(self.job)

    @property
    def member(self) -> GroupJob:
        """Its job as a group names it."""
        return GroupJob.of(self.job, self.happened_at)


def views_of(change: Change) -> Sequence[Job]:
    """Return the job of a change as each service has it that knows it, the one that owns it first."""
    return views(change.job.model_copy(update={"service": change.ref.service}))


def events_of(change: Change, *, followed: bool) -> Iterator[JobEvent]:
    """Yield the events of a change, in their order."""
    yield from (JobEvent(change, each, followed) for each in change.events)


def noticed_late(change: Change) -> bool:
    """Whether a change was noticed long after the job was last seen."""
    return change.kind.late and change.at - change.since > LATE_AFTER


def concerns(card_job: CardJob, change: Change) -> bool:
    """Whether a job is followed on a card, or was until it was lost and is found again."""
    return card_job.fate is None or (change.kind is Kind.FOUND and card_job.fate in LOSSES)
