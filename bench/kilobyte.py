"""The memory that a Redis server needs for a kilobyte. It depends on version and allocator."""

from bot.store.redis.connection import RedisLink

TEXTS = 1_024
LENGTHS = range(875, 1_003)
"""Bytes of a text. The lengths differ because allocators round up in steps of up to 128.

With its name of 32 bytes, and the overhead of Redis 6.2 with the allocator of libc, a text takes 1,024 on average.
"""
_KEY = "bench:kilobyte"


async def kilobyte(link: RedisLink) -> float:
    """Return the bytes that this server needs for each text of a reference hash."""
    texts = {f"{number:032}": "x" * LENGTHS[number % len(LENGTHS)] for number in range(TEXTS)}
    await link.execute("HSET", _KEY, *(part for field in texts.items() for part in field))
    try:
        return await link.execute("MEMORY", "USAGE", _KEY, "SAMPLES", 0) / TEXTS
    finally:
        await link.execute("DEL", _KEY)
