"""A Redis client for a URL of one server, of Sentinels, or of a cluster.

The schemes are those of pydocket: redis://, rediss:// (TLS) and unix:// for a server,
redis+sentinel://HOST:PORT,HOST:PORT/MASTER/DB and redis+cluster://HOST:PORT, both also with rediss.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from redis.asyncio import Redis
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.connection import parse_url
from redis.asyncio.sentinel import Sentinel, SentinelConnectionPool
from redis.exceptions import RedisClusterException

SENTINEL_PORT = 26379
Client = Redis | RedisCluster


def client(url: str, options: Mapping[str, Any]) -> Client:
    """Return a client that is not connected. Options in the URL override `options`.

    Example: `client("redis+sentinel://s1:26379,s2:26379/main/0", {})`.

    Raises ValueError for an invalid URL. Its text may contain the URL with its password.
    """
    scheme, separator, rest = url.partition("://")
    plain, _, kind = scheme.partition("+")
    if kind == "sentinel":
        return _behind_sentinels(plain, rest, options)
    if kind == "cluster":
        return _cluster(plain + separator + rest, options)
    return Redis.from_url(url, **options)  # pyright: ignore[reportUnknownMemberType]


def _cluster(url: str, options: Mapping[str, Any]) -> RedisCluster:
    try:
        return RedisCluster.from_url(url, **options)
    except RedisClusterException as error:  # a database other than 0, a path
        raise ValueError(str(error)) from None


def _behind_sentinels(scheme: str, rest: str, options: Mapping[str, Any]) -> Redis:
    """Return a client for the master that Sentinels name.

    The user and options of the URL are for the server; `sentinel_username` and `sentinel_password` for the Sentinels.
    """
    parts = urlsplit(f"//{rest}")
    user, _, hosts = parts.netloc.rpartition("@")
    master, _, db = parts.path.strip("/").partition("/")
    if not master:
        raise ValueError("expected the master's name after the Sentinels")
    if db and not db.isdecimal():
        raise ValueError("expected the number of a database after the master's name")
    queried = dict(parse_qsl(parts.query))
    theirs = {
        name: queried.pop(f"sentinel_{name}") for name in ("username", "password") if f"sentinel_{name}" in queried
    }
    wanted: dict[str, Any] = {**parse_url(f"redis:///{db}?{urlencode(queried)}")}
    secure: dict[str, Any] = {"ssl": True} if scheme == "rediss" else {}
    # Sentinels usually run with the same TLS set-up as the server, so they get the same certificates and timeouts.
    asked = {name: options[name] for name in ("socket_timeout", "socket_connect_timeout") if name in options}
    trust = {name: value for name, value in wanted.items() if name.startswith("ssl_")}
    sentinel = Sentinel(
        [_address(host) for host in hosts.split(",")], sentinel_kwargs={**asked, **theirs, **secure, **trust}
    )
    wanted = {**options, **wanted, **secure, **_credentials(user)}
    return Redis.from_pool(_Pool(master, sentinel, **wanted))


def _address(host: str) -> tuple[str, int]:
    parts = urlsplit(f"//{host}")
    if not parts.hostname:
        raise ValueError("expected the hosts of Sentinels, with commas between them")
    return parts.hostname, parts.port or SENTINEL_PORT


def _credentials(user: str) -> dict[str, str]:
    name, _, password = user.partition(":")
    return {key: unquote(value) for key, value in (("username", name), ("password", password)) if value}


class _Pool(SentinelConnectionPool):
    """A pool that also closes its connections to the Sentinels, which redis-py leaves open."""

    sentinel_manager: Sentinel

    async def aclose(self) -> None:
        await super().aclose()
        for each in cast("Sequence[Redis]", self.sentinel_manager.sentinels):  # pyright: ignore[reportUnknownMemberType]
            await each.aclose()
