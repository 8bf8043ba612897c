"""A cloud's responses are decoded as they arrive, within limits of size and time."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from bench.processes import process
from providers.errors import Malformed, ProviderError, Unavailable
from providers.http.bodies import BODY_MAX_MB, VALUES_MAX
from providers.http.transport import ApiReply
from providers.registry import http_client
from tests.providers.http.test_connections import Behaviour, serving, transport
from tests.providers.http.test_transport import Cloud

pytestmark = pytest.mark.usefixtures("no_backoff")

JSON = b'{"tasks": [' + b"1, " * 50_000 + b'1], "RequestId": "4711"}'
LIMIT = BODY_MAX_MB * 1_000_000
UNFOLDED_MB = 300


def bare_deflate(data: bytes) -> bytes:
    squeeze = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return squeeze.compress(data) + squeeze.flush()


SQUEEZED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "its old name": ("x-gzip", gzip.compress),
    "deflate": ("Deflate", zlib.compress),
    "bare deflate": ("deflate", bare_deflate),
    "nothing": ("identity", bytes),
}


class Sending(Cloud):
    """Sends one body in pieces, and counts the bytes that were read."""

    def __init__(self, body: bytes, coding: str = "identity", status: int = 200, *, piece: int = 16_384) -> None:
        super().__init__()
        self.taken = 0
        self._body, self._coding, self._status, self._piece = body, coding, status, piece

    def _answer(self, request: httpx.Request) -> httpx.Response:  # noqa: ARG002  # the same for each request
        self.requests.append((None, {}))
        return httpx.Response(self._status, headers={"content-encoding": self._coding}, content=self._pieces())

    async def _pieces(self) -> AsyncGenerator[bytes]:
        for start in range(0, len(self._body), self._piece):
            piece = self._body[start : start + self._piece]
            self.taken += len(piece)
            yield piece


@pytest.mark.parametrize("piece", [1, 1_000, 1_000_000])
@pytest.mark.parametrize(("coding", "squeeze"), SQUEEZED.values(), ids=SQUEEZED)
async def test_an_honest_answer_is_read_however_it_is_sent(coding: str, squeeze: Callable[[bytes], bytes], piece: int):
    reply: ApiReply = await Sending(squeeze(JSON), coding, piece=piece).send()
    assert len(reply.json["tasks"]) == 50_001
    assert reply.request_id == "4711"


@pytest.mark.parametrize(("coding", "status"), [("gzip", 200), ("deflate", 400), ("bare deflate", 503)])
async def test_a_body_that_decodes_beyond_the_limit_is_refused_immediately(coding: str, status: int):
    name, squeeze = SQUEEZED[coding]
    cloud = Sending(squeeze(b" " * (3 * LIMIT)), name, status, piece=1_000)
    with pytest.raises(Malformed) as caught:
        await cloud.send()
    assert (caught.value.code, caught.value.message) == ("too_large", f"a response of more than {BODY_MAX_MB} MB")
    assert (caught.value.account, caught.value.retryable, len(cloud.requests)) == ("media-cn", False, 1)
    assert cloud.taken < len(cloud._body) / 2  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("value", [b"{}", b'{"a":[]}'])
async def test_a_body_with_too_many_values_is_refused_before_they_are_read(value: bytes):
    body = b'{"tasks": [' + b",".join([value] * (LIMIT // (len(value) + 1) - 10)) + b"]}"
    cloud = Sending(gzip.compress(body, 1), "gzip")
    with pytest.raises(Malformed) as caught:
        await cloud.send()
    assert (caught.value.code, caught.value.message) == ("too_large", f"a response of more than {VALUES_MAX} values")
    assert (caught.value.retryable, len(cloud.requests)) == (False, 1)


@pytest.mark.parametrize("coding", ["identity", "gzip"])
async def test_the_compressed_body_has_the_same_limit(coding: str):
    """Bytes after the compressed data, and a plain body."""
    cloud = Sending(gzip.compress(b"{}") + bytes(2 * LIMIT), coding)
    with pytest.raises(Malformed):
        await cloud.send()
    assert LIMIT < cloud.taken < LIMIT + 100_000


async def test_an_answer_that_is_compressed_twice_is_refused():
    with pytest.raises(Malformed, match="compressed more than once"):
        await Sending(gzip.compress(gzip.compress(JSON)), "gzip, gzip").send()


@pytest.mark.parametrize("body", [b"{}", gzip.compress(JSON, mtime=0)[:20] + b"\xff" * 1_000])
async def test_an_invalid_compressed_body_is_malformed(body: bytes):
    with pytest.raises(Malformed, match="cannot be decompressed"):
        await Sending(body, "gzip").send()


async def send_without_end(writer: asyncio.StreamWriter, chunk: bytes, *, pause_s: float = 0) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    with suppress(ConnectionError):
        while not writer.is_closing():
            writer.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
            await writer.drain()
            await asyncio.sleep(pause_s)


async def drips(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send one byte now and then, forever: no read ever waits for long."""
    await reader.readuntil(b"\r\n\r\n")
    await send_without_end(writer, b" ", pause_s=0.01)


async def test_an_answer_in_drops_is_a_timeout(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("providers.http.transport.ATTEMPT_S", 0.1)
    async with serving(drips) as (url, _), http_client() as client:
        with pytest.raises(Unavailable) as caught:
            await transport(client).send(client.build_request("GET", url))
    assert caught.value.code == "timeout"


class Held(NamedTuple):
    """The outcome of a response, and the growth of the process's peak memory in bytes."""

    code: str
    grown: int


def ask(parent: Connection, urls: list[str]) -> None:
    """Request each URL in a new process. Memory counts from the first, honest response on."""
    parent.send(asyncio.run(_asked(urls)))


async def _asked(urls: list[str]) -> list[Held]:
    async with http_client() as client:
        held: list[Held] = []
        before = 0
        for url in urls:
            try:
                await transport(client).send(client.build_request("GET", url))
                code = "answered"
            except ProviderError as error:
                code = error.code
            before = before or _most_held()
            held.append(Held(code, _most_held() - before))
        return held


def _most_held() -> int:
    """Return the peak memory of this process in bytes; `ru_maxrss` begins with its parent's."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def _squeezed(wbits: int, megabytes: int) -> bytes:
    squeeze = zlib.compressobj(wbits=wbits)
    return b"".join(squeeze.compress(bytes(1_000_000)) for _ in range(megabytes)) + squeeze.flush()


def bombs() -> Behaviour:
    """Return a cloud whose responses decode to hundreds of megabytes, or never finish, by path."""
    gzipped = _squeezed(16 + zlib.MAX_WBITS, UNFOLDED_MB)
    bodies = {
        b"/honest": ("200 OK", "gzip", gzip.compress(JSON)),
        b"/gzip": ("200 OK", "gzip", gzipped),
        b"/refusal": ("503 Service Unavailable", "gzip", gzipped),
        b"/deflate": ("200 OK", "deflate", _squeezed(zlib.MAX_WBITS, UNFOLDED_MB)),
        b"/bare": ("200 OK", "deflate", _squeezed(-zlib.MAX_WBITS, UNFOLDED_MB)),
        b"/twice": ("200 OK", "gzip, gzip", gzip.compress(gzipped)),
    }

    async def send(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1]
        if path == b"/endless":
            await send_without_end(writer, bytes(65_536))
            return
        status, coding, body = bodies[path]
        head = f"HTTP/1.1 {status}\r\nContent-Encoding: {coding}\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        with suppress(ConnectionError):  # it is refused before all of it is sent
            await writer.drain()

    return send


@pytest.mark.heavy("measures the memory of a process that is sent 300 MB at a time")
async def test_a_body_of_hundreds_of_megabytes_is_refused_with_little_held():
    kinds = ["honest", "gzip", "refusal", "deflate", "bare", "twice", "endless", "honest"]
    async with serving(bombs()) as (url, _):
        with process(ask, [f"{url}/{kind}" for kind in kinds]) as asked:
            held: list[Held] = await asyncio.to_thread(asked.recv)
    codes = dict(zip(kinds, (one.code for one in held), strict=True))
    assert codes == {**dict.fromkeys(kinds, "too_large"), "honest": "answered", "twice": "malformed"}
    assert max(one.grown for one in held) < 60_000_000, held
