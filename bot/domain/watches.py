"""The settings of a watch: which jobs and events it matches, and how it notifies.

A watch as JSON, with every field:

    {"account": "media-cn", "service": "video-ocr", "without_scopes": [], "name": null, "kind": null, "media": null,
     "code": "ALG.*", "without": [["name", "test"]], "on": "failed,down", "to": "here", "mention": ["<@U0DANA>"],
     "after": {"count": 5, "share": null, "window_s": 600}}

The same in a command: `media-cn/video-ocr code:ALG.* -name:test on:failed,down mention:<@U0DANA> after:5/10m`.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from bot.domain import record_formats
from bot.domain.cards import On, OnSet, Snooze, on_words, plainest_on
from bot.domain.catalog import ServiceFilter
from bot.domain.elapsed import passed
from bot.domain.quoting import pair
from bot.domain.record_formats import Kind
from providers.models import Filter, Job, JobQuery, Moment

WATCH_ON = frozenset({On.FAILED, On.STUCK, On.DOWN})
"""What a watch notifies by default."""
COUNT_MIN, COUNT_MAX = 2, 100
"""The limits of a threshold's number of failures."""
SHARE_MIN, SHARE_MAX = 1, 100
"""The limits of a threshold's share, in percent of the jobs of a window."""
WINDOW_MIN_S, WINDOW_MAX_S = 60, 24 * 3600
"""The limits of a threshold's window, in seconds."""
_UNITS = ((3600, "h"), (60, "m"), (1, "s"))
FILTERS = ("name", "kind", "media", "code")
"""The filters of a watch in addition to its scope. Each can be negated."""


class Threshold(BaseModel):
    """The failures within a window that a watch waits for: a number, or a percentage of jobs."""

    model_config = ConfigDict(frozen=True)

    count: Annotated[int, Field(ge=COUNT_MIN, le=COUNT_MAX)] | None = None
    share: Annotated[int, Field(ge=SHARE_MIN, le=SHARE_MAX)] | None = None
    window_s: int = Field(ge=WINDOW_MIN_S, le=WINDOW_MAX_S)

    @model_validator(mode="after")
    def _counts_one_thing(self) -> Self:
        if (self.count is None) == (self.share is None):
            raise ValueError("a count or a share")
        return self

    def __str__(self) -> str:
        per, unit = next((per, unit) for per, unit in _UNITS if self.window_s % per == 0)
        wanted = f"{self.share}%" if self.share is not None else str(self.count)
        return f"{wanted}/{self.window_s // per}{unit}"


def _sorted(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(sorted(set(values)))


class WatchSpec(BaseModel):
    """The settings of a watch. Their order does not matter.

    `without_scopes` excludes services (`vod-ai`, `media-cn/video-ocr`), `without` excludes jobs (by a filter and its
    text).
    """

    model_config = ConfigDict(frozen=True)

    account: str | None = None
    service: str | None = None
    without_scopes: Annotated[tuple[str, ...], AfterValidator(_sorted)] = ()
    name: str | None = None
    kind: str | None = None
    media: str | None = None
    code: str | None = None
    without: Annotated[tuple[tuple[Literal["name", "kind", "media", "code"], str], ...], AfterValidator(_sorted)] = ()
    on: OnSet = WATCH_ON
    to: Literal["here", "dm"] = "here"
    mention: tuple[str, ...] = ()
    after: Threshold | None = None

    def words(self) -> str:
        """Return the words after `/jobs watch`, in their shortest form; never empty. Example: `ocr on:failed`."""
        said = " ".join(self._said())
        return said or f"on:{on_words(self.on)}"

    def _said(self) -> Iterator[str]:
        if scope := str(self.service_filter):
            yield scope
        yield from (f"-{name}" for name in self.without_scopes)
        yield from (pair(by, text) for by, text in self._filters())
        yield from (f"-{pair(by, text)}" for by, text in self.without)
        if self.on != WATCH_ON:
            yield f"on:{on_words(self.on)}"
        if self.to != "here":
            yield f"to:{self.to}"
        if self.mention:
            yield f"mention:{','.join(self.mention)}"
        if self.after:
            yield f"after:{self.after}"

    def _filters(self) -> Iterator[tuple[str, str]]:
        values = {"name": self.name, "kind": self.kind, "media": self.media, "code": self.code}
        yield from ((by, text) for by, text in values.items() if text)

    @property
    def service_filter(self) -> ServiceFilter:
        """The services that it covers."""
        return ServiceFilter(self.account, self.service, self.without_scopes)

    @property
    def first_words(self) -> frozenset[str]:
        """The accounts and services in its scopes. Example: `vod-sg` and `vod-ai` for `vod-sg -vod-ai`."""
        return frozenset({self.account or "", *(each.partition("/")[0] for each in self.without_scopes)} - {""})

    @property
    def query(self) -> JobQuery:
        """The jobs that pass its filters, in the services that it covers."""
        # No cached property: `model_copy` would copy the cached value to a watch with other fields.
        return _query(self.name, self.kind, self.media, self.code, self.without)

    def covers(self, account: str, service: str) -> bool:
        """Return whether it watches a service of an account."""
        return self.service_filter.covers(account, service)

    def matches(self, job: Job) -> bool:
        """Return whether a job is in its services and passes its filters."""
        return self.covers(job.account, job.service) and self.query.matches(job)

    def same(self) -> str:
        """Return a text that is equal for all watches with the same settings. Ignores case."""
        query = self.query.normalized
        plainest = {
            "name": query.name, "kind": query.kind, "code": query.code, "without": query.without,
            "on": plainest_on(self.on), "mention": _sorted(self.mention),
        }  # fmt: skip
        return self.model_copy(update=plainest).words()


@lru_cache(maxsize=1_000)  # each noticed job is compared with each watch
def _query(
    name: str | None, kind: str | None, media: str | None, code: str | None, without: tuple[tuple[str, str], ...]
) -> JobQuery:
    left_out = tuple((Filter(by), text) for by, text in without)
    return JobQuery(name=name, kind=kind, media=media, code=code, without=left_out)


UNDO = timedelta(hours=1)
"""How long a removed watch can be restored. Events of the gap are held until then."""
MUTE_DAYS = 7
"""Days for which a code is muted, unless it is muted forever."""
PER_CHANNEL, PER_WORKSPACE = 20, 500
"""The most watches in a destination, and in all destinations of a workspace."""


class Watch(BaseModel):
    """A permanent subscription of a destination to every job that its `spec` matches.

    `place` is the destination: a channel, or a person for direct messages. `owner` is the person to contact, empty for
    a watch from the configuration. The services keep the copies of a removed watch until UNDO is over: its events are
    routed, and held.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    place: str
    owner: str
    at: Moment
    spec: WatchSpec
    configured: bool = False
    changed_by: str = ""
    changed_at: Moment | None = None
    removed_by: str = ""
    removed_at: Moment | None = None

    @property
    def removed(self) -> bool:
        """Whether it was removed and can be restored."""
        return self.removed_at is not None

    @property
    def held_until(self) -> datetime | None:
        """When the events of a removed watch are dropped; None for an active watch."""
        return self.removed_at and self.removed_at + UNDO

    def expired(self, now: datetime) -> bool:
        """Return whether it was removed so long ago that it can no longer be restored."""
        return self.removed_at is not None and passed(self.removed_at, UNDO, now)


class ConfiguredWatch(NamedTuple):
    """A watch from the configuration. `channel` may lack the workspace if only one has the app."""

    channel: str
    spec: WatchSpec


class FailureCode(NamedTuple):
    """A code of failures of one kind of jobs. `kind` is None for jobs without one."""

    account: str
    service: str
    kind: str | None
    code: str

    @classmethod
    def of(cls, job: Job) -> Self:
        """Return the code with which a job failed, empty if the provider gave none."""
        return cls(job.account, job.service, job.kind, (job.error and job.error.code) or "")


class Mute(BaseModel):
    """A code of failures that no watch of a destination notifies until then; without `until`, forever.

    `group` is the failure group where it was muted: changes of the mute are lines in the thread of its head.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    account: str
    service: str
    code: str
    kind: str | None = None
    until: Moment | None = None
    by: str
    at: Moment
    group: str = ""

    def over(self, now: datetime) -> bool:
        """Return whether the mute is over."""
        return self.until is not None and self.until <= now

    @property
    def failure_code(self) -> FailureCode:
        """The muted code."""
        return FailureCode(self.account, self.service, self.kind, self.code)


class Rules(BaseModel):
    """One version of a destination's watches and mutes, in the order of their ids.

    `hidden` are the accounts that its readers may not see at the moment; they are not stored.
    """

    model_config = ConfigDict(frozen=True)

    version: int = 0
    watches: tuple[Watch, ...] = ()
    mutes: tuple[Mute, ...] = ()
    hidden: frozenset[str] = frozenset()
    snooze: Snooze | None = None

    @property
    def some(self) -> bool:
        """Whether there are any."""
        return bool(self.watches or self.mutes)

    @property
    def active(self) -> Sequence[Watch]:
        """The watches that were not removed."""
        return [each for each in self.watches if not each.removed]

    def watch(self, watch_id: str) -> Watch | None:
        """Return the watch with this id."""
        return next((each for each in self.watches if each.id == watch_id), None)

    def same_as(self, spec: WatchSpec) -> Watch | None:
        """Return the active watch with the same settings, if any."""
        return next((each for each in self.active if each.spec.same() == spec.same()), None)

    def muting(self, job: Job, now: datetime) -> Mute | None:
        """Return the mute that covers a failed job now."""
        found = self.mute_of(FailureCode.of(job))
        return found if found and not found.over(now) else None

    def mute_of(self, code: FailureCode) -> Mute | None:
        """Return the mute of a code, which may be over."""
        return next((each for each in self.mutes if each.failure_code == code), None)

    def mute(self, mute_id: str) -> Mute | None:
        """Return the mute with this id."""
        return next((each for each in self.mutes if each.id == mute_id), None)


Record = Watch | Mute
_RECORD: TypeAdapter[Record] = TypeAdapter(Record)


def written(record: Record | Rules) -> str:
    """Return the stored form of a watch, a mute or a version of rules: JSON with its format number."""
    return record_formats.numbered(Kind.WATCH, record.model_dump_json(exclude_none=True))


def read(text: str) -> Record:
    """Read a stored watch or mute. Raises NewerFormatError and UnreadableError."""
    return record_formats.read(Kind.WATCH, text, _record)


@lru_cache(maxsize=1_000)  # each delivery reads all watches of its destination
def _record(text: str) -> Record:
    return _RECORD.validate_json(text)


def read_rules(text: str) -> Rules:
    """Read a stored version of rules. Raises NewerFormatError and UnreadableError."""
    return record_formats.read(Kind.WATCH, text, Rules.model_validate_json)
