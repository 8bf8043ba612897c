"""aiohttp under httpx, sending each query exactly as it was signed."""

import ssl
from functools import cache
from urllib.parse import parse_qsl

import aiohttp
import httpx
from yarl import URL

from providers.http.canonical_query import query


async def keep_query(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Encode the query as both vendors sign it.

    aiohttp writes `%2C`, `%3A` and similar codes as plain characters. A server that checks the signature against the
    received text rejects that.
    """
    url = request.url
    if url.raw_query_string:
        as_signed = query(parse_qsl(url.raw_query_string, keep_blank_values=True))
        request.url = URL(f"{url.with_query(None)}?{as_signed}", encoded=True)
    return await handler(request)


@cache
def certificates() -> ssl.SSLContext:
    """Return httpx's default certificates. They take 30 ms to read, so all sessions of a process share them."""
    return httpx.create_ssl_context()


def session() -> aiohttp.ClientSession:
    """Return a session without cookies, with httpx's default certificates."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=certificates()),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("Content-Type",),
        middlewares=(keep_query,),
    )
