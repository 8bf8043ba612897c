"""Commands too long for a button. The button's value is a key, and Redis holds the command."""

import secrets
from dataclasses import dataclass

from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import PAYLOAD


@dataclass(frozen=True, slots=True)
class Payloads:
    """Texts by short random keys, for seven days from their last use. Raises StoreUnavailable."""

    link: RedisLink

    async def put(self, text: str) -> str:
        """Store a text and return its key, 16 random characters."""
        key = secrets.token_urlsafe(12)
        await self.link.execute("SET", PAYLOAD.of(key), text, "EX", PAYLOAD.seconds)
        return key

    async def get(self, key: str) -> str | None:
        """Return a text, and keep it for another seven days; None if it has expired."""
        return await self.link.execute("GETEX", PAYLOAD.of(key), "EX", PAYLOAD.seconds)
