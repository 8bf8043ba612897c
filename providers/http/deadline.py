"""A question to a cloud: how long it may take, who asks, and what its requests were like."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Generator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

DEFAULT_S = 10.0
_ROUNDED = timedelta(seconds=2)
"""A date has whole seconds, and comes some time after it was written: a smaller difference says nothing."""

T = TypeVar("T")


def now() -> float:
    """The event loop's time, in seconds."""
    return asyncio.get_running_loop().time()


@dataclass(eq=False, slots=True)
class Question:
    """One question, and what became of it so far; times are on the event loop's clock, in seconds.

    `requests` counts those sent, also by questions within this one. `share` is the part of a service's request budget
    that the question may use, from 0 to 1. `requester` names who asks: requesters take turns where a budget is short.
    `sent_at` is when the first request was sent. `limit` is the budget, in requests a second, that it waited for last.
    `joined` says that it waited for a request of another question, `age_s` how long before it was asked its oldest
    answer's request was sent: 0 unless it shared one. `dated` is the time on the provider's clock in the last answer,
    and when that came.
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
        """How long the last HTTP call took; one that is not answered yet counts with its time so far."""
        if self._measured_s is None and self._last_sent_at is not None:
            return now() - self._last_sent_at
        return self._measured_s

    @property
    def waited_s(self) -> float:
        """How long it waited for our own request budget."""
        return self._waited_s + (now() - self._waits_since if self._waits else 0)

    def count(self) -> None:
        """Note a request that is sent now."""
        self.requests += 1
        self._last_sent_at = now()
        self.sent_at = self.sent_at or self._last_sent_at
        if self.outer:
            self.outer.count()

    def measure(self, seconds: float) -> None:
        """Note how long an HTTP call took."""
        self._measured_s = seconds
        if self.outer:
            self.outer.measure(seconds)

    @property
    def provider_time(self) -> datetime | None:
        """The time on the provider's clock, carried on from the last answer; None without a date there."""
        if self.dated is None:
            return None
        told, came_at = self.dated
        return told + timedelta(seconds=now() - came_at)

    def date(self, told: datetime) -> None:
        """Note the time on the provider's clock, as an answer that just came gives it."""
        self.dated = told, now()
        if self.outer:
            self.outer.date(told)

    def wait(self, per_second: float) -> None:
        """Note that a wait for our own budget begins."""
        self.limit = per_second
        self._waits_since = self._waits_since if self._waits else now()
        self._waits += 1
        if self.outer:
            self.outer.wait(per_second)

    def go_on(self) -> None:
        """Note that a wait for our own budget is over."""
        self._waits -= 1
        if not self._waits:
            self._waited_s += now() - self._waits_since
        if self.outer:
            self.outer.go_on()

    @contextmanager
    def joining(self, other: "Question") -> Generator[None]:
        """Count the block as waiting for a request of another question, and note what that request was like."""
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
    """Return the question being answered; outside of any, a new one with the default deadline."""
    return _question.get() or Question(now() + DEFAULT_S)


def remaining() -> float:
    """Seconds until the deadline of the question being answered; the default outside of any."""
    question = _question.get()
    return DEFAULT_S if question is None else question.deadline - now()


def share() -> float:
    """The part of a service's request budget that the question being answered may use."""
    question = _question.get()
    return 1.0 if question is None else question.share


def age() -> timedelta:
    """How long before it was asked the request for the oldest answer to the question was sent, if it was shared."""
    question = _question.get()
    return timedelta(seconds=question.age_s if question else 0)


def provider_time() -> datetime | None:
    """The time on the provider's clock, carried on from the last answer to the question; None without a date there."""
    question = _question.get()
    return question.provider_time if question else None


def skew(here: datetime) -> timedelta:
    """By how much the provider's clock is ahead of one that shows `here` now; nothing where that is not known."""
    there = provider_time()
    return there - here if there and abs(there - here) > _ROUNDED else timedelta()


def note_date(told: datetime) -> None:
    """Note the time on the provider's clock for the question being answered."""
    if question := _question.get():
        question.date(told)


def count_request() -> None:
    """Note that a request is sent for the question being answered."""
    if question := _question.get():
        question.count()


@contextmanager
def call() -> Generator[None]:
    """Count the block as one HTTP call of the question being answered, and measure it."""
    count_request()
    began = now()
    try:
        yield
    finally:
        if question := _question.get():
            question.measure(now() - began)


@contextmanager
def own_limit(per_second: float) -> Generator[None]:
    """Count the block as waiting for our own budget of this many requests a second."""
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
    """Have the block answered as of now or later: it shares no request that was sent before."""
    token = _fresh.set(now())
    try:
        yield
    finally:
        _fresh.reset(token)


def fresh_since() -> float | None:
    """Since when a request must be sent to answer the question; None for one that may share an earlier one."""
    return _fresh.get()


async def answering(question: Question, call: Awaitable[T]) -> T:
    """Await a call whose requests are those of this question, not those of the question around it."""
    token = _question.set(question)
    try:
        return await call
    finally:
        _question.reset(token)


def raw_wanted() -> bool:
    """Whether a look-up fills `Job.raw`, and what is read from it for people (`Job.attributes`, `Job.notes`)."""
    return _raw.get()


@contextmanager
def without_raw() -> Generator[None]:
    """Look jobs up in the block for their state alone: to take the secrets out of raw JSON costs a third of it."""
    token = _raw.set(False)
    try:
        yield
    finally:
        _raw.reset(token)


@asynccontextmanager
async def within(seconds: float, *, share: float = 1.0, requester: str = "") -> AsyncGenerator[Question]:
    """Give the block this many seconds, or what is left of an outer deadline; raises TimeoutError when they are over.

    `share` is the part of a service's request budget that the block may use, `requester` who asks.

    Requests inside see the deadline through `remaining()`: they do not start a wait that would outlive it, so that
    the reason for being late (throttled, say) is told instead of the lateness alone.
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
