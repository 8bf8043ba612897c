"""Fleet time: the time that all processes of the fleet share, independent of their machines' clocks.

It is the clock of one Redis server, read every 30 s. Between two reads it follows the monotonic clock, which ignores
changes of the machine's clock. Slack's time comes from the header `Date` of its responses.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from statistics import median
from typing import Protocol

import structlog
from redis.exceptions import ResponseError

from bot.deps.asyncio_tasks import in_background
from bot.domain.elapsed import OFF_S
from bot.domain.errors import StoreUnavailable
from bot.store.clock import Mark, monotonic

SAMPLE_EVERY_S = 30.0
SAMPLES = 5
"""Readings of one sample. Its offset is their median, each corrected by half of its round trip."""
AGAIN_S = 1.0
"""Seconds before a retry if Redis does not answer."""
SLEW = 0.1
"""Fleet time runs at most this fraction faster or slower than real time while it follows the server's clock."""
JUMP_S = 1.0
"""The smallest logged jump of the server's clock in seconds. Its cause is a failover, or a clock that was set."""

log = structlog.get_logger("callboard")


class Slewed:
    """A time that follows a target slowly, and never runs backward. Pure.

    It is an offset to a monotonic clock. All times are in seconds. `now` is always the time of the monotonic clock.
    """

    def __init__(self, now: float, first: float, target: float) -> None:
        self._offset, self._target, self._moved = first - now, target - now, now

    @property
    def behind(self) -> float:
        """The seconds left to the target; negative if this time is ahead of it."""
        return self._target - self._offset

    def read(self, now: float) -> float:
        """Return the time."""
        room = SLEW * max(0.0, now - self._moved)
        self._offset += max(-room, min(room, self.behind))
        self._moved = max(now, self._moved)
        return self._moved + self._offset

    def retarget(self, now: float, target: float) -> float:
        """Follow a new target, and return by how many seconds it jumped."""
        self.read(now)
        jumped = target - now - self._target
        self._target = target - now
        return jumped

    def raise_to(self, now: float, least: float) -> None:
        """Advance to this time immediately, if it is later."""
        self._offset += max(0.0, least - self.read(now))


def first_time(server: float, mark: Mark | None) -> float:
    """Return the fleet time at which a new process starts.

    After a failover to a server with a slow clock, only the mark shows the fleet time of the other processes.
    """
    if mark is None:
        return server
    return mark.fleet + max(0.0, server - mark.server)


class SlackTime:
    """Slack's time in whole seconds, from the `Date` header of its responses."""

    def __init__(self, monotonic: Callable[[], float] = monotonic, wall: Callable[[], float] = time.time) -> None:
        self._monotonic, self._wall = monotonic, wall
        self._offset: float | None = None

    def heard(self, date: str) -> None:
        """Read the `Date` header of a response that arrived just now.

        Example: `Tue, 14 Nov 2023 22:13:20 GMT`. An invalid date is ignored.
        """
        try:
            sent_at = parsedate_to_datetime(date)
        except (TypeError, ValueError, OverflowError):
            return
        self._offset = sent_at.replace(tzinfo=sent_at.tzinfo or UTC).timestamp() - self._monotonic()

    def now(self) -> float | None:
        """Return Slack's time in seconds since 1970, up to one second late; None before the first response."""
        return None if self._offset is None else self._monotonic() + self._offset

    @property
    def ahead(self) -> float | None:
        """Seconds by which this machine's clock is ahead of Slack's; None before Slack's first response."""
        now = self.now()
        return None if now is None else self._wall() - now


class Server(Protocol):
    """The clock of a server, with the mark that processes store there. Raises StoreUnavailable."""

    async def read(self) -> tuple[float, Mark | None]:
        """Return the server's time, and the last mark of any process."""
        ...

    async def keep(self, fleet: float) -> None:
        """Store the fleet time of a process, unless another process stored a later one."""
        ...


class FleetClock:
    """Fleet time, as a callable. Before the first sample, it is the machine's own time."""

    def __init__(
        self, server: Server, monotonic: Callable[[], float] = monotonic, wall: Callable[[], float] = time.time
    ) -> None:
        self._server, self._monotonic, self._wall = server, monotonic, wall
        self._time: Slewed | None = None

    def __call__(self) -> datetime:
        now = self._wall() if self._time is None else self._time.read(self._monotonic())
        return datetime.fromtimestamp(now, UTC)

    @property
    def ahead(self) -> float:
        """Seconds by which this machine's clock is ahead of fleet time."""
        return self._wall() - self().timestamp()

    @property
    def off(self) -> bool:
        """Whether this machine's clock is too far from fleet time to be used."""
        return abs(self.ahead) > OFF_S

    @property
    def ahead_of_redis(self) -> float | None:
        """Seconds by which this machine's clock is ahead of the server's; None before the first sample."""
        return self.ahead - self._time.behind if self._time else None

    @property
    def behind_redis(self) -> float:
        """The seconds that fleet time is still behind after a jump of the server's clock."""
        return self._time.behind if self._time else 0.0

    async def sample(self) -> None:
        """Read the server's clock, and follow it. Raises StoreUnavailable."""
        readings: list[float] = []
        mark: Mark | None = None
        for _ in range(SAMPLES):
            before = self._monotonic()
            server, mark = await self._server.read()
            readings.append(server - (before + self._monotonic()) / 2)
        self._learn(median(readings), mark)
        await self._server.keep(self().timestamp())

    def _learn(self, offset: float, mark: Mark | None) -> None:
        now = self._monotonic()
        server = now + offset
        if self._time is None:
            self._time = Slewed(now, first_time(server, mark), server)
        elif abs(jumped := self._time.retarget(now, server)) > JUMP_S:
            log.warning("Redis's clock jumped, fleet time follows it slowly", seconds=round(jumped, 3))
        if mark:
            self._time.raise_to(now, mark.fleet)

    @asynccontextmanager
    async def keeping(self, *, waits: bool) -> AsyncGenerator[None]:
        """Follow the server's clock while the block runs. With `waits`, take the first sample before it."""
        if waits:
            await self._tried()
        with in_background(self._retarget(), "fleet clock"):
            yield

    async def _retarget(self) -> None:
        while True:
            if self._time:
                await asyncio.sleep(SAMPLE_EVERY_S)
            if not await self._tried():
                await asyncio.sleep(AGAIN_S)

    async def _tried(self) -> bool:
        """Take a sample. Returns False if Redis does not answer or refuses it."""
        try:
            await self.sample()
        except (StoreUnavailable, ResponseError):
            return False
        return True
