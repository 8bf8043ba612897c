"""A question to a cloud: how long it may take, and how many requests it made, seen by every request that it makes."""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

DEFAULT_S = 10.0


@dataclass(slots=True)
class Question:
    """`deadline` is on the event loop's clock; `requests` counts those sent, also by questions within this one.

    `share` is the part of a service's request budget that the question may use, from 0 to 1.
    """

    deadline: float
    outer: "Question | None" = None
    requests: int = 0
    share: float = 1.0

    def count(self) -> None:
        self.requests += 1
        if self.outer:
            self.outer.count()


_question: ContextVar[Question | None] = ContextVar("question", default=None)
_raw: ContextVar[bool] = ContextVar("raw", default=True)


def remaining() -> float:
    """Seconds until the deadline of the question being answered; the default outside of any."""
    question = _question.get()
    return DEFAULT_S if question is None else question.deadline - asyncio.get_running_loop().time()


def share() -> float:
    """The part of a service's request budget that the question being answered may use."""
    question = _question.get()
    return 1.0 if question is None else question.share


def count_request() -> None:
    """Note that a request was sent for the question being answered."""
    if question := _question.get():
        question.count()


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
async def within(seconds: float, *, share: float = 1.0) -> AsyncGenerator[Question]:
    """Give the block this many seconds, or what is left of an outer deadline; raises TimeoutError when they are over.

    `share` is the part of a service's request budget that the block may use.

    Requests inside see the deadline through `remaining()`: they do not start a wait that would outlive it, so that
    the reason for being late (throttled, say) is told instead of the lateness alone.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    outer = _question.get()
    if outer is not None:
        deadline, share = min(outer.deadline, deadline), min(outer.share, share)
    question = Question(deadline, outer, share=share)
    token = _question.set(question)
    try:
        async with asyncio.timeout(seconds):
            yield question
    finally:
        _question.reset(token)
