"""When Home tabs were published, and the channels that people picked in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.record_formats import readable_or
from bot.domain.tracked_jobs import instant, milliseconds
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import HOME, PICKED


@dataclass(frozen=True, slots=True)
class HomeTabs:
    """Home tabs by person. Raises StoreUnavailable."""

    link: RedisLink

    async def published(self, user: str) -> datetime | None:
        """Return when a person's Home tab was published last; None if that was days ago."""
        kept = await self.link.execute("GET", HOME.of(user))
        return readable_or(None, lambda text: instant(int(text)), kept) if kept else None

    async def purge(self, users: Iterable[str]) -> None:
        """Delete the publication times and the picked channels of people's Home tabs."""
        if commands := [("DEL", key.of(user)) for user in users for key in (HOME, PICKED)]:
            await self.link.execute_many(commands)

    async def publish(self, user: str, at: datetime) -> None:
        """Store the time at which a person's Home tab was published."""
        await self.link.execute("SET", HOME.of(user), milliseconds(at), "EX", HOME.seconds)

    async def picked(self, user: str) -> str:
        """Return the channel that a person picked for their Home tab; empty if none."""
        return await self.link.execute("GET", PICKED.of(user)) or ""

    async def pick(self, user: str, channel: str) -> None:
        """Store the channel that a person picked for their Home tab."""
        await self.link.execute("SET", PICKED.of(user), channel, "EX", PICKED.seconds)
