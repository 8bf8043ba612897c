"""What changed: the last that was seen of a job, compared with what is seen now. Pure."""

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from providers.models import Job, JobState


class Fate(StrEnum):
    """Why a job is no longer followed.

    `EXPIRED`: the provider forgets jobs after a while. `GONE`: it forgot this one, and nobody knows why.
    `UNCONFIGURED`: its service was taken out of the configuration.
    """

    ENDED = "ended"
    EXPIRED = "expired"
    GONE = "gone"
    UNSUBSCRIBED = "unsubscribed"
    UNCONFIGURED = "unconfigured"

    @property
    def by_people(self) -> bool:
        """Whether people decided it, and not the job or its provider: nobody waits to hear of it."""
        return self in {Fate.UNSUBSCRIBED, Fate.UNCONFIGURED}


class Kind(StrEnum):
    """What a change is about: the job moved to another state, only its progress did, or the provider lost it."""

    MOVED = "moved"
    PROGRESSED = "progressed"
    LOST = "lost"


class Change(BaseModel):
    """One step of a job. `job` is how it is now, or was last seen when it is lost.

    `since` is when the state before was last seen, `at` when the new one was. `fate` is set when nobody needs to look
    at the job any more.
    """

    model_config = ConfigDict(frozen=True)

    kind: Kind
    job: Job
    before: JobState
    before_raw: str | None = None
    since: datetime
    at: datetime
    fate: Fate | None = None


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
        fate=Fate.ENDED if now.state.ended else None,
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
        fate=Fate.EXPIRED if expired else Fate.GONE,
    )
