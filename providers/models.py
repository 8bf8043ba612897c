"""The models that every provider's reply is converted to."""

from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from providers.errors import ProviderError
from providers.redact import scrub


def _in_utc(moment: datetime) -> datetime:
    """Return a time in UTC; one without a zone is read as UTC. Raises ValueError where UTC has no such time."""
    if moment.tzinfo is UTC:
        return moment
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError:  # the first and the last day of the calendar, in another zone
        raise ValueError("a time out of range") from None


Moment = Annotated[datetime, AfterValidator(_in_utc)]
"""A time that is converted to UTC. Times with and without a zone cannot be compared."""


class JobState(StrEnum):
    """The six states of a job. Each provider maps its vendor's states to them."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def ended(self) -> bool:
        """True when no further change is expected, so that polling may stop."""
        # Not a set: an enumeration's members hash slowly, and this runs for every job of every page.
        return self is JobState.SUCCEEDED or self is JobState.FAILED or self is JobState.CANCELLED


class JobRef(NamedTuple):
    """The address of a job: `ACCOUNT/SERVICE/ID`, such as `media-cn/video-ocr/task7qe4sbmo`."""

    account: str
    service: str
    id: str

    def __str__(self) -> str:
        return f"{self.account}/{self.service}/{self.id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `ACCOUNT/SERVICE/ID`; raises ValueError for anything else."""
        account, service, job_id = text.split("/", 2)
        if not (account and service and job_id):
            raise ValueError(f"not ACCOUNT/SERVICE/ID: {text!r}")
        return cls(account, service, job_id)


class JobError(BaseModel):
    """Why a job failed, in the vendor's words; either part may be unknown."""

    model_config = ConfigDict(frozen=True)

    code: str | None = None
    message: str | None = None

    @classmethod
    def of(cls, code: str | None, message: str | None) -> Self | None:
        """Return the vendor's code and message, or None without either; URLs in the message lose possible secrets."""
        return cls(code=code, message=message and scrub(message)) if code or message else None


class Job(BaseModel):
    """A job. None means that the provider gave no value.

    Times are aware UTC datetimes, `progress` is a percentage from 0 to 100. `attributes` are further fields for people
    (label to text), `notes` are warnings about the job. `unexplained` says why a failed job has no `error` although
    there may be a reason. All three are for people; the JSON output omits them. `raw` is the provider's own JSON
    without secrets; only a look-up fills it.
    """

    model_config = ConfigDict(frozen=True)

    account: str
    service: str
    id: str
    name: str | None = None
    kind: str | None = None
    state: JobState
    raw_state: str | None = None
    created_at: Moment | None = None
    started_at: Moment | None = None
    finished_at: Moment | None = None
    updated_at: Moment | None = None
    progress: int | None = None
    media: str | None = None
    input: str | None = None
    output: str | None = None
    error: JobError | None = None
    unexplained: str | None = None
    request_id: str | None = None
    console_url: str | None = None
    region: str | None = None
    attributes: dict[str, str] = {}
    notes: tuple[str, ...] = ()
    raw: dict[str, Any] | None = Field(default=None, repr=False)

    @property
    def ref(self) -> JobRef:
        """The job's address."""
        return JobRef(self.account, self.service, self.id)

    @property
    def duration_s(self) -> float | None:
        """Seconds from start (or creation, if the start is unknown) to finish; None while the job runs.

        Also None when the vendor's times contradict each other: MetaStudio's own example starts before it is created.
        """
        begun = self.started_at or self.created_at
        if begun is None or self.finished_at is None or self.finished_at < begun:
            return None
        return (self.finished_at - begun).total_seconds()


class Filter(StrEnum):
    """The filters of a list. A provider names those that it applies itself."""

    STATE = "state"
    SINCE = "since"
    UNTIL = "until"
    NAME = "name"
    KIND = "kind"
    MEDIA = "media"
    CODE = "code"
    ID = "id"
    WITHOUT = "without"


class JobQuery(BaseModel):
    """The filters of a list of jobs. An empty query matches all.

    `since` and `until` bound the creation time, both inclusive. `name`, `kind` and `id_part` match any part,
    case-insensitively; `media` matches whole. `code` is the whole code of a failure, or its beginning before a final
    `*`, case-insensitively. `without` has filters by name, kind, media and code: a job that matches one of them is left
    out. `limit` is the highest number of jobs in one page.
    """

    model_config = ConfigDict(frozen=True)

    states: frozenset[JobState] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    name: str | None = None
    kind: str | None = None
    media: str | None = None
    code: str | None = None
    id_part: str | None = None
    without: tuple[tuple[Filter, str], ...] = ()
    limit: int = Field(default=100, ge=1)

    @property
    def filters(self) -> frozenset[Filter]:
        """The filters in use."""
        values = {
            Filter.STATE: self.states or None,
            Filter.SINCE: self.since,
            Filter.UNTIL: self.until,
            Filter.NAME: self.name,
            Filter.KIND: self.kind,
            Filter.MEDIA: self.media,
            Filter.CODE: self.code,
            Filter.ID: self.id_part,
            Filter.WITHOUT: self.without or None,
        }
        return frozenset(name for name, value in values.items() if value is not None)

    @property
    def normalized(self) -> Self:
        """Return the query in one spelling, equal for all queries that match the same jobs."""
        texts = {"name": self.name, "kind": self.kind, "code": self.code, "id_part": self.id_part}
        folded = {field: text.casefold() for field, text in texts.items() if text and text != text.casefold()}
        without = {(by, text if by is Filter.MEDIA else text.casefold()) for by, text in self.without}
        changed = {**folded, **({"without": tuple(sorted(without))} if without else {})}
        return self.model_copy(update=changed) if changed else self

    def matches(self, job: Job) -> bool:
        """Return whether a job matches every filter. A job without a creation time matches no time filter."""
        return (
            (not self.states or job.state in self.states)
            and (self.since is None or (job.created_at is not None and job.created_at >= self.since))
            and (self.until is None or (job.created_at is not None and job.created_at <= self.until))
            and _contains(job.name, self.name)
            and _contains(job.kind, self.kind)
            and (self.media is None or job.media == self.media)
            and (self.code is None or _has_code(job, self.code))
            and _contains(job.id, self.id_part)
            and not any(_fits(job, by, text) for by, text in self.without)
        )


def _contains(text: str | None, part: str | None) -> bool:
    return part is None or (text is not None and part.casefold() in text.casefold())


def _has_code(job: Job, wanted: str) -> bool:
    """Return whether a job has this failure code; `E7*` matches codes that begin with `E7`."""
    code, wanted = ((job.error and job.error.code) or "").casefold(), wanted.casefold()
    if wanted.endswith("*"):
        return bool(code) and code.startswith(wanted.removesuffix("*"))
    return code == wanted


def _fits(job: Job, by: Filter, text: str) -> bool:
    match by:
        case Filter.NAME:
            return _contains(job.name, text)
        case Filter.KIND:
            return _contains(job.kind, text)
        case Filter.MEDIA:
            return job.media == text
        case Filter.CODE:
            return _has_code(job, text)
        case _:
            raise ValueError(f"{by} cannot be left out")


class JobPage(NamedTuple):
    """One page of a list, newest first.

    `total` is the number of jobs that match the filters which the provider applied, if known. `cursor` requests the
    next page; it is None after the last. `malformed` counts unreadable entries, which are left out.

    `overlapping` requests the page that begins with `last`, this page's last jobs (of each list that it is made of). If
    that page begins with another job, the list has moved. Both are empty where the provider cannot do that.
    """

    jobs: tuple[Job, ...]
    total: int | None = None
    cursor: str | None = None
    request_id: str | None = None
    malformed: int = 0
    overlapping: str | None = None
    last: frozenset[str] = frozenset()


class Unanswered(NamedTuple):
    """An id without a readable answer, and the error."""

    id: str
    error: ProviderError


class Lookup(NamedTuple):
    """The result of a look-up: each requested id is in exactly one of the three.

    `missing` are ids that do not exist according to the provider; an ambiguous answer is `unanswered`.
    """

    found: tuple[Job, ...] = ()
    missing: tuple[str, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()


SHOWN_ALONE = "look up this job to see why"
"""The list of the job has no reasons; the call for a single job does."""


def not_answered(codes: Iterable[str]) -> str:
    """Return a note that the call for the reason failed, with its error codes."""
    return f"couldn't get the reason from the provider ({', '.join(sorted(codes))})"
