"""Request budgets shared by all replicas. While Redis is down, each process has its own."""

import time
from collections.abc import Sequence
from typing import Any, cast

from limits.aio.storage import RedisStorage
from limits.aio.storage.redis.redispy import RedispyBridge
from redis.asyncio.cluster import RedisCluster
from redis.exceptions import ResponseError

from bot.domain.errors import StoreUnavailable
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import BUDGET
from providers.http.rate_limit import BudgetLeft, Rate, WindowBudget, window

# The scripts of `limits` use the clock of the calling process. These use the server's clock, which all processes share.
_NOW = """
local time = redis.call('TIME')
local now, limit, expiry = time[1] + time[2] / 1000000, tonumber(ARGV[1]), tonumber(ARGV[2])
local function within(entry) return entry and tonumber(entry) >= now - expiry and tonumber(entry) <= now end
"""
_ACQUIRE = (
    _NOW
    + """
local amount = tonumber(ARGV[3])
if amount > limit or within(redis.call('LINDEX', KEYS[1], limit - amount)) then return 0 end
for _ = 1, amount do redis.call('LPUSH', KEYS[1], string.format('%.6f', now)) end
redis.call('LTRIM', KEYS[1], 0, limit - 1)
redis.call('EXPIRE', KEYS[1], expiry)
return 1
"""
)
# Takes from all windows or from none. On a cluster the windows are in different slots, so this needs a single server.
_ACQUIRE_ALL = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
for i, key in ipairs(KEYS) do
  local limit, expiry = tonumber(ARGV[2 * i - 1]), tonumber(ARGV[2 * i])
  local entry = tonumber(redis.call('LINDEX', key, limit - 1) or '')
  if entry and entry >= now - expiry and entry <= now then return 0 end
end
for i, key in ipairs(KEYS) do
  redis.call('LPUSH', key, string.format('%.6f', now))
  redis.call('LTRIM', key, 0, ARGV[2 * i - 1] - 1)
  redis.call('EXPIRE', key, ARGV[2 * i])
end
return 1
"""
_WINDOW = (
    _NOW
    + """
local number, oldest = 0, now
for _, entry in ipairs(redis.call('LRANGE', KEYS[1], 0, limit - 1)) do
  if within(entry) then number, oldest = number + 1, math.min(oldest, tonumber(entry)) end
end
return {string.format('%.6f', now - oldest), number}
"""
)
_NO_HELP = (StoreUnavailable, ResponseError)
"""Redis is down, or refuses the script (to this user, say). Commands still work, with this process's own budget."""


class _Storage(RedisStorage):
    """A storage of `limits` over an existing client, also on a cluster: each budget is one key."""

    def __init__(self, link: RedisLink) -> None:
        self._client = link.redis
        self._turns = link.turns
        super().__init__("redis://", implementation="redispy", key_prefix=BUDGET.of("").removesuffix(":"))

    def configure_bridge(self) -> None:
        client = cast("Any", self._client)  # limits' hints are too narrow
        bridge = cast("RedispyBridge", self.bridge)
        bridge.storage = client
        bridge.connection_getter = lambda _: client

    async def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        return bool(await self._eval(_ACQUIRE, key, limit, expiry, amount))

    async def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Return the monotonic time of the window's oldest request, and the number of requests."""
        age, number = await self._eval(_WINDOW, key, limit, expiry)
        return time.monotonic() - float(age), int(number)

    async def acquire_all(self, windows: Sequence[tuple[str, int, int]]) -> bool:
        """Count a request in each window, or in none if one is full. A window is key, limit and seconds."""
        keys = [self.bridge.prefixed_key(key) for key, _, _ in windows]
        limits = [part for _, limit, seconds in windows for part in (limit, seconds)]
        async with self._turns:
            return bool(await cast("Any", self._client).eval(_ACQUIRE_ALL, len(keys), *keys, *limits))

    async def _eval(self, script: str, key: str, *arguments: int) -> Any:
        async with self._turns:
            return await cast("Any", self._client).eval(script, 1, self.bridge.prefixed_key(key), *arguments)


class SharedBudget:
    """A `providers.http.rate_limit.Budget` over Redis. Raises only Throttled."""

    def __init__(self, link: RedisLink) -> None:
        self._link = link
        self._storage = _Storage(link)
        self._shared = WindowBudget(self._storage)
        self._own = WindowBudget()

    async def acquire(self, key: str, per_second: float) -> None:
        """Wait until a request is allowed. Raises Throttled if that is after the command's deadline."""
        try:
            async with self._link.use():
                await self._shared.acquire(key, per_second)
        except _NO_HELP:
            await self._own.acquire(key, per_second)

    async def take_now(self, rates: Sequence[Rate]) -> bool:
        """Count a request in all of these windows, without waiting.

        Returns False and counts nothing if a window is full, or on a cluster.
        """
        if isinstance(self._link.redis, RedisCluster):
            return False
        items = [(key, window(per_second)) for key, per_second in rates]
        try:
            async with self._link.use():
                return await self._storage.acquire_all(
                    [(item.key_for(key), item.amount, item.get_expiry()) for key, item in items]
                )
        except _NO_HELP:
            return False

    async def left(self, key: str, per_second: float) -> BudgetLeft:
        """Return the rest of the current window."""
        try:
            async with self._link.use():
                return await self._shared.left(key, per_second)
        except _NO_HELP:
            return await self._own.left(key, per_second)

    async def take(self, key: str, number: int, seconds: int, keep: int = 0) -> float:
        """Take one of `number` in a moving window of `seconds`. Leaves `keep` of them.

        Returns 0 on success, otherwise after how many seconds to try again.
        """
        try:
            async with self._link.use():
                return await self._shared.take(key, number, seconds, keep)
        except _NO_HELP:
            return await self._own.take(key, number, seconds, keep)

    async def wait(self, key: str, number: int, seconds: int) -> float:
        """Return after how many seconds one could be taken, 0 for now. Takes nothing."""
        try:
            async with self._link.use():
                return await self._shared.wait(key, number, seconds)
        except _NO_HELP:
            return await self._own.wait(key, number, seconds)
