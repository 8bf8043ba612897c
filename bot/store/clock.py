"""The clock of Redis, and the fleet time that all processes derive from it."""

import re
import time
from dataclasses import dataclass
from typing import NamedTuple

from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import CLOCK
from bot.store.redis.scripts import script

_KEPT = re.compile(r"(\d+)/(\d+)")


class Mark(NamedTuple):
    """A fleet time of a process, and the server's time at that moment (Unix seconds)."""

    fleet: float
    server: float


@dataclass(frozen=True, slots=True)
class ServerClock:
    """The clock of one server, or of one slot's master on a cluster. Raises StoreUnavailable."""

    link: RedisLink

    async def read(self) -> tuple[float, Mark | None]:
        """Return the server's time, and the last mark of any process."""
        return await self._ask("")

    async def keep(self, fleet: float) -> None:
        """Store the fleet time of this process, unless another process stored a later one."""
        await self._ask(f"{fleet * 1e6:.0f}")

    async def _ask(self, fleet: str) -> tuple[float, Mark | None]:
        now, kept = await self.link.execute("EVAL", script("clock"), 1, CLOCK.of(), fleet)
        found = _KEPT.fullmatch(kept)
        return int(now) / 1e6, Mark(*(int(part) / 1e6 for part in found.groups())) if found else None


def monotonic() -> float:
    """Return the seconds of a clock that no one can set. It includes the machine's sleep if possible."""
    boot_time = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if boot_time is None else time.clock_gettime(boot_time)
