"""Errors for servers that are down, hang up, or send nothing: over real sockets."""

import asyncio
import socket
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import pytest

from providers.errors import Unavailable
from providers.http.transport import TRIES, Transport
from providers.registry import http_client
from tests.contracts.asking import Unlimited

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

pytestmark = pytest.mark.usefixtures("no_backoff")


async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Do nothing, so that the connection is closed."""


async def hangs_up_after_the_question(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def resets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    # Closing without lingering is a reset.
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


async def hangs_up_half_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"half": ')


async def speaks_no_http(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"220 mail.example ESMTP\r\n")


async def says_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def stops_half_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await hangs_up_half_way(reader, writer)
    await reader.read()


@asynccontextmanager
async def serving(behaviour: Behaviour) -> AsyncGenerator[tuple[str, list[asyncio.Task[None]]]]:
    """Yield a server with this behavior, and its connections."""
    connections: list[asyncio.Task[None]] = []

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await behaviour(reader, writer)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(asyncio.create_task(behave(reader, writer)))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", connections
        await asyncio.gather(*connections)


def transport(client: httpx.AsyncClient) -> Transport:
    """Return the request path of a service that accepts every JSON object."""
    return Transport(
        client=client,
        account="media-cn",
        service="video-ocr",
        auth=httpx.Auth(),
        classify=lambda _response, _body: None,
        budget=Unlimited(),
        budget_key="media-cn/video-ocr",
        requests_per_second=5,
    )


async def refusal(url: str) -> Unavailable:
    """Return the error of a request to this address."""
    async with http_client() as client:
        with pytest.raises(Unavailable) as caught:
            await transport(client).send(client.build_request("GET", url))
    return caught.value


async def test_a_closed_port_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    error = await refusal(f"http://127.0.0.1:{port}/jobs")
    assert (error.code, error.account, error.service) == ("unreachable", "media-cn", "video-ocr")
    assert "127.0.0.1" in error.message


@pytest.mark.parametrize(
    "behaviour", [hangs_up, hangs_up_after_the_question, resets, hangs_up_half_way, speaks_no_http]
)
async def test_a_connection_that_is_lost_is_broken(behaviour: Behaviour):
    async with serving(behaviour) as (url, connections):
        assert (await refusal(url)).code == "broken_connection"
        assert len(connections) >= TRIES


@pytest.mark.parametrize("behaviour", [says_nothing, stops_half_way])
async def test_silence_is_a_timeout(behaviour: Behaviour, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("providers.http.transport.ATTEMPT_S", 0.1)
    async with serving(behaviour) as (url, connections):
        assert (await refusal(url)).code == "timeout"
        assert len(connections) == TRIES
