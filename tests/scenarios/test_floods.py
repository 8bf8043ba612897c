"""Strangers who flood the address that Slack calls: the bot is a process of its own, as operators run it."""

import asyncio
import json
import os
import resource
import signal
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.ports import FreePort
from tests.scenarios.conftest import Scene
from tests.scenarios.person import PATIENCE_S

pytestmark = pytest.mark.mode("http")

MB = 1_000_000
FILES = 1_024
"""The usual limit of open files (`ulimit -n`)."""
CONNECTED = 1_100
SENT = 200 * MB
HELD_MAX = 20 * MB
LOG_MAX = MB
AT_ONCE = 40
ROUNDS = 8
HALF = b"POST /slack/events HTTP/1.1\r\nHost: bot\r\nX-Half: "


@dataclass
class Bot:
    """`callboard serve` as a process of its own."""

    port: int
    admin_port: int
    process: Process
    log: Path

    def memory(self, field: str) -> int:
        """Bytes that the process has in memory now (VmRSS), or had at most (VmHWM); see proc(5)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith(f"{field}:")))

    def forget_the_most(self) -> None:
        """Let VmHWM count from now on."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    async def ready(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while b'"ready"' not in self.log.read_bytes():  # noqa: ASYNC110  # a file
                await asyncio.sleep(0.05)

    async def pour(self, head: bytes, part: bytes, parts: int) -> int:
        """Send a request of many parts from a connection of its own; return how many bytes were taken."""
        sent = 0
        with suppress(ConnectionError):
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
            try:
                for data in (head, *[part] * parts):
                    writer.write(data)
                    await writer.drain()
                    sent += len(data)
            finally:
                writer.transport.abort()
        return sent


@asynccontextmanager
async def serving(file: Path, port: int, admin_port: int) -> AsyncGenerator[Bot]:
    """Run it with the usual limit of files while the block runs."""
    log = file.with_suffix(".log")
    command = f'ulimit -n {FILES}; exec "$@"'
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *("sh", "-c", command, "sh", sys.executable, "-m", "bot.cli", "serve", "--config", str(file)),
            stdout=output,
            stderr=output,
            env=os.environ,
        )
    bot = Bot(port, admin_port, process, log)
    try:
        await bot.ready()
        yield bot
    finally:
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_S):
            await process.wait()


@pytest.fixture(params=["probes apart", "one port"])
def ports(request: pytest.FixtureRequest, free_port: FreePort) -> tuple[int, int]:
    """Where Slack calls, and where probes do."""
    port = free_port()
    return port, (free_port() if request.param == "probes apart" else port)


def configure(file: Path, port: int, admin_port: int) -> None:
    apart = "" if port == admin_port else f"\nadmin_port = {admin_port}"
    file.write_text(file.read_text().replace("port = 0 ", f"port = {port}{apart} "))


@pytest.fixture
async def bot(scene: Scene, settings_file: Path, ports: tuple[int, int]) -> AsyncGenerator[Bot]:
    port, admin_port = ports
    configure(settings_file, port, admin_port)
    async with serving(settings_file, port, admin_port) as bot:
        assert scene.balancer
        scene.balancer.add(bot.port)
        yield bot


@pytest.fixture
def many_files() -> Generator[None]:
    """This process has the other end of every connection."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8 * FILES, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def heads() -> Iterator[tuple[str, bytes]]:
    """Requests whose body never ends, by what they say of its length."""
    claims = b"X-Slack-Request-Timestamp: %d\r\nX-Slack-Signature: v0=%s\r\n" % (time.time(), b"0" * 64)
    lengths = {
        "huge": b"Content-Length: 200000000\r\n",
        "just small enough": b"Content-Length: 1000000\r\n",
        "none": b"Transfer-Encoding: chunked\r\n",
        "two": b"Content-Length: 10\r\nTransfer-Encoding: chunked\r\n",
    }
    for path in ("/slack/events", "/nowhere"):
        for said, length in lengths.items():
            yield (
                f"{path}, length: {said}",
                f"POST {path} HTTP/1.1\r\nHost: bot\r\n".encode() + claims + length + b"\r\n",
            )


@pytest.mark.parametrize("ports", ["one port"], indirect=True)
@pytest.mark.heavy("sends a process hundreds of megabytes, and measures what it holds")
async def test_what_is_not_signed_is_not_held(scene: Scene, bot: Bot) -> None:
    await scene.dana.types("/jobs list video-ocr")
    for what, head in heads():
        for part in (b"x" * 65_536, chunk(b"x" * 65_536), chunk(b"x") * 10_000):
            await bot.pour(head, part, 2)  # what is imported and allocated once
            bot.forget_the_most()
            before, sent = bot.memory("VmRSS"), 0
            while sent < SENT / 8:
                sent += sum(await asyncio.gather(*(bot.pour(head, part, 15) for _ in range(AT_ONCE))))
            assert bot.memory("VmHWM") - before < HELD_MAX, what
    assert (await scene.dana.types("/jobs list video-ocr")).says("video-ocr")
    assert bot.log.stat().st_size < LOG_MAX


class Crowd:
    """Strangers with half a header each, who come back as soon as they are thrown out."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.begun = 0
        self.open = 0

    async def stay(self) -> None:
        while True:
            with suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                self.begun += 1
                self.open += 1
                try:
                    writer.write(HALF)
                    await reader.read()
                finally:
                    self.open -= 1
                    writer.transport.abort()
            await asyncio.sleep(0.2)


@asynccontextmanager
async def crowded(port: int) -> AsyncGenerator[Crowd]:
    crowd = Crowd(port)
    strangers = [asyncio.create_task(crowd.stay()) for _ in range(CONNECTED)]
    try:
        yield crowd
    finally:
        for stranger in strangers:
            stranger.cancel()
        await asyncio.gather(*strangers, return_exceptions=True)


@pytest.mark.heavy("opens more connections than a process may have files")
async def test_commands_are_answered_among_half_open_connections(scene: Scene, bot: Bot, many_files: None) -> None:
    del many_files
    async with crowded(bot.port) as crowd, httpx.AsyncClient() as probe:
        async with asyncio.timeout(PATIENCE_S):
            while crowd.begun < 2 * CONNECTED:  # noqa: ASYNC110  # they report nothing by themselves
                await asyncio.sleep(0.05)
        for _ in range(ROUNDS):
            assert (await scene.dana.types("/jobs list video-ocr")).says("video-ocr")
            probed = await probe.get(f"http://127.0.0.1:{bot.admin_port}/healthz")
            assert (probed.status_code, probed.text) == (200, "ok\n")
        assert "too many connections" in (await probe.get(f"http://127.0.0.1:{bot.admin_port}/metrics")).text
    assert not [each for each in scene.dana.workspace.feed.notices if "failed with the error" in each.text]
    assert bot.log.stat().st_size < LOG_MAX
    events = [json.loads(line)["event"] for line in bot.log.read_text().splitlines()]
    assert events.count("closed an HTTP connection: too many connections") == 1
