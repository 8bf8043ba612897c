"""The events of Slack that were handled, so that a redelivery is not handled again."""

from dataclasses import dataclass
from hashlib import blake2b

from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import EVENT


@dataclass(frozen=True, slots=True)
class Events:
    """Events by id. Raises StoreUnavailable."""

    link: RedisLink

    async def first(self, event_id: str, lifetime_s: int = EVENT.seconds) -> bool:
        """Mark an event as handled, and return whether it was new. The mark lives for `lifetime_s` seconds."""
        return bool(await self.link.execute("SET", _key(event_id), "1", "NX", "EX", lifetime_s))

    async def taken(self, event_id: str) -> bool:
        """Return whether an event was handled."""
        return bool(await self.link.execute("EXISTS", _key(event_id)))


def _key(event_id: str) -> str:
    return EVENT.of(blake2b(event_id.encode(), digest_size=16).hexdigest())
