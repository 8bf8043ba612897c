"""The way to Redis: short timeouts, one retry, and one exception when it cannot be reached."""

import time
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, cast

from redis import exceptions
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

CONNECT_S = 1.0
ANSWER_S = 1.5
PAUSE_S = 1.0
"""After a failure nobody waits for Redis again for this long, so that a lost one costs a question at most one wait."""
MAX_CONNECTIONS = 100
OLDEST = (6, 2)
"""The first version with GETEX and the other commands used here."""

Part = str | int | float
"""A word of a Redis command."""

_LOST = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    OSError,
    exceptions.ClusterDownError,
    exceptions.ReadOnlyError,
    exceptions.OutOfMemoryError,
)
# Redis refuses writes when it cannot keep them; redis-py has no class for that.
_CANNOT_KEEP = ("MISCONF", "NOREPLICAS")


class StoreUnavailable(Exception):  # noqa: N818  # reads as what happened
    """Redis cannot be reached, or cannot keep anything now; what needs no memory goes on."""


class Server(NamedTuple):
    """What a Redis server says of itself. `durable`: it writes every change to disk, within a second."""

    version: str
    durable: bool

    @property
    def supported(self) -> bool:
        """Whether it knows every command used here."""
        return tuple(int(part) for part in self.version.split(".")[:2]) >= OLDEST


class Link:
    """A connection pool that everything kept in Redis shares. Every use raises StoreUnavailable when Redis is gone."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self._paused_until = 0.0

    @asynccontextmanager
    async def use(self) -> AsyncGenerator[Redis]:
        """Lend the client for one round trip."""
        if time.monotonic() < self._paused_until:
            raise StoreUnavailable("Redis did not answer a moment ago")
        try:
            yield self.redis
        except _LOST as error:
            raise self._lost(error) from None
        except exceptions.ResponseError as error:
            if not str(error).startswith(_CANNOT_KEEP):
                raise
            raise self._lost(error) from None

    async def ask(self, *command: Part) -> Any:
        """Send one command and return its reply, as redis-py reads it."""
        async with self.use() as redis:
            return cast("Any", await redis.execute_command(*command))  # pyright: ignore[reportUnknownMemberType]

    async def ask_all(self, commands: Iterable[Sequence[Part]], *, atomic: bool = False) -> list[Any]:
        """Send many commands in one round trip and return their replies; `atomic` lets nothing come between them."""
        async with self.use() as redis:
            pipeline = redis.pipeline(transaction=atomic)
            for command in commands:
                pipeline.execute_command(*command)  # pyright: ignore[reportUnknownMemberType]
            return await pipeline.execute()

    async def ping(self) -> None:
        """Return when Redis answers."""
        await self.ask("PING")

    async def describe(self) -> Server:
        """Ask the server for its version and whether it keeps its data on disk."""
        about, disk = await self.ask_all([("INFO", "server"), ("INFO", "persistence")])
        return Server(str(about["redis_version"]), durable=bool(disk.get("aof_enabled")))

    def _lost(self, error: Exception) -> StoreUnavailable:
        self._paused_until = time.monotonic() + PAUSE_S
        # redis-py's own texts name host and port, never the password.
        return StoreUnavailable(f"Redis cannot be used ({type(error).__name__}: {error})")


def connect(url: str) -> Redis:
    """Return a client for a redis://, rediss:// or unix:// URL; nothing is sent yet.

    Raises ValueError for a URL that cannot be read; its text does not repeat the URL, which may hold a password.
    """
    try:
        return Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
            url,
            decode_responses=True,
            socket_connect_timeout=CONNECT_S,
            socket_timeout=ANSWER_S,
            # No health checks: on a server that accepts but does not answer, redis-py's call themselves for ever
            # (redis-py issue 3745). A connection that broke while idle costs the one retry instead.
            health_check_interval=0,
            max_connections=MAX_CONNECTIONS,
            retry=Retry(ConstantBackoff(0.05), 1),
            client_name="callboard",
        )
    except (ValueError, TypeError):
        reason = "the URL of Redis cannot be read; expected redis://, rediss:// or unix://"
    raise ValueError(reason)
