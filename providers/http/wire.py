"""aiohttp under httpx, sending a query exactly as it was signed."""

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


def session() -> aiohttp.ClientSession:
    """Return a session without cookies, and with httpx's choice of certificates."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=httpx.create_ssl_context()),
        cookie_jar=aiohttp.DummyCookieJar(),
        skip_auto_headers=("Content-Type",),
        middlewares=(keep_query,),
    )
