"""What changed: the last that was seen of a job, compared with what is seen now. Pure."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from bot.domain.absence import Absence
from providers.models import Job, JobState, Moment


class EndReason(StrEnum):
    """Why a job is no longer followed.

    `EXPIRED`: the provider forgets jobs after a while. `GONE`: it forgot this one, for a reason unknown. `DROPPED`: it
    was not found for so long that its suspended subscription ended. `UNCONFIGURED`: its service was taken out of the
    configuration.
    """

    ENDED = "ended"
    EXPIRED = "expired"
    NOT_FOUND = "gone"
    DROPPED = "dropped"
    UNSUBSCRIBED = "unsubscribed"
    UNCONFIGURED = "unconfigured"

    @property
    def by_people(self) -> bool:
        """Whether people decided it, and not the job or its provider: nobody waits to hear of it."""
        return self in {EndReason.UNSUBSCRIBED, EndReason.UNCONFIGURED}


LOSSES = frozenset({EndReason.EXPIRED, EndReason.NOT_FOUND, EndReason.DROPPED})
"""The fates of jobs that were not found any more."""


class Kind(StrEnum):
    """What a change is about: the job moved to another state, only its progress did, or the provider lost it.

    `SUSPENDED`: it is not found, and its subscription waits. `FOUND`: it is found again after it was lost or suspended.
    """

    MOVED = "moved"
    PROGRESSED = "progressed"
    LOST = "lost"
    SUSPENDED = "suspended"
    FOUND = "found"

    @property
    def late(self) -> bool:
        """Whether a change that is noticed long after the job was last seen was noticed late.

        That a job is not found takes time to believe.
        """
        return self not in {Kind.LOST, Kind.SUSPENDED}


class Change(BaseModel):
    """One step of a job. `job` is how it is now, or was last seen when it is lost.

    `since` is when the state before was last seen, `at` when the new one was. `fate` is set when nobody needs to look
    at the job any more. `absent_since` is when a job that is or was not found was missed first, `doubtful` says that
    the provider does not say that it does not exist.
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


def fingerprint(job: Job) -> str:
    """Return what has to stay the same for a job to count as unchanged."""
    # Plain joining: this is done for each job of every sweep.
    code = job.error.code if job.error else ""
    mark = f"{job.state.value}|{job.raw_state or ''}|{job.progress if job.progress is not None else ''}|{code or ''}"
    return mark.replace("\n", " ") if "\n" in mark else mark


def compare(before: Job, since: datetime, now: Job, at: datetime) -> Change:
    """Return how a job got from what was last seen at `since` to what is seen at `at`."""
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
    """Return that the provider no longer knows a job; `expired` says that it forgets all jobs of that age."""
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
    """Return what an absence means for the subscribers of a job."""
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
    """Return that a job is found again after it was lost or its subscriptions were suspended."""
    again = {"kind": Kind.FOUND, "absent_since": absence.since, "doubtful": absence.doubtful}
    return compare(before, absence.seen, now, at).model_copy(update=again)
