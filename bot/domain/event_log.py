"""Lines of the event log: events of the jobs of a service that has watches or subscriptions."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from pydantic import BaseModel, ConfigDict

from bot.domain.cards import ENDS
from bot.domain.changes import Change, EndReason, EventKind, Kind
from providers.mirrors import own_job
from providers.models import Job, JobError, JobRef, JobState, Moment

MESSAGE_MAX = 200
"""Characters of a message in the log."""
KEPT_FOR = timedelta(hours=24)
KEPT_MAX = 50_000
"""Lines of one service."""
COUNTED = frozenset({EventKind.SUCCEEDED, EventKind.STARTED, EventKind.SUBMITTED})
"""Events that have a line only if a watch wants them. Those that end a job are counted instead."""
FAILED = frozenset({EventKind.FAILED, EventKind.LOST})
WITH_LINES = "ended"
"""The event, in the counts of a minute, of ends that have lines. Counting then needs no lines."""
STATES = {
    EventKind.SUBMITTED: JobState.PENDING,
    EventKind.STARTED: JobState.RUNNING,
    EventKind.SUCCEEDED: JobState.SUCCEEDED,
    EventKind.FAILED: JobState.FAILED,
    EventKind.CANCELLED: JobState.CANCELLED,
}
"""The state that follows an event."""


class LoggedEvent(BaseModel):
    """One event: `kind` is the job's, `event` what happened. A service has only `id`, `event`, `code` and times.

    `at` is the provider's time on the fleet's clock, None if it has none; `noticed_at` is the fleet's.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    event: EventKind
    job: str = ""
    name: str | None = None
    kind: str | None = None
    media: str | None = None
    code: str | None = None
    message: str | None = None
    state: JobState | None = None
    raw_state: str | None = None
    created_at: Moment | None = None
    at: Moment | None = None
    noticed_at: Moment
    source: str = "poll"

    @property
    def when(self) -> datetime:
        """The time of the event: the provider's, or when it was noticed."""
        return self.at or self.noticed_at

    @property
    def ref(self) -> JobRef:
        """The job. Raises ValueError for a line about a service."""
        return JobRef.parse(self.id.rpartition("/")[0].rpartition("#")[0])

    @property
    def attempt(self) -> int:
        """The attempt of the job."""
        return int(self.id.rpartition("/")[0].rpartition("#")[2])

    def change(self) -> Change:
        """Return this event as a change. Raises ValueError for a line about a service."""
        lost, again = self.event is EventKind.LOST, self.event is EventKind.REOPENED
        job = self._job()
        ended = EndReason.ENDED if job.state.ended else None
        return Change(
            kind=Kind.LOST if lost else Kind.FOUND if again else Kind.MOVED,
            job=job,
            before=job.state if again else JobState.UNKNOWN,
            since=self.noticed_at,
            at=self.noticed_at,
            fate=EndReason.NOT_FOUND if lost else None if again else ended,
            attempt=self.attempt,
            event_at=self.at,
            reopened=again,
        )

    def _job(self) -> Job:
        ref = self.ref
        return own_job(
            Job(
                account=ref.account,
                service=ref.service,
                id=ref.id,
                name=self.name,
                kind=self.kind,
                media=self.media,
                state=STATES.get(self.event) or self.state or JobState.UNKNOWN,
                raw_state=self.raw_state,
                created_at=self.created_at,
                error=JobError.of(self.code, self.message),
            )
        )


def counted(at: datetime, event: str, kind: str = "") -> str:
    """Return the name of an event's count in one minute. Example: `29407680|succeeded|ocr`."""
    return f"{int(at.timestamp()) // 60}|{event}|{kind}"


class OutcomeCount(NamedTuple):
    """The jobs of a kind that ended in a minute with this event, without lines."""

    minute: datetime
    event: EventKind
    kind: str
    number: int


class Ended(NamedTuple):
    """Jobs that ended at a time, or within the minute that starts then: `failed` of `jobs`."""

    at: datetime
    failed: int
    jobs: int


class LogPage(NamedTuple):
    """A part of the log. `complete_since` is when it became complete; None if events may be missing."""

    events: tuple[LoggedEvent, ...]
    counts: tuple[OutcomeCount, ...]
    complete_since: datetime | None

    @property
    def ended(self) -> tuple[Ended, ...]:
        """The jobs that ended, for thresholds on the share of failures."""
        lines = [Ended(each.when, each.event in FAILED, 1) for each in self.events if each.event in ENDS]
        return (*lines, *(Ended(each.minute, 0, each.number) for each in self.counts if each.event in ENDS))


def logged(change: Change, times: Mapping[EventKind, datetime | None]) -> list[LoggedEvent]:
    """Return a line for each event of a change. `times` are the provider's, on the fleet's clock."""
    job, error = change.job, change.job.error
    message = error.message[:MESSAGE_MAX] if error and error.message else None
    return [
        LoggedEvent(
            id=change.event_id(event),
            event=event,
            job=job.id,
            name=job.name,
            kind=job.kind,
            media=job.media,
            code=error.code if error else None,
            message=message,
            state=job.state,
            raw_state=job.raw_state,
            created_at=job.created_at,
            at=times.get(event),
            noticed_at=change.at,
            source=change.source,
        )
        for event in change.events
    ]
