"""Receives the body of a response: decodes it as it arrives, and rejects one that is too large."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator

import httpx

from providers.errors import Malformed

BODY_MAX_MB = 20
"""The largest body in megabytes, sent and decoded. 100 jobs with long results have less than 1."""
VALUES_MAX = 1_000_000
"""The most values of a body. An empty object has 2 bytes there, and 64 in memory."""
ACCEPTED = ("gzip", "deflate")
"""The codings that requests accept and responses are decoded from."""
_BEFORE_VALUES = (b",", b"[", b"{")
"""The characters before a JSON value in a list, or before a key."""
_PIECE = 65_536
"""The most bytes decoded in one step, however short their compressed data is."""


async def receive(response: httpx.Response) -> None:
    """Read the whole body of a response, decoded.

    Raises Malformed for a body of more than BODY_MAX_MB or VALUES_MAX, and for one that cannot be decoded. At most that
    much is held: 1 kB of gzip can decode to 1 MB, and 1 MB of JSON to 30 MB of objects.
    """
    if isinstance(response.stream, httpx.AsyncByteStream) and not response.is_stream_consumed:
        response.stream = _Bounded(response.stream, response.headers.pop("content-encoding", ""))
    body = await response.aread()
    if len(body) > VALUES_MAX and sum(map(body.count, _BEFORE_VALUES)) > VALUES_MAX:
        raise Malformed(f"a response of more than {VALUES_MAX} values", code="too_large", retryable=False)


class _Bounded(httpx.AsyncByteStream):
    """The body of a response in decoded pieces; `named` is its Content-Encoding."""

    def __init__(self, sent: httpx.AsyncByteStream, named: str) -> None:
        self._sent = sent
        self._codings = [coding for each in named.lower().split(",") if (coding := _coding(each)) in ACCEPTED]

    def __aiter__(self) -> AsyncIterator[bytes]:
        sent = _limited(self._sent)
        if len(self._codings) > 1:
            raise Malformed("a response that is compressed more than once")
        return _limited(_inflated(sent, *self._codings)) if self._codings else sent

    async def aclose(self) -> None:
        await self._sent.aclose()


def _coding(coding: str) -> str:
    return coding.strip().removeprefix("x-")


async def _limited(pieces: AsyncIterable[bytes]) -> AsyncGenerator[bytes]:
    left = BODY_MAX_MB * 1_000_000
    async for piece in pieces:
        left -= len(piece)
        if left < 0:
            raise Malformed(f"a response of more than {BODY_MAX_MB} MB", code="too_large", retryable=False)
        yield piece


async def _inflated(sent: AsyncIterable[bytes], coding: str) -> AsyncGenerator[bytes]:
    """Decode piece by piece, and let other tasks run between the pieces."""
    inflate = None
    try:
        async for data in sent:
            inflate = inflate or zlib.decompressobj(_format(coding, data))
            while data and not inflate.eof:
                yield inflate.decompress(data, _PIECE)
                if data := inflate.unconsumed_tail:  # the rest of the data
                    await asyncio.sleep(0)
        if inflate:
            yield inflate.flush()
    except zlib.error:
        raise Malformed("a response that cannot be decompressed") from None


def _format(coding: str, data: bytes) -> int:
    """Return zlib's window size for a coding. Some servers send `deflate` without the header of RFC 9110."""
    if coding == "gzip":
        return 16 + zlib.MAX_WBITS
    return zlib.MAX_WBITS if data[:1] and data[0] & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS
