"""Request budgets of accounts, in requests per second. Processes with the same storage share them."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from math import ceil
from typing import Final, NamedTuple, Protocol, TypeVar, runtime_checkable

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter

from providers.errors import Throttled
from providers.http.deadline import Question, asking, remaining

K = TypeVar("K")
V = TypeVar("V")
OWN_LIMIT: Final = "budget"
"""The code of a question that ran out of time waiting for our own budget: it says nothing about the service."""


_AGAIN_S: Final = 0.5
"""The shortest wait for a full window, in seconds."""


class BudgetLeft(NamedTuple):
    """The requests that the current window still allows, and the size of the window."""

    left: int
    of: int


class Budget(Protocol):
    """Allows or delays requests. `key` names what is counted: an account and a service or operation."""

    async def acquire(self, key: str, per_second: float) -> None:
        """Return when a request may be sent; raises Throttled when that is after the question's deadline."""
        ...

    async def left(self, key: str, per_second: float) -> BudgetLeft: ...


Rate = tuple[str, float]
"""A key, and how many requests per second it may have."""


@runtime_checkable
class QuickBudget(Protocol):
    """A budget that can say immediately whether several counts allow a request."""

    async def take_now(self, rates: Sequence[Rate]) -> bool:
        """Count a request by all of these. Returns False, and counts it by none, where one would have to wait."""
        ...


class _Memory(MemoryStorage):
    """Counts in this process. The storage of limits starts a thread at each request, to expire old ones."""

    def __init__(self) -> None:
        super().__init__()
        self._taken: defaultdict[str, deque[float]] = defaultdict(deque)

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        taken = self._within(key, expiry)
        if len(taken) + amount > limit:
            return False
        taken.extend([time.monotonic()] * amount)
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:  # noqa: ARG002  # the storage's
        taken = self._within(key, expiry)
        return (taken[0] if taken else time.monotonic()), len(taken)

    def _within(self, key: str, expiry: int) -> deque[float]:
        """Return the request times of the window that ends now, oldest first."""
        taken, start = self._taken[key], time.monotonic() - expiry
        while taken and taken[0] <= start:
            taken.popleft()
        return taken


class WindowBudget:
    """A moving window over any storage of `limits`: memory for one process, Redis for a fleet."""

    def __init__(self, storage: Storage | None = None) -> None:
        self._limiter = MovingWindowRateLimiter(storage or _Memory())

    async def acquire(self, key: str, per_second: float) -> None:
        item = window(per_second)
        while not await self._limiter.hit(item, key):
            wait = max(0.02, (await self._limiter.get_window_stats(item, key)).reset_time - time.monotonic())
            if wait > remaining():
                raise Throttled("Callboard's own request budget is used up", code=OWN_LIMIT, retry_after=wait)
            await asyncio.sleep(wait)

    async def take(self, key: str, number: int, seconds: int, keep: int = 0) -> float:
        """Take one of `number` per moving window of `seconds`, if more than `keep` are left.

        Returns 0 when it was taken, else the seconds until the next try.
        """
        wait = await self.wait(key, number, seconds, keep)
        if not wait and await self._limiter.hit(RateLimitItemPerSecond(number, seconds), key):
            return 0
        return wait or _AGAIN_S

    async def wait(self, key: str, number: int, seconds: int, keep: int = 0) -> float:
        """Return the seconds until one could be taken, 0 for now; nothing is taken."""
        stats = await self._limiter.get_window_stats(RateLimitItemPerSecond(number, seconds), key)
        if stats.remaining > keep:
            return 0
        return max(_AGAIN_S, min(float(seconds), stats.reset_time - time.monotonic()))

    async def left(self, key: str, per_second: float) -> BudgetLeft:
        item = window(per_second)
        return BudgetLeft((await self._limiter.get_window_stats(item, key)).remaining, item.amount)


class FairBudget:
    """A budget whose requesters take turns: one with many questions does not starve the others.

    The questions of one requester take turns too. Within a question, the request that waited longest is first. Turns
    are local to this process: a fleet shares only the budget.
    """

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._turns: dict[str, _Turns] = {}

    async def acquire(self, key: str, per_second: float) -> None:
        async with self._turns.setdefault(key, _Turns()).turn(asking()):
            await self._budget.acquire(key, per_second)

    async def take_now(self, rates: Sequence[Rate]) -> bool:
        """Count a request by all of these if no request waits for any of them; the budget decides."""
        if not isinstance(self._budget, QuickBudget) or any(self._taken(key) for key, _ in rates):
            return False
        return await self._budget.take_now(rates)

    def _taken(self, key: str) -> bool:
        return (turns := self._turns.get(key)) is not None and turns.taken

    async def left(self, key: str, per_second: float) -> BudgetLeft:
        return await self._budget.left(key, per_second)


_Waiting = dict[Question, deque[asyncio.Future[None]]]
"""The waiting requests, by question; the first question is next."""


class _Turns:
    """One turn at a time, round-robin among the waiting requesters."""

    def __init__(self) -> None:
        self._taken = False
        self._waiting: dict[str, _Waiting] = {}

    @property
    def taken(self) -> bool:
        """Whether a request has the turn."""
        return self._taken

    @asynccontextmanager
    async def turn(self, question: Question) -> AsyncGenerator[None]:
        if self._taken:
            await self._wait(question)
        self._taken = True
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, question: Question) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(question.requester, {}).setdefault(question, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # it was passed on at the same moment
                self._pass_on()
            raise

    def _pass_on(self) -> None:
        """Pass the turn to the next requester's next question, and move both behind the others."""
        while self._waiting:
            requester, questions = _first(self._waiting)
            question, requests = _first(questions)
            turn = requests.popleft()
            if requests:
                questions[question] = requests
            if questions:
                self._waiting[requester] = questions
            # A cancelled request is skipped: its question may have ended while it waited.
            if not turn.done():
                return turn.set_result(None)
        self._taken = False
        return None


def _first(line: dict[K, V]) -> tuple[K, V]:
    """Remove and return the first item."""
    key = next(iter(line))
    return key, line.pop(key)


def window(per_second: float) -> RateLimitItemPerSecond:
    """Return a window of one second, or longer for less than one request per second."""
    if per_second >= 1:
        return RateLimitItemPerSecond(int(per_second))
    return RateLimitItemPerSecond(1, ceil(1 / per_second))
