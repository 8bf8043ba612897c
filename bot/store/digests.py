"""What a digest counts: kept for whoever wants to see all of it."""

from dataclasses import dataclass
from hashlib import blake2b

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
    """Digests by short keys, for seven days. Raises StoreUnavailable."""

    link: RedisLink

    async def put(self, digest: Digest) -> str:
        """Keep a digest and return its key, the same for what begins with the same change.

        A digest is drawn anew each time it is tried to be sent: while Slack takes nothing, that may be for days.
        """
        first = digest.told[0]
        name = f"{first.card.place} {first.card.id} {first.change.job.ref} {first.change.at.timestamp()}"
        key = blake2b(name.encode(), digest_size=9).hexdigest()
        text = record_formats.numbered(Kind.DIGEST, _DIGEST.dump_json(digest).decode())
        await self.link.execute("SET", DIGEST.of(key), text, "EX", DIGEST.seconds)
        return key

    async def get(self, key: str) -> Digest | None:
        """Return a digest; None when it has expired, or cannot be read."""
        kept: str = await self.link.execute("GET", DIGEST.of(key)) or ""
        try:
            return record_formats.read(Kind.DIGEST, kept, _DIGEST.validate_json) if kept else None
        except NewerFormatError:
            return None
        except UnreadableError:
            await Aside(self.link).move(Location(Kind.DIGEST, "", DIGEST.of(key)), kept)
            return None
