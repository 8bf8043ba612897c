"""Reads and writes the record of a tracked job.

The record is a line for scripts and the planner, then the job as JSON.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from bot.domain import record_formats
from bot.domain.absence import Absence
from bot.domain.attempts import Attempt
from bot.domain.changes import Change, EventKind, fingerprint
from bot.domain.record_formats import Kind
from bot.domain.service_key import Service
from providers.models import Job

_ELSEWHERE = {"account", "service", "raw"}
_DETAILS = {"request_id", "console_url", "region", "attributes", "notes", "media", "input", "output", "updated_at"}
_LEFT_OUT = _ELSEWHERE | _DETAILS
"""Fields that no card shows. Without them a job takes about 300 bytes."""
_LATEST_MS = datetime.max.replace(tzinfo=UTC, microsecond=0).timestamp() * 1000
_ABSENT = "?"
"""The first character of the fingerprint of a job that was not found in the last sweep."""
_ABSENCE = re.compile(r"\?(\d+)/(\d+)/(\d+)/(\d*)/(\d*)/([01])\?")


class Due(NamedTuple):
    """A job that is due; `created_at` and `kind` are hints for the planner."""

    id: str
    checked_at: datetime
    created_at: datetime | None
    kind: str | None


class Kept(NamedTuple):
    """A tracked job as last seen. `record` is its stored form.

    `checked_at` is the time of the last answer about it, `absence` why it is not found, None for a job that is.
    `attempt` has its events so far.
    """

    job: Job
    checked_at: datetime
    absence: Absence | None
    record: str
    attempt: Attempt = Attempt()

    @property
    def missed(self) -> bool:
        """Whether the job is not found."""
        return self.absence is not None

    @property
    def seen(self) -> datetime:
        """When the job was last found."""
        return self.absence.seen if self.absence else self.checked_at


def record(
    job: Job,
    checked_at: datetime,
    absence: Absence | None = None,
    *,
    missed: bool = False,
    attempt: Attempt | None = None,
) -> str:
    """Return the record of a job: a line for scripts and the planner, then JSON.

    The line has the times of the check and of the creation in ms, the kind, and the fingerprint, with `|` between them.
    `missed` without an absence is one miss at that time. Without an `attempt` it is the first.
    """
    absence = absence or (Absence(checked_at, checked_at).missed(checked_at) if missed else None)
    created = milliseconds(job.created_at) if job.created_at else ""
    mark = f"{_written(absence) if absence else ''}{fingerprint(job)}"
    about = f"{milliseconds(checked_at)}|{created}|{_word(job.kind)}|{mark}"
    text = job.model_dump_json(exclude=_LEFT_OUT, exclude_defaults=True)
    return f"{about}\n{record_formats.numbered(Kind.JOB, text[:-1] + _attempt_fields(job, attempt) + text[-1])}"


def _attempt_fields(job: Job, attempt: Attempt | None) -> str:
    """Return an attempt as fields of the job's JSON; empty if the job itself shows as much."""
    if attempt is None or attempt == Attempt.first(job):
        return ""
    return f',"attempt":{attempt.number},"past":"{",".join(sorted(attempt.past))}"'


def _attempt(job: Job, number: object, past: object) -> Attempt:
    if not isinstance(number, int) or not isinstance(past, str):
        return Attempt.first(job)
    return Attempt(number, frozenset(map(EventKind, past.split(","))) if past else frozenset())


def kept(service: Service, text: str) -> Kept:
    """Read a stored job. Raises NewerFormatError and UnreadableError."""
    return record_formats.read(Kind.JOB, text, partial(_parsed, service))


def _parsed(service: Service, text: str) -> Kept:
    about, _, about_job = text.partition("\n")
    checked, _, _, mark = about.split("|", 3)
    fields: dict[str, Any] = {**json.loads(about_job), "account": service[0], "service": service[1]}
    number, past = fields.pop("attempt", None), fields.pop("past", None)
    checked_at, job = instant(int(checked)), Job.model_validate(fields)
    return Kept(job, checked_at, _absence(mark, checked_at), text, _attempt(job, number, past))


def _written(absence: Absence) -> str:
    """Return the stored form of an absence, such as `?1795516864000/1795516864000/1/1795516864000//0?`."""
    seen, since, misses, missed_since, suspended, shown = absence
    late = [milliseconds(each) if each else "" for each in (missed_since, suspended)]
    parts = [milliseconds(seen), milliseconds(since), misses, *late, int(shown)]
    return f"{_ABSENT}{'/'.join(map(str, parts))}{_ABSENT}"


def _absence(mark: str, checked_at: datetime) -> Absence | None:
    """Read an absence. Earlier versions wrote only the sign, which counts as one miss."""
    if not mark.startswith(_ABSENT):
        return None
    written = _ABSENCE.match(mark)
    if written is None:
        return Absence(checked_at, checked_at).missed(checked_at)
    seen, since, misses, missed_since, suspended, shown = written.groups()
    late = (instant(int(each)) if each else None for each in (missed_since, suspended))
    return Absence(instant(int(seen)), instant(int(since)), int(misses), *late, shown=shown == "1")


def milliseconds(moment: datetime) -> int:
    """Return a time as milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def instant(ms: float) -> datetime:
    """Return milliseconds since 1970 as a time."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def planned(ms: float) -> datetime:
    """Return when a job is next checked. Limits times that no calendar has."""
    return instant(min(max(ms, 0.0), _LATEST_MS))


def _word(text: str | None) -> str:
    return (text or "").replace("|", " ").replace("\n", " ")


def due(job_id: str, text: str) -> Due:
    """Read the line for the planner. Raises NewerFormatError and UnreadableError."""
    return record_formats.read(Kind.JOB, text, partial(_planned, job_id))


def _planned(job_id: str, text: str) -> Due:
    checked, created, kind, _ = text.partition("\n")[0].split("|", 3)
    return Due(job_id, instant(int(checked)), instant(int(created)) if created else None, kind or None)


class Seen(NamedTuple):
    """The answer about a tracked job, and the next check if it is unchanged."""

    id: str
    fingerprint: str
    next_at: datetime


class AttemptMark(NamedTuple):
    """The stored mark of a job's ended attempt, with the job's creation (ms). `ends` is set if it ends now."""

    name: str
    created_ms: int
    ends: bool

    @classmethod
    def of(cls, job: Job, number: int, created_at: datetime | None = None, *, ends: bool) -> "AttemptMark":
        """Return the mark of an attempt. `created_at` is when the job's neighbors on the list were created."""
        at = job.created_at or created_at
        return cls(job.id if number == 1 else f"{job.id}#{number}", milliseconds(at) if at else 0, ends)


class JobUpdate(NamedTuple):
    """A change to record. `found` is the record that was read, `record` the new one; None ends the tracking.

    `found` is empty for a new job. `entry` is the notification of the subscribers, empty without one. `lost` is the
    record to store for a job that may be found again. `quiet` is set if cards look as before. `mark` is stored when the
    attempt ends. `change` is what happened. `watches` are those that want it, by destination; `lines` go to the event
    log, `counts` are only counted.
    """

    id: str
    found: str
    record: str | None
    next_at: datetime | None = None
    entry: str = ""
    lost: str = ""
    quiet: bool = False
    mark: AttemptMark | None = None
    change: Change | None = None
    watches: Mapping[str, str] = {}
    lines: Sequence[str] = ()
    counts: Sequence[str] = ()

    @property
    def more(self) -> str:
        """The other data to record with the job, as JSON; empty without any."""
        mark = [self.mark.name, self.mark.created_ms, int(self.mark.ends)] if self.mark else None
        all_of_it = {"attempt": mark, "watches": self.watches, "lines": self.lines, "counts": self.counts}
        some = {name: value for name, value in all_of_it.items() if value}
        return json.dumps(some) if some else ""
