"""Finds the servers behind a Redis URL that answer without our credentials."""

import asyncio
import secrets
from collections.abc import Iterable, Mapping
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode, urlsplit

from redis import exceptions
from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.backoff import NoBackoff

from bot.store.redis.client import Client
from bot.store.redis.connection import ANSWER_S, CONNECT_S, RedisLink
from bot.store.redis.keys import PREFIX

_Address = tuple[str, int]
_OWN = frozenset({"ssl_certfile", "ssl_keyfile", "ssl_password"})
"""URL options with our client certificate. A probe leaves them out."""


async def open_to_strangers(url: str, link: RedisLink) -> list[str]:
    """Return HOST:PORT of each server that answers without credentials or with a wrong password.

    `link` is a connection to that URL. A Unix socket is not checked: file permissions protect it. Raises
    StoreUnavailable.

    Example: `["10.0.0.7:6379"]`.
    """
    if url.startswith("unix:"):
        return []
    async with link.use() as redis:
        servers, sentinels = await _servers(redis)
        user = _user(redis)
    probes = [_probe(url, server, user) for server in servers] + [_probe(url, server, "") for server in sentinels]
    answers = await asyncio.gather(*probes)
    return [f"{host}:{port}" for (host, port), opened in zip([*servers, *sentinels], answers, strict=True) if opened]


async def _servers(redis: Client) -> tuple[list[_Address], list[_Address]]:
    """Return the servers that hold keys, and the Sentinels."""
    if isinstance(redis, RedisCluster):
        await redis.initialize()
        return sorted((str(node.host), int(node.port)) for node in redis.get_nodes()), []
    pool = redis.connection_pool
    if not isinstance(pool, SentinelConnectionPool):
        return [_address(pool.connection_kwargs)], []
    manager, name = cast("Any", pool).sentinel_manager, cast("Any", pool).service_name
    holders = [await manager.discover_master(name), *await manager.discover_slaves(name)]
    sentinels: Iterable[Redis] = manager.sentinels
    return holders, [_address(each.connection_pool.connection_kwargs) for each in sentinels]


def _user(redis: Client) -> str:
    options = redis.connection_kwargs if isinstance(redis, RedisCluster) else redis.connection_pool.connection_kwargs
    return str(cast("Mapping[str, Any]", options).get("username") or "")


def _address(options: Mapping[str, Any]) -> _Address:
    return str(options.get("host", "localhost")), int(options.get("port", 6379))


async def _probe(url: str, address: _Address, user: str) -> bool:
    """Return whether a server answers without credentials, or accepts a random password."""
    return await _answers(url, address) or bool(user and await _answers(url, address, user, secrets.token_urlsafe()))


async def _answers(url: str, address: _Address, user: str | None = None, password: str | None = None) -> bool:
    host, port = address
    secure = "rediss" if url.startswith("rediss") else "redis"
    asked = urlencode([(name, value) for name, value in parse_qsl(urlsplit(url).query) if _is_trust(name)])
    where = f"{secure}://{f'[{host}]' if ':' in host else host}:{port}?{asked}"
    stranger = Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
        where,
        username=user,
        password=password,
        socket_connect_timeout=CONNECT_S,
        socket_timeout=ANSWER_S,
        retry=Retry(NoBackoff(), 0),
    )
    async with stranger:
        try:
            await stranger.execute_command("EXISTS", PREFIX)  # pyright: ignore[reportUnknownMemberType]
        except (exceptions.ConnectionError, exceptions.TimeoutError, exceptions.NoPermissionError, OSError):
            return False
        except exceptions.ResponseError as error:  # a slot of another server, or a Sentinel, which has no keys
            return not str(error).startswith("DENIED")  # protected mode
    return True


def _is_trust(option: str) -> bool:
    return option.startswith("ssl_") and option not in _OWN
