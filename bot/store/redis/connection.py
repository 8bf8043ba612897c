"""The connection to Redis: short timeouts, one retry, and one exception when it is down."""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

from redis import exceptions
from redis.asyncio.cluster import RedisCluster, TransactionStrategy
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from bot.domain.errors import StoreUnavailable
from bot.domain.redis_support import REDIS_SCHEMES, Server, comparable
from bot.store.redis.client import Client, client

CONNECT_S = 1.0
ANSWER_S = 1.5
CALL_S = 6.0
"""The timeout of a round trip in seconds. It includes the retry, other nodes and Sentinels."""
PAUSE_S = 1.0
"""After a failure all calls fail immediately for this many seconds, so that a command waits for a lost Redis once."""
MAX_CONNECTIONS = 100
"""Connections of one process. Further calls wait for a turn, because redis-py would raise MaxConnectionsError."""

Part = str | int | float
"""A word of a Redis command."""

_LOST = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    OSError,
    exceptions.ClusterDownError,
    exceptions.ReadOnlyError,
    exceptions.OutOfMemoryError,
    exceptions.RedisClusterException,
)
_OURS = (exceptions.CrossSlotTransactionError, exceptions.InvalidPipelineStack)
"""Programming errors with a cluster. redis-py derives them from its error for an unreachable cluster."""
# Redis refuses writes that it cannot persist or replicate. redis-py has no class for that.
_CANNOT_KEEP = ("MISCONF", "NOREPLICAS")


class RedisLink:
    """A connection pool for the whole store. Every use raises StoreUnavailable when Redis is down.

    Each round trip holds one of the `turns`. There are as many turns as connections.
    """

    def __init__(self, redis: Client) -> None:
        self.redis = redis
        self.turns = asyncio.Semaphore(MAX_CONNECTIONS)
        self._paused_until = 0.0

    @asynccontextmanager
    async def use(self) -> AsyncGenerator[Client]:
        """Lend the client for one round trip."""
        if time.monotonic() < self._paused_until:
            raise StoreUnavailable("Redis did not answer a moment ago")
        try:
            yield self.redis
        except _OURS:
            raise
        except _LOST as error:
            raise self._lost(error) from None
        except exceptions.ResponseError as error:
            if not str(error).startswith(_CANNOT_KEEP):
                raise
            raise self._lost(error) from None

    async def execute(self, *command: Part) -> Any:
        """Send one command and return its reply, as redis-py reads it."""
        async with self.turns, self.use() as redis, asyncio.timeout(CALL_S):
            return cast("Any", await redis.execute_command(*command))  # pyright: ignore[reportUnknownMemberType]

    async def execute_many(self, commands: Iterable[Sequence[Part]], *, atomic: bool = False) -> list[Any]:
        """Send many commands in one round trip, and return their replies. `atomic` makes them one transaction.

        On a cluster, this is one round trip to each server concerned, and the keys of a transaction share a slot.
        """
        async with self.turns, self.use() as redis, asyncio.timeout(CALL_S):
            if isinstance(redis, RedisCluster):
                return await _execute_on_cluster(redis, commands, atomic=atomic)
            pipeline = redis.pipeline(transaction=atomic)
            for command in commands:
                pipeline.execute_command(*command)  # pyright: ignore[reportUnknownMemberType]
            return await pipeline.execute()

    async def execute_everywhere(self, *command: Part) -> list[Any]:
        """Send one command to every server that holds keys, and return their replies."""
        async with self.turns, self.use() as redis, asyncio.timeout(CALL_S):
            if not isinstance(redis, RedisCluster):
                return [await redis.execute_command(*command)]  # pyright: ignore[reportUnknownMemberType]
            await redis.initialize()
            servers = redis.get_primaries()
            return [await redis.execute_command(*command, target_nodes=server) for server in servers]

    async def ping(self) -> None:
        """Return if Redis answers."""
        await self.execute_everywhere("PING")

    async def describe(self) -> Server:
        """Return the version of Redis, and whether and when it writes data to disk."""
        about = await self.execute_everywhere("INFO", "server")
        disks = await self.execute_everywhere("INFO", "persistence")
        version = min((str(each["redis_version"]) for each in about), key=comparable)
        return Server(version, all(disk.get("aof_enabled") for disk in disks), await self._fsync())

    async def _fsync(self) -> str | None:
        try:
            replies = await self.execute_everywhere("CONFIG", "GET", "appendfsync")
        except exceptions.ResponseError:  # many hosted servers forbid CONFIG GET
            return None
        policies = {str(reply.get("appendfsync")) for reply in replies}
        return next((policy for policy in ("no", "everysec", "always") if policy in policies), None)

    def _lost(self, error: Exception) -> StoreUnavailable:
        self._paused_until = time.monotonic() + PAUSE_S
        # redis-py's own texts name host and port, never the password.
        return StoreUnavailable(f"Redis cannot be used ({type(error).__name__}: {error})")


async def _execute_on_cluster(redis: RedisCluster, commands: Iterable[Sequence[Part]], *, atomic: bool) -> list[Any]:
    pipeline = redis.pipeline(transaction=atomic)
    for command in commands:
        strategy = pipeline._execution_strategy  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # see below
        if isinstance(strategy, TransactionStrategy):
            # The public method of redis-py 8.1 starts a thread with its own event loop for each command.
            await strategy._execute_command(*command)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        else:
            pipeline.execute_command(*command)
    return await pipeline.execute()


def _splits_a_password(url: str) -> bool:
    """Return whether an unescaped character splits the password. Errors would then quote a part of it."""
    try:
        parts = urlsplit(url)
    except ValueError:  # brackets without an IPv6 address
        return "@" in url
    return (
        "@" in parts.path
        or "@" in parts.fragment
        or any("@" in name for name, _ in parse_qsl(parts.query, keep_blank_values=True))
    )


def connect(url: str) -> Client:
    """Return a client for a Redis URL (see `bot.store.redis.client`), not connected.

    Example: `connect("rediss://:secret@redis.example.com:6380/0")`.

    Raises ValueError for an invalid URL. Its text does not contain the URL, which may hold a password.
    """
    if _splits_a_password(url):
        raise ValueError("the URL of Redis cannot be read; write @ / ? # in its password as %40 %2F %3F %23")
    try:
        return client(
            url,
            {
                "decode_responses": True,
                # A record that is not UTF-8 keeps its bytes, and does not fail the whole pipeline that reads it.
                "encoding_errors": "surrogateescape",
                "socket_connect_timeout": CONNECT_S,
                "socket_timeout": ANSWER_S,
                # Health checks are off: if a server accepts connections but does not answer, those of redis-py recurse
                # forever (redis-py issue 3745). The one retry covers a connection that broke while idle.
                "health_check_interval": 0,
                "max_connections": MAX_CONNECTIONS,
                "retry": Retry(ConstantBackoff(0.05), 1),
                "client_name": "callboard",
            },
        )
    except (ValueError, TypeError):
        reason = f"the URL of Redis cannot be read; expected {' or '.join(f'{each}://' for each in REDIS_SCHEMES)}"
    raise ValueError(reason)
