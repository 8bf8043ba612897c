"""Queries go over the wire exactly as they were signed."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from providers.registry import http_client


@asynccontextmanager
async def listening() -> AsyncGenerator[tuple[str, list[str]]]:
    """Yield a server that keeps the request heads it receives."""
    heads: list[str] = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads


@pytest.mark.parametrize(
    "target",
    [
        "/?JobIds=a%2Cb",
        "/tasks?limit=100&offset=0&order=created_at%3ADESC",
        "/?a=x%20y&b=%2A~%2B%26%3D%25&c=%E4%BD%A0",
        "/?empty=",
        "/plain",
    ],
)
async def test_a_query_is_sent_as_it_was_encoded(target: str):
    async with listening() as (url, heads), http_client() as client:
        await client.post(f"{url}{target}")
    assert heads[0].splitlines()[0] == f"POST {target} HTTP/1.1"


async def test_an_empty_body_has_no_type():
    async with listening() as (url, heads), http_client() as client:
        await client.post(url)
    assert "content-type" not in heads[0].lower()
