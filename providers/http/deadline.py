"""A question to a cloud: its deadline, its requester, and measurements of its requests."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Generator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

DEFAULT_S = 10.0
_ROUNDED = timedelta(seconds=2)
"""A `Date` header has whole seconds and arrives late, so a smaller difference means nothing."""

T = TypeVar("T")


def now() -> float:
    """Return the event loop's time, in seconds."""
    return asyncio.get_running_loop().time()


@dataclass(eq=False, slots=True)
class Question:
    """One question and its progress. Times are on the event loop's clock, in seconds.

    `requests` counts those sent, also by questions within this one. `share` is the part of a service's request budget
    that the question may use, from 0 to 1. `requester` names the requester: requesters take turns where a budget is
    short. `sent_at` is when the first request was sent. `limit` is the budget that it last waited for, in requests per
    second. `joined` says that it waited for a request of another question. `age_s` is how long before this question the
    request for its oldest answer was sent; 0 unless it shared one. `dated` is the provider's clock in the last
    response, and when that arrived.
    """

    deadline: float
    outer: "Question | None" = None
    share: float = 1.0
    requester: str = ""
    requests: int = 0
    sent_at: float | None = None
    limit: float | None = None
    joined: bool = False
    age_s: float = 0.0
    dated: tuple[datetime, float] | None = None
    _last_sent_at: float | None = None
    _measured_s: float | None = None
    _waits: int = 0
    _waits_since: float = 0.0
    _waited_s: float = 0.0

    @property
    def latency_s(self) -> float | None:
        """Duration of the last HTTP call in seconds; a call in progress counts up to now."""
        if self._measured_s is None and self._last_sent_at is not None:
            return now() - self._last_sent_at
        return self._measured_s

    @property
    def waited_s(self) -> float:
        """Seconds spent waiting for our own request budget."""
        return self._waited_s + (now() - self._waits_since if self._waits else 0)

    def count(self) -> None:
        """Count a request that is sent now."""
        self.requests += 1
        self._last_sent_at = now()
        self.sent_at = self.sent_at or self._last_sent_at
        if self.outer:
            self.outer.count()

    def measure(self, seconds: float) -> None:
        """Record the duration of an HTTP call."""
        self._measured_s = seconds
        if self.outer:
            self.outer.measure(seconds)

    @property
    def provider_time(self) -> datetime | None:
        """Return the provider's current time, estimated from the last response; None if that had no date."""
        if self.dated is None:
            return None
        told, came_at = self.dated
        return told + timedelta(seconds=now() - came_at)

    def date(self, told: datetime) -> None:
        """Record the provider's clock from a response that just arrived."""
        self.dated = told, now()
        if self.outer:
            self.outer.date(told)

    def wait(self, per_second: float) -> None:
        """Record the start of a wait for our own budget."""
        self.limit = per_second
        self._waits_since = self._waits_since if self._waits else now()
        self._waits += 1
        if self.outer:
            self.outer.wait(per_second)

    def go_on(self) -> None:
        """Record the end of a wait for our own budget."""
        self._waits -= 1
        if not self._waits:
            self._waited_s += now() - self._waits_since
        if self.outer:
            self.outer.go_on()

    @contextmanager
    def joining(self, other: "Question") -> Generator[None]:
        """Count the block as waiting for another question's request, and copy that request's measurements."""
        since = now()
        try:
            yield
        finally:
            self.joined |= other.requests > 0
            self._measured_s = other.latency_s if other.latency_s is not None else self._measured_s
            self.limit = other.limit or self.limit
            self.dated = other.dated or self.dated
            self._waited_s += min(other.waited_s, now() - since)
            self.age_s = max(self.age_s, since - (other.sent_at or since))


_question: ContextVar[Question | None] = ContextVar("question", default=None)
_fresh: ContextVar[float | None] = ContextVar("fresh", default=None)
_raw: ContextVar[bool] = ContextVar("raw", default=True)


def asking() -> Question:
    """Return the current question; outside of any, a new one with the default deadline."""
    return _question.get() or Question(now() + DEFAULT_S)


def remaining() -> float:
    """Return the seconds until the current question's deadline; the default outside of any."""
    question = _question.get()
    return DEFAULT_S if question is None else question.deadline - now()


def share() -> float:
    """Return the part of a service's request budget that the current question may use."""
    question = _question.get()
    return 1.0 if question is None else question.share


def age() -> timedelta:
    """Return how old the question's oldest shared answer was when it was asked."""
    question = _question.get()
    return timedelta(seconds=question.age_s if question else 0)


def provider_time() -> datetime | None:
    """Return the provider's current time, estimated from the question's last response; None if that had no date."""
    question = _question.get()
    return question.provider_time if question else None


def skew(here: datetime) -> timedelta:
    """Return how far the provider's clock is ahead of `here`; zero where that is not known."""
    there = provider_time()
    return there - here if there and abs(there - here) > _ROUNDED else timedelta()


def note_date(told: datetime) -> None:
    """Record the provider's clock for the current question."""
    if question := _question.get():
        question.date(told)


def count_request() -> None:
    """Count a request of the current question."""
    if question := _question.get():
        question.count()


@contextmanager
def call() -> Generator[None]:
    """Count the block as one HTTP call of the current question, and measure it."""
    count_request()
    began = now()
    try:
        yield
    finally:
        if question := _question.get():
            question.measure(now() - began)


@contextmanager
def own_limit(per_second: float) -> Generator[None]:
    """Count the block as waiting for our own budget of this many requests per second."""
    question = _question.get()
    if question:
        question.wait(per_second)
    try:
        yield
    finally:
        if question:
            question.go_on()


@contextmanager
def fresh() -> Generator[None]:
    """Give the block only answers of now or later: it joins no request that was sent before."""
    token = _fresh.set(now())
    try:
        yield
    finally:
        _fresh.reset(token)


def fresh_since() -> float | None:
    """Return the earliest send time of a request that may answer the question; None where any may."""
    return _fresh.get()


async def answering(question: Question, call: Awaitable[T]) -> T:
    """Await a call whose requests belong to this question, not to the question around it."""
    token = _question.set(question)
    try:
        return await call
    finally:
        _question.reset(token)


def raw_wanted() -> bool:
    """Return whether a look-up fills `Job.raw`, and the texts read from it (`Job.attributes`, `Job.notes`)."""
    return _raw.get()


@contextmanager
def without_raw() -> Generator[None]:
    """Look up only the states of jobs in the block. Removing secrets from raw JSON is a third of a look-up's cost."""
    token = _raw.set(False)
    try:
        yield
    finally:
        _raw.reset(token)


@asynccontextmanager
async def within(seconds: float, *, share: float = 1.0, requester: str = "") -> AsyncGenerator[Question]:
    """Limit the block to this many seconds, or to the rest of an outer deadline; raises TimeoutError after that.

    `share` is the part of a service's request budget that the block may use, `requester` the name of its requester.

    Requests inside see the deadline through `remaining()`. They do not start a wait that would exceed it, so the error
    is the reason for the delay (throttled, for example) and not just a timeout.
    """
    deadline = now() + seconds
    outer = _question.get()
    if outer is not None:
        deadline, share = min(outer.deadline, deadline), min(outer.share, share)
        requester = requester or outer.requester
    question = Question(deadline, outer, share=share, requester=requester)
    token = _question.set(question)
    try:
        async with asyncio.timeout(seconds):
            yield question
    finally:
        _question.reset(token)
