"""Notes when Home tabs were published, and which channels were picked in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.domain.record_formats import readable_or
from bot.domain.tracked_jobs import instant, milliseconds
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import HOME, PICKED


@dataclass(frozen=True, slots=True)
class HomeTabs:
    """Home tabs by their person. Raises StoreUnavailable."""

    link: RedisLink

    async def published(self, user: str) -> datetime | None:
        """When somebody's Home tab was published last; None when they did not look at it for days."""
        kept = await self.link.execute("GET", HOME.of(user))
        return readable_or(None, lambda text: instant(int(text)), kept) if kept else None

    async def purge(self, users: Iterable[str]) -> None:
        """Forget when people's Home tabs were published, and what was picked in them."""
        if commands := [("DEL", key.of(user)) for user in users for key in (HOME, PICKED)]:
            await self.link.execute_many(commands)

    async def publish(self, user: str, at: datetime) -> None:
        """Keep that somebody's Home tab was published."""
        await self.link.execute("SET", HOME.of(user), milliseconds(at), "EX", HOME.seconds)

    async def picked(self, user: str) -> str:
        """The channel that somebody picked for their Home tab, empty where none."""
        return await self.link.execute("GET", PICKED.of(user)) or ""

    async def pick(self, user: str, channel: str) -> None:
        """Keep the channel that somebody picked for their Home tab."""
        await self.link.execute("SET", PICKED.of(user), channel, "EX", PICKED.seconds)
