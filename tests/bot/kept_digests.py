"""Digests as earlier versions kept them."""

from pydantic import TypeAdapter

from bot.domain import record_formats
from bot.domain.notifications import Digest
from bot.domain.record_formats import Kind
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import DIGEST


async def keep(link: RedisLink, digest: Digest, key: str = "kept") -> str:
    """Keep a digest. Return its key."""
    text = record_formats.numbered(Kind.DIGEST, TypeAdapter(Digest).dump_json(digest).decode())
    await link.execute("SET", DIGEST.of(key), text, "EX", DIGEST.seconds)
    return key
