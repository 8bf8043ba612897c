"""Receives the body of an answer: decoded as it arrives, and refused where it is larger than any honest one."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterator

import httpx

from providers.errors import Malformed

BODY_MAX_MB = 20
"""Megabytes of a body, as it is sent and as it is decoded; 100 jobs with long results have less than 1."""
ACCEPTED = ("gzip", "deflate")
"""The codings that are asked for, and decoded."""
_PIECE = 65_536
"""Bytes that are decoded at once, however short the data that they come from."""


async def received(response: httpx.Response) -> httpx.Response:
    """Return a response with its whole body, decoded.

    Raises Malformed for a body of more than BODY_MAX_MB, and for one that cannot be decoded. Of what is refused no
    more than that is held: 1 kB of gzip can stand for 1 MB.
    """
    if response.is_stream_consumed:  # it was made in this process, with its body
        return response
    body = b"".join([piece async for piece in _decoded(response)])
    headers = [(name, value) for name, value in response.headers.raw if name.lower() != b"content-encoding"]
    return httpx.Response(
        response.status_code, headers=headers, content=body, request=response.request, extensions=response.extensions
    )


def _decoded(response: httpx.Response) -> AsyncIterator[bytes]:
    named = response.headers.get("content-encoding", "").lower().split(",")
    codings = [coding for each in named if (coding := each.strip().removeprefix("x-")) in ACCEPTED]
    if len(codings) > 1:
        raise Malformed("an answer that is compressed more than once")
    sent = _limited(response.aiter_raw())
    return _limited(_inflated(sent, *codings)) if codings else sent


async def _limited(pieces: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    left = BODY_MAX_MB * 1_000_000
    async for piece in pieces:
        left -= len(piece)
        if left < 0:
            raise Malformed(f"an answer of more than {BODY_MAX_MB} MB", code="too_large", retryable=False)
        yield piece


async def _inflated(sent: AsyncIterator[bytes], coding: str) -> AsyncGenerator[bytes]:
    """Decode piece by piece, and let others go on between two pieces of the same data."""
    inflate = None
    try:
        async for data in sent:
            inflate = inflate or zlib.decompressobj(_format(coding, data))
            while data and not inflate.eof:
                yield inflate.decompress(data, _PIECE)
                if data := inflate.unconsumed_tail:  # what is left of it
                    await asyncio.sleep(0)
        if inflate:
            yield inflate.flush()
    except zlib.error:
        raise Malformed("an answer that cannot be decompressed") from None


def _format(coding: str, data: bytes) -> int:
    """Return what zlib calls a coding; some servers send `deflate` without the header that RFC 9110 asks for."""
    if coding == "gzip":
        return 16 + zlib.MAX_WBITS
    return zlib.MAX_WBITS if data[:1] and data[0] & 0x0F == zlib.DEFLATED else -zlib.MAX_WBITS
