"""Changes: how a job was last seen, compared with how it is now. Pure."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from bot.domain.absence import Absence
from providers.mirrors import mirrors_of, owner
from providers.models import Job, JobRef, JobState, Moment


class EndReason(StrEnum):
    """Why a job is no longer tracked.

    `EXPIRED`: the provider deletes jobs after its retention. `NOT_FOUND`: it lost this one for an unknown reason.
    `DROPPED`: the job was missing for so long that its suspended subscription ended. `UNCONFIGURED`: its service was
    removed from the configuration.
    """

    ENDED = "ended"
    EXPIRED = "expired"
    NOT_FOUND = "gone"
    DROPPED = "dropped"
    UNSUBSCRIBED = "unsubscribed"
    UNCONFIGURED = "unconfigured"

    @property
    def by_people(self) -> bool:
        """Whether people decided it, and not the job or its provider. Such an end notifies no one."""
        return self in {EndReason.UNSUBSCRIBED, EndReason.UNCONFIGURED}


LOSSES = frozenset({EndReason.EXPIRED, EndReason.NOT_FOUND, EndReason.DROPPED})
"""The reasons for jobs that are no longer found."""


class Kind(StrEnum):
    """What a change is about: the job changed its state, only its progress changed, or the provider lost it.

    `SUSPENDED`: it is not found, and its subscription waits. `FOUND`: it is found again after it was lost or suspended.
    """

    MOVED = "moved"
    PROGRESSED = "progressed"
    LOST = "lost"
    SUSPENDED = "suspended"
    FOUND = "found"

    @property
    def late(self) -> bool:
        """Whether the change was noticed late if the job was last seen long ago.

        Losses and suspensions take that time by design.
        """
        return self not in {Kind.LOST, Kind.SUSPENDED}


class EventKind(StrEnum):
    """What happened to a job or (`down`, `up`) to a service. A job has each event once in an attempt."""

    SUBMITTED = "submitted"
    STARTED = "started"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    STUCK = "stuck"
    UNSTUCK = "unstuck"
    REOPENED = "reopened"
    DOWN = "down"
    UP = "up"

    @classmethod
    def of(cls, state: JobState) -> "EventKind | None":
        """Return the event that leads to a state; None for an unknown state."""
        match state:
            case JobState.PENDING:
                return cls.SUBMITTED
            case JobState.RUNNING:
                return cls.STARTED
            case JobState.SUCCEEDED:
                return cls.SUCCEEDED
            case JobState.FAILED:
                return cls.FAILED
            case JobState.CANCELLED:
                return cls.CANCELLED
            case JobState.UNKNOWN:
                return None


class Change(BaseModel):
    """One step of a job. `job` is how it is now, or how it was last seen if it is lost.

    `since` is when the state before was last seen, `at` when the new one was. `fate` is set if the job is no longer
    checked. `absent_since` is when a job that is or was not found was first missed. `doubtful` is set if the provider
    does not clearly say that the job does not exist.

    `attempt` counts how often the job was reopened, from 1. `event_at` is the provider's time of the event, on the
    fleet's clock; None if the provider has none. `passed` are earlier events that the same answer proves. `repeated` is
    set if the event happened before in this attempt, `reopened` if it starts a new one.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    job: Job
    before: JobState
    before_raw: str | None = None
    since: Moment
    at: Moment
    fate: EndReason | None = None  # stored
    absent_since: Moment | None = None
    doubtful: bool = False
    attempt: int = 1
    event_at: Moment | None = None
    source: Literal["poll", "push"] = "poll"
    passed: tuple[EventKind, ...] = ()
    repeated: bool = False
    reopened: bool = False

    @property
    def happened(self) -> EventKind | None:
        """The last event of the step; None for a step that is no event."""
        moved = self.job.state is not self.before
        if self.kind is Kind.LOST:
            return EventKind.LOST
        if moved and not self.repeated and self.kind in {Kind.MOVED, Kind.FOUND}:
            return EventKind.of(self.job.state)
        return EventKind.REOPENED if self.reopened and not moved else None

    @property
    def events(self) -> tuple[EventKind, ...]:
        """All events of the step, in their order."""
        return (*self.passed, self.happened) if self.happened else self.passed

    @property
    def ref(self) -> JobRef:
        """The ref under which the events of the job are recorded."""
        return owner(self.job)

    @property
    def mirrored(self) -> bool:
        """Whether two services have the job. Its events may come twice."""
        return bool(mirrors_of(self.ref.service))

    def event_id(self, event: EventKind) -> str:
        """Return the id of an event, made only of what the provider says. Example: `media-cn/ocr/ID#1/failed`."""
        return f"{self.ref}#{self.attempt}/{event}"

    @property
    def id(self) -> str:
        """The id of the last event; empty for a step without events."""
        return self.event_id(self.events[-1]) if self.events else ""


def fingerprint(job: Job) -> str:
    """Return the text that stays the same while a job counts as unchanged. Example: `running|Running|40|`."""
    # Joined by hand because every sweep does this for each job.
    code = job.error.code if job.error else ""
    mark = f"{job.state.value}|{job.raw_state or ''}|{job.progress if job.progress is not None else ''}|{code or ''}"
    return mark.replace("\n", " ") if "\n" in mark else mark


def compare(before: Job, since: datetime, now: Job, at: datetime) -> Change:
    """Return how a job changed from `before`, seen at `since`, to `now`, seen at `at`."""
    moved = (before.state, before.raw_state) != (now.state, now.raw_state)
    return Change(
        kind=Kind.MOVED if moved else Kind.PROGRESSED,
        job=now,
        before=before.state,
        before_raw=before.raw_state,
        since=since,
        at=at,
        fate=EndReason.ENDED if now.state.ended else None,
    )


def lost(before: Job, since: datetime, at: datetime, *, expired: bool) -> Change:
    """Return the change of a job that the provider lost; `expired` if it deletes all jobs of that age."""
    return Change(
        kind=Kind.LOST,
        job=before,
        before=before.state,
        before_raw=before.raw_state,
        since=since,
        at=at,
        fate=EndReason.EXPIRED if expired else EndReason.NOT_FOUND,
    )


def unfound(before: Job, absence: Absence, at: datetime, kind: Kind, end_reason: EndReason | None = None) -> Change:
    """Return the change that an absence makes for the subscribers of a job."""
    return Change(
        kind=kind,
        job=before,
        before=before.state,
        before_raw=before.raw_state,
        since=absence.seen,
        at=at,
        fate=end_reason,
        absent_since=absence.since,
        doubtful=absence.doubtful,
    )


def found(before: Job, absence: Absence, now: Job, at: datetime) -> Change:
    """Return the change of a job that was lost or suspended and is found again."""
    again = {"kind": Kind.FOUND, "absent_since": absence.since, "doubtful": absence.doubtful}
    return compare(before, absence.seen, now, at).model_copy(update=again)


def discovered(now: Job, since: datetime, at: datetime) -> Change:
    """Return the change of a job that a list showed first. It may have ended already."""
    return Change(
        kind=Kind.MOVED,
        job=now,
        before=JobState.UNKNOWN,
        since=min(since, at),
        at=at,
        fate=EndReason.ENDED if now.state.ended else None,
    )


def reopened(now: Job, at: datetime) -> Change:
    """Return the change of a job that continues after it had ended."""
    return Change(kind=Kind.FOUND, job=now, before=now.state, before_raw=now.raw_state, since=at, at=at, reopened=True)
