"""What a watch asks for: which jobs, which events of them, and how they are notified.

A watch as JSON, with every field:

    {"account": "media-cn", "service": "video-ocr", "without_scopes": [], "name": null, "kind": null, "media": null,
     "code": "ALG.*", "without": [["name", "test"]], "on": "failed,down", "to": "here", "mention": ["<@U0DANA>"],
     "after": {"count": 5, "share": null, "window_s": 600}}

The same as it is typed: `media-cn/video-ocr code:ALG.* -name:test on:failed,down mention:<@U0DANA> after:5/10m`.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from bot.domain.cards import On, OnSet, on_words, plainest_on
from bot.domain.catalog import ServiceFilter
from bot.domain.quoting import pair
from providers.models import Filter, Job, JobQuery

WATCH_ON = frozenset({On.FAILED, On.STUCK, On.DOWN})
"""What a watch notifies unless it says otherwise."""
COUNT_MIN, COUNT_MAX = 2, 100
"""Failures that a threshold may wait for."""
SHARE_MIN, SHARE_MAX = 1, 100
"""Percent of the jobs of a window that a threshold may wait for."""
WINDOW_MIN_S, WINDOW_MAX_S = 60, 24 * 3600
"""Seconds that the window of a threshold may last."""
_UNITS = ((3600, "h"), (60, "m"), (1, "s"))
FILTERS = ("name", "kind", "media", "code")
"""The filters of a watch beside its scope; each can be negated."""


class Threshold(BaseModel):
    """How many failures, or which percentage of the jobs, a watch waits for within a window."""

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
    """What a watch asks for, as its words do; it is the same whatever the order of these.

    `without_scopes` and `without` leave out services (`vod-ai`, `media-cn/video-ocr`) and jobs (by a filter and its
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
        """What follows `/jobs watch`, in its plainest form; never empty."""
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

    @cached_property
    def query(self) -> JobQuery:
        """The jobs that pass its filters, of the services that it covers."""
        without = tuple((Filter(by), text) for by, text in self.without)
        return JobQuery(name=self.name, kind=self.kind, media=self.media, code=self.code, without=without)

    def covers(self, account: str, service: str) -> bool:
        """Whether it watches a service of an account."""
        return self.service_filter.covers(account, service)

    def matches(self, job: Job) -> bool:
        """Whether a job is of its services and passes its filters."""
        return self.covers(job.account, job.service) and self.query.matches(job)

    def same(self) -> str:
        """Return what two watches have in common if they ask for the same, whatever the case of letters."""
        query = self.query.normalized
        plainest = {
            "name": query.name, "kind": query.kind, "code": query.code, "without": query.without,
            "on": plainest_on(self.on), "mention": _sorted(self.mention),
        }  # fmt: skip
        return self.model_copy(update=plainest).words()
