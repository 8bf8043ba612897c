"""The counts of digests that an earlier version posted. Their *See all* works for seven days."""

from dataclasses import dataclass

from pydantic import TypeAdapter

from bot.domain import record_formats
from bot.domain.notifications import Digest
from bot.domain.record_formats import Kind, NewerFormatError, UnreadableError
from bot.domain.unreadable_records import Location
from bot.store.quarantine import Aside
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import DIGEST

_DIGEST: TypeAdapter[Digest] = TypeAdapter(Digest)


@dataclass(frozen=True, slots=True)
class Digests:
    """Digests by short key. Raises StoreUnavailable."""

    link: RedisLink

    async def get(self, key: str) -> Digest | None:
        """Return a digest; None if it has expired or is unreadable."""
        kept: str = await self.link.execute("GET", DIGEST.of(key)) or ""
        try:
            return record_formats.read(Kind.DIGEST, kept, _DIGEST.validate_json) if kept else None
        except NewerFormatError:
            return None
        except UnreadableError:
            await Aside(self.link).move(Location(Kind.DIGEST, "", DIGEST.of(key)), kept)
            return None
