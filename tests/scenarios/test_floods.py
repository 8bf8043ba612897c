"""Strangers flood the address that Slack calls. The bot is a separate process."""

import asyncio
import json
import os
import resource
import signal
import sys
import time
from asyncio.subprocess import Process
from collections.abc import AsyncGenerator, Generator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
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
ROUNDS = 5
PROBES = 20
HALF = b"POST /slack/events HTTP/1.1\r\nHost: bot\r\nX-Half: "


@dataclass
class Bot:
    """`callboard serve` as a separate process."""

    port: int
    admin_port: int
    process: Process
    log: Path

    def memory(self, field: str) -> int:
        """Bytes of the process in memory: now (VmRSS) or at most (VmHWM); see proc(5)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return 1024 * int(next(line.split()[1] for line in status.splitlines() if line.startswith(f"{field}:")))

    def forget_the_most(self) -> None:
        """Reset VmHWM, so that it counts from now on."""
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    async def ready(self) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while b'"ready"' not in self.log.read_bytes():  # noqa: ASYNC110  # a file
                await asyncio.sleep(0.05)

    async def answers(self, times: int) -> None:
        """Wait until the bot answered several probes. Then it has read everything sent before."""
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.admin_port}") as probe:
            for _ in range(times):
                assert (await probe.get("/healthz", headers={"connection": "close"})).text == "ok\n"


async def hang_up(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def pour(port: int, head: bytes, part: bytes, size: int, stack: AsyncExitStack) -> None:
    """Send a request of this size while the bot accepts it, and stay connected."""
    with suppress(ConnectionError):
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        stack.push_async_callback(hang_up, writer)
        writer.write(head)
        for _ in range(size // len(part)):
            writer.write(part)
            await writer.drain()


@asynccontextmanager
async def serving(file: Path, port: int, admin_port: int) -> AsyncGenerator[Bot]:
    """Run the bot with the usual limit of files while the block runs."""
    log = file.with_suffix(".log")
    command = f'ulimit -n {FILES}; exec "$@"'
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *("sh", "-c", command, "sh", sys.executable, "-m", "callboard", "serve", "--config", str(file)),
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
    """Return the ports for Slack's calls and for probes."""
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
    """Raise the limit of files: this process has the other end of every connection."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8 * FILES, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def endless(paths: Sequence[bytes]) -> Iterator[tuple[str, bytes, bytes]]:
    """Endless requests: a name, their headers, and a part of the body."""
    claims = b"X-Slack-Request-Timestamp: %d\r\nX-Slack-Signature: v0=%s\r\n" % (time.time(), b"0" * 64)
    plain, large, small = b"x" * 50_000, chunk(b"x" * 50_000), chunk(b"x") * 8_000
    length, chunks = b"Content-Length: %d\r\n", b"Transfer-Encoding: chunked\r\n"
    bodies = {
        "a huge length": (length % SENT, plain),
        "a length just small enough": (length % MB, plain),
        "chunks": (chunks, large),
        "small chunks": (chunks, small),
        "two lengths": (length % 10 + chunks, large),
    }
    for path in paths:
        for said, (headers, part) in bodies.items():
            head = b"POST %s HTTP/1.1\r\nHost: bot\r\n%s%s\r\n" % (path, claims, headers)
            yield f"{path.decode()} with {said}", head, part


@pytest.mark.parametrize("ports", ["one port"], indirect=True)
@pytest.mark.heavy("sends a process hundreds of megabytes, and measures what it holds")
@pytest.mark.parametrize(("connections", "paths"), [(1, [b"/slack/events", b"/nowhere"]), (200, [b"/slack/events"])])
async def test_what_is_not_signed_is_not_held(scene: Scene, bot: Bot, connections: int, paths: Sequence[bytes]) -> None:
    await scene.dana.types("/jobs list video-ocr")
    held: dict[str, int] = {}
    for what, head, part in endless(paths):
        bot.forget_the_most()
        before = bot.memory("VmRSS")
        async with AsyncExitStack() as stack:
            size = SENT // connections - len(part)
            await asyncio.gather(*(pour(bot.port, head, part, size, stack) for _ in range(connections)))
            await bot.answers(PROBES)
            held[what] = bot.memory("VmHWM") - before
    assert not {what: most for what, most in held.items() if most >= HELD_MAX}
    assert (await scene.dana.types("/jobs list video-ocr")).says("video-ocr")
    assert bot.log.stat().st_size < LOG_MAX


class Crowd:
    """Strangers with half a header each, who reconnect when they are closed."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.connected = 0

    async def stay(self) -> None:
        while True:
            with suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
                self.connected += 1
                try:
                    writer.write(HALF)
                    await reader.read()
                finally:
                    await hang_up(writer)
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
            while crowd.connected < CONNECTED + FILES // 2:  # noqa: ASYNC110  # they notify of nothing
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
