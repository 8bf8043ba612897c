"""aiohttp under httpx, sending a query exactly as it was signed."""

import ssl
from functools import cache
from urllib.parse import parse_qsl

import aiohttp
import httpx
from yarl import URL

from providers.http.canonical_query import query


async def keep_query(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Encode the query the way both vendors sign it.

    aiohttp writes `%2C`, `%3A` and their like as plain characters, which a server that checks the signature against
    the text it received refuses.
    """
    url = request.url
    if url.raw_query_string:
        as_signed = query(parse_qsl(url.raw_query_string, keep_blank_values=True))
        request.url = URL(f"{url.with_query(None)}?{as_signed}", encoded=True)
    return await handler(request)


@cache
def certificates() -> ssl.SSLContext:
    """Return httpx's choice of certificates, which takes 30 ms to read: all sessions of a process share it."""
    return httpx.create_ssl_context()


def session() -> aiohttp.ClientSession:
    """Return a session without cookies, and with httpx's choice of certificates."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=certificates()),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("Content-Type",),
        middlewares=(keep_query,),
    )
