"""Limits of the HTTP server: endless requests, silent connections, and too many connections."""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import suppress

import pytest
import pytest_asyncio
from structlog.testing import capture_logs

from bot.runtime import http_limits
from bot.slack_app.http_events import BODY_MAX
from sandbox.slack.delivery.http import sign
from tests.bot.strangers import HALF, PROBE, SECRET, Door, chunk, claim, opened, request

pytestmark = pytest.mark.asyncio(loop_scope="module")
PATHS = ("/slack/events", "/healthz", "/readyz", "/metrics", "/slow", "/nowhere")


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def server() -> AsyncGenerator[Door]:
    """Run one server for all tests: uvicorn takes a fifth of a second to stop."""
    async with opened() as door:
        yield door


@pytest_asyncio.fixture(loop_scope="module")
async def door(server: Door) -> AsyncGenerator[Door]:
    yield server
    await server.leave()
    assert not server.connections.waiting
    assert not server.connections.idle
    assert server.connections.held == 0


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the timeout of a request."""
    monkeypatch.setattr(http_limits, "REQUEST_S", 0.2)


ODD_LENGTHS = [
    (b"Content-Length: 1", b"Content-Length: 2"),
    (b"Content-Length: 1, 2",),
    (b"Content-Length: -1",),
    (b"Content-Length: 0x10",),
    (b"Content-Length: " + b"9" * 5_000,),
    (b"Transfer-Encoding: gzip, chunked",),
    (b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
]
ODD_TIMES = (b"soon", b"-1", b"", b"9" * 5_000, b"1_000", b"\xb2", b"\xd9\xa1", b"%d" % (time.time() - 400), b"1e9")
ODD_SIGNATURES = (b"", b"v0=" + b"0" * 63, b"v0=" + b"G" * 64, b"v0=\xc3\xa9" + b"0" * 62)
SIGNATURE = b"X-Slack-Signature: v0=%s\r\n" % (b"0" * 64)


def odd_claims() -> list[bytes]:
    """Return headers of strangers who do not know Slack's format."""
    time_stamp = b"X-Slack-Request-Timestamp: %d\r\n" % time.time()
    return [
        b"",
        SIGNATURE,
        time_stamp,
        SIGNATURE + time_stamp + SIGNATURE,
        SIGNATURE + time_stamp + time_stamp,
        *(time_stamp + b"X-Slack-Signature: %s\r\n" % odd for odd in ODD_SIGNATURES),
        *(SIGNATURE + b"X-Slack-Request-Timestamp: %s\r\n" % odd for odd in ODD_TIMES),
    ]


class TestTwoLengths:
    async def test_a_body_with_two_lengths_is_refused(self, door: Door) -> None:
        for path in PATHS:
            both = request(path, claim(), b"Content-Length: 10", b"Transfer-Encoding: chunked")
            assert (await door.asks(both + chunk(b"x" * 10))).startswith(b"HTTP/1.1 400 "), path

    async def test_the_order_and_the_spelling_do_not_matter(self, door: Door) -> None:
        both = request("/slack/events", claim(), b"transfer-ENCODING: Chunked", b"CONTENT-length: 0")
        assert (await door.asks(both)).startswith(b"HTTP/1.1 400 ")

    async def test_chunks_of_http_1_0_are_refused(self, door: Door) -> None:
        old = request("/slack/events", claim(), b"Transfer-Encoding: chunked", version="1.0")
        assert (await door.asks(old)).startswith(b"HTTP/1.1 400 ")

    async def test_an_odd_length_is_refused(self, door: Door) -> None:
        for headers in ODD_LENGTHS:
            answer = await door.asks(request("/slack/events", claim(), *headers))
            assert answer.startswith(b"HTTP/1.1 400 "), headers


class TestUnsigned:
    async def test_it_is_refused_before_its_body_is_read(self, door: Door) -> None:
        """The announced body is never sent."""
        for headers in odd_claims():
            peer = await door.peer()
            await peer.send(request("/slack/events", headers, b"Content-Length: 1000"))
            assert await peer.status() == 401, headers

    async def test_its_body_is_not_requested(self, door: Door) -> None:
        peer = await door.peer()
        await peer.send(request("/slack/events", b"Content-Length: 1000", b"Expect: 100-continue"))
        assert await peer.status() == 401

    async def test_a_large_body_is_refused_before_it_is_read(self, door: Door) -> None:
        peer = await door.peer()
        await peer.send(request("/slack/events", claim(), b"Content-Length: %d" % (BODY_MAX + 1)))
        assert await peer.status() == 413

    async def test_a_compressed_body_is_not_decompressed(self, door: Door) -> None:
        peer = await door.peer()
        await peer.send(
            request("/slack/events", claim(), b"Content-Length: 3", b"Content-Encoding: gzip") + b"\x1f\x8b"
        )
        await peer.send(b"\x08")
        assert await peer.status() == 401

    async def test_it_is_logged_once_a_minute(self) -> None:
        async with opened() as door:
            await self._ask_often(door)

    async def _ask_often(self, door: Door) -> None:
        with capture_logs() as told:
            for _ in range(50):
                peer = await door.peer()
                await peer.send(request("/slack/events", claim(), b"Content-Length: 1") + b"x")
                assert await peer.status() == 401
        assert len([line for line in told if line["log_level"] == "warning"]) == 1


async def test_chunks_of_slack_are_read(door: Door) -> None:
    """A proxy may forward Slack's requests in chunks."""
    body, now = b"ssl_check=1&token=x", int(time.time())
    headers = b"X-Slack-Request-Timestamp: %d\r\nX-Slack-Signature: %s" % (now, sign(body, now, SECRET).encode())
    peer = await door.peer()
    await peer.send(request("/slack/events", headers, b"Transfer-Encoding: chunked"))
    for at in range(len(body)):
        await peer.send(chunk(body[at : at + 1]))
    await peer.send(chunk(b""))
    assert await peer.status() == 200


WAYS = {
    "a length that is huge": (b"Content-Length: 1000000000000", b"x" * 65_536),
    "chunks": (b"Transfer-Encoding: chunked", chunk(b"x" * 65_536)),
    "many small chunks": (b"Transfer-Encoding: chunked", chunk(b"x") * 8_000),
    "more about chunks than in them": (b"Transfer-Encoding: chunked", chunk(b"x", b";" + b"e" * 10_000)),
    "parts": (
        b'Content-Type: multipart/form-data; boundary="b"\r\nTransfer-Encoding: chunked',
        chunk(b"--b\r\n" * 999),
    ),
}


@pytest.mark.parametrize("way", WAYS)
async def test_a_body_without_an_end_is_not_read(door: Door, way: str) -> None:
    """The limit counts received bytes, not the header, and holds at each address."""
    header, body = WAYS[way]
    for path in PATHS:
        peer = await door.peer()
        await peer.send(request(path, claim(), header))
        await peer.pours(body)


async def test_chunks_of_one_byte_are_limited(door: Door) -> None:
    """Each costs as much as one of a kilobyte: a megabyte of them would delay others for seconds."""
    peer = await door.peer()
    await peer.send(request("/slack/events", claim(), b"Transfer-Encoding: chunked"))
    await peer.send(chunk(b"x") * 5_000)
    assert await peer.status() == 400


async def test_a_body_that_is_too_large_gets_an_error(door: Door) -> None:
    peer = await door.peer()
    await peer.send(request("/slack/events", claim(), b"Transfer-Encoding: chunked"))
    await peer.send(chunk(b"x" * (BODY_MAX + 1)))
    assert await peer.status() == 413


async def test_headers_without_an_end_are_not_read(door: Door) -> None:
    peer = await door.peer()
    await peer.send(HALF)
    await peer.pours(b"x" * 8_192)


async def test_a_long_address_is_refused(door: Door) -> None:
    assert (await door.asks(b"GET /" + b"x" * 100_000)).startswith((b"HTTP/1.1 400 ", b""))
    assert await door.lives()


@pytest.mark.usefixtures("soon")
class TestSlow:
    async def test_half_a_request_times_out(self, door: Door) -> None:
        half_a_body = request("/slack/events", claim(), b"Content-Length: 10") + b"x"
        some_chunks = request("/slack/events", claim(), b"Transfer-Encoding: chunked") + chunk(b"x")
        answers = await asyncio.gather(*map(door.asks, (HALF, half_a_body, some_chunks, b"")))
        assert [answer[:13] for answer in answers] == [b"HTTP/1.1 408 "] * 3 + [b""]

    async def test_single_bytes_do_not_extend_the_timeout(self, door: Door) -> None:
        peer = await door.peer()

        async def trickles() -> None:
            while True:
                await peer.send(b"x")
                await asyncio.sleep(0.01)

        await peer.send(HALF)
        sending = asyncio.create_task(trickles())
        assert (await peer.rest()).startswith((b"HTTP/1.1 408 ", b""))
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)

    async def test_an_answer_that_is_not_read_times_out(self, door: Door) -> None:
        peer = await door.peer()
        peer.writer.transport.pause_reading()  # pyright: ignore[reportAttributeAccessIssue]
        await peer.send(request("/large", method="GET") + PROBE)
        await door.until(lambda: len(door.connections.connections) == 1)
        await door.until(lambda: not door.connections.connections)

    async def test_work_has_no_timeout(self, door: Door) -> None:
        peer, other = await door.peer(), await door.peer()
        await peer.send(request("/slow", method="GET"))
        await other.send(HALF)
        await other.rest()  # longer than the timeout of a request
        door.go_on.set()
        assert await peer.status() == 200

    async def test_each_request_has_its_own_timeout(self, door: Door) -> None:
        peer = await door.peer()
        await peer.send(PROBE)
        assert await peer.status() == 200
        await peer.send(request("/slow", method="GET"))
        assert (await door.asks(HALF)).startswith(b"HTTP/1.1 408 ")  # longer than the timeout of a request
        door.go_on.set()
        assert await peer.status() == 200
        await peer.send(PROBE)
        assert await peer.status() == 200


class TestMany:
    @pytest.fixture(autouse=True)
    def few(self, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(door.connections, "most", 8)
        monkeypatch.setattr(http_limits, "HELD_MAX", 100_000)

    async def test_the_longest_waiting_connections_are_closed(self, door: Door) -> None:
        halves = (HALF, request("/slack/events", claim(), b"Content-Length: 10"), PROBE)
        peers = [await door.peer() for _ in range(40)]
        for number, peer in enumerate(peers):
            with suppress(ConnectionError):
                await peer.send(halves[number % len(halves)])
        assert await door.lives()
        await asyncio.gather(*(peer.rest() for peer in peers[:30]))
        await door.until(lambda: len(door.connections.connections) <= 8)
        assert b"too many connections" in door.metrics.text()

    async def test_half_open_connections_do_not_close_an_idle_one(self, door: Door) -> None:
        kept = await door.peer()
        await kept.send(PROBE)
        assert await kept.status() == 200
        for _ in range(40):
            await (await door.peer()).send(HALF)
        assert await door.lives()
        await kept.send(PROBE)
        assert await kept.status() == 200

    async def test_idle_connections_do_not_close_a_new_one(self, door: Door) -> None:
        early = await door.peer()
        await early.send(HALF)
        await door.until(lambda: door.connections.held > 0)
        for _ in range(40):
            assert await door.lives()
        await early.send(b"\r\n\r\n")
        assert await early.status() == 401

    async def test_connections_with_a_running_request_stay(self, door: Door) -> None:
        busy = [await door.peer() for _ in range(4)]
        for peer in busy:
            await peer.send(request("/slow", method="GET"))
        await door.until(lambda: len(door.connections.tasks) == 4)
        for _ in range(20):
            await (await door.peer()).send(HALF)
        assert await door.lives()
        door.go_on.set()
        assert [await peer.status() for peer in busy] == [200] * 4

    async def test_the_next_connection_is_refused_if_all_are_running_requests(self, door: Door) -> None:
        for _ in range(8):
            await (await door.peer()).send(request("/slow", method="GET"))
        await door.until(lambda: len(door.connections.tasks) == 8)
        assert await door.asks(PROBE) == b""
        door.go_on.set()
        await door.until(lambda: not door.connections.tasks)
        assert await door.lives()

    async def test_held_bytes_are_limited(self, door: Door) -> None:
        for _ in range(6):
            peer = await door.peer()
            await peer.send(request("/slack/events", claim(), b"Content-Length: 90000") + b"x" * 60_000)
            await door.until(lambda: door.connections.held <= 100_000)
        assert await door.lives()
        assert b"too many bytes of incomplete requests" in door.metrics.text()

    async def test_connections_with_many_bytes_do_not_close_one_with_few(self, door: Door) -> None:
        small = await door.peer()
        await small.send(HALF)
        await door.until(lambda: door.connections.held > 0)
        for _ in range(6):
            peer = await door.peer()
            await peer.send(request("/slack/events", claim(), b"Content-Length: 90000") + b"x" * 60_000)
            await peer.send(b"x" * 20_000)
        assert await door.lives()
        assert b"too many bytes of incomplete requests" in door.metrics.text()
        await small.send(b"\r\n\r\n")
        assert await small.status() == 401

    async def test_pipelined_requests_wait_at_the_sender(self, door: Door) -> None:
        peer = await door.peer()
        peer.writer.write(request("/slow", method="GET"))
        peer.writer.write(PROBE * 1_000_000)
        for _ in range(3):
            assert await door.lives()
        assert peer.writer.transport.get_write_buffer_size() > 10_000_000
        peer.writer.transport.abort()

    async def test_a_few_pipelined_requests_are_answered(self, door: Door) -> None:
        peer = await door.peer()
        await peer.send(PROBE * 3)
        assert [await peer.status() for _ in range(3)] == [200] * 3


JUNK = [
    b"\x16\x03\x01\x02\x00\x01",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /healthz HTTP/1.1\r\n\r\n",
    request("/nowhere", b"Transfer-Encoding: chunked") + b"nonsense\r\n",
    request("/slack/events", claim(), b"Transfer-Encoding: chunked") + b"nonsense\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    request("/healthz", b"Upgrade: websocket", b"Connection: Upgrade", method="GET") + b"\xff" * 100,
    request("bot:443", method="CONNECT") + b"\xff" * 100,
]


async def test_junk_is_refused_without_a_traceback(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    for junk in JUNK:
        peer = await door.peer()
        await peer.send(junk)
        with suppress(ConnectionError):
            await peer.send(b"and more of it")
            peer.writer.write_eof()
        await peer.rest()
    assert await door.lives()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR or record.exc_info] == []


async def test_a_server_that_stops_does_not_wait_for_half_a_request() -> None:
    async with opened() as door:
        peer = await door.peer()
        await peer.send(HALF)
        await door.until(lambda: door.connections.held > 0)
    assert not door.connections.connections


async def test_connections_are_half_of_the_open_files(monkeypatch: pytest.MonkeyPatch) -> None:
    def limits(files: int) -> int:
        def allowed(_: int) -> tuple[int, int]:
            return files, files

        monkeypatch.setattr("resource.getrlimit", allowed)
        return http_limits.connections_max()

    assert [limits(files) for files in (1_024, 256, 1_000_000, -1, 1)] == [512, 128, 512, 512, 1]
