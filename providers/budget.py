"""How many requests a second an account may make, shared by whoever shares the storage."""

import asyncio
import time
from collections import defaultdict, deque
from math import ceil
from typing import NamedTuple, Protocol

from limits import RateLimitItemPerSecond
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter

from providers.deadline import remaining
from providers.errors import Throttled


class BudgetLeft(NamedTuple):
    """Requests that may still be made in the current window, and how many the window has."""

    left: int
    of: int


class Budget(Protocol):
    """Allows or delays requests. `key` names what is counted: an account and a service or operation."""

    async def acquire(self, key: str, per_second: float) -> None:
        """Return when a request may be made; raises Throttled when that is after the question's deadline."""
        ...

    async def left(self, key: str, per_second: float) -> BudgetLeft: ...


class _Memory(MemoryStorage):
    """Counts in this process. limits' own storage starts a thread at each request, to forget old ones."""

    def __init__(self) -> None:
        super().__init__()
        self._taken: defaultdict[str, deque[float]] = defaultdict(deque)

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        taken = self._within(key, expiry)
        if len(taken) + amount > limit:
            return False
        taken.extend([time.time()] * amount)
        return True

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:  # noqa: ARG002  # the storage's
        taken = self._within(key, expiry)
        return (taken[0] if taken else time.time()), len(taken)

    def _within(self, key: str, expiry: int) -> deque[float]:
        """Return when the requests of the window that ends now were made, the oldest first."""
        taken, start = self._taken[key], time.time() - expiry
        while taken and taken[0] <= start:
            taken.popleft()
        return taken


class WindowBudget:
    """A moving window over any storage of `limits`: memory for one process, Redis for a fleet."""

    def __init__(self, storage: Storage | None = None) -> None:
        self._limiter = MovingWindowRateLimiter(storage or _Memory())

    async def acquire(self, key: str, per_second: float) -> None:
        item = _window(per_second)
        while not await self._limiter.hit(item, key):
            wait = max(0.02, (await self._limiter.get_window_stats(item, key)).reset_time - time.time())
            if wait > remaining():
                raise Throttled("Callboard's own request budget is used up", code="budget", retry_after=wait)
            await asyncio.sleep(wait)

    async def take(self, key: str, number: int, seconds: int, keep: int = 0) -> float:
        """Take one of `number` in each moving window of `seconds`, if more than `keep` are left.

        Returns 0 when it was taken, else after how many seconds to try again.
        """
        item = RateLimitItemPerSecond(number, seconds)
        stats = await self._limiter.get_window_stats(item, key)
        if stats.remaining > keep and await self._limiter.hit(item, key):
            return 0
        return max(0.5, min(float(seconds), stats.reset_time - time.time()))

    async def left(self, key: str, per_second: float) -> BudgetLeft:
        item = _window(per_second)
        return BudgetLeft((await self._limiter.get_window_stats(item, key)).remaining, item.amount)


def _window(per_second: float) -> RateLimitItemPerSecond:
    """A window of one second, or of as many as one request takes when there is less than one a second."""
    if per_second >= 1:
        return RateLimitItemPerSecond(int(per_second))
    return RateLimitItemPerSecond(1, ceil(1 / per_second))
