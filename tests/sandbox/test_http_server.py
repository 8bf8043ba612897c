"""How the sandbox's servers stop: immediately, and after they answer running requests."""

import asyncio
import socket

import httpx
import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect

from sandbox.connections import LINE, Connection, Line
from sandbox.http_server import served
from sandbox.ports import listen


def config(app: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        app, http=Connection, ws=Line, lifespan="off", log_level="warning", timeout_graceful_shutdown=20
    )


async def hello(_: Request) -> PlainTextResponse:
    return PlainTextResponse("hello")


async def test_it_stops_without_a_pause(monkeypatch: pytest.MonkeyPatch):
    turn = asyncio.sleep

    async def never(delay: float) -> None:
        assert not delay, "it polls"
        await turn(0)

    async with httpx.AsyncClient() as client, served(config(Starlette(routes=[Route("/", hello)])), listen(0)) as url:
        assert (await client.get(url)).text == "hello"
        monkeypatch.setattr("uvicorn.server.asyncio.sleep", never)
    monkeypatch.undo()


async def test_a_running_request_is_answered():
    asked, goes_on = asyncio.Event(), asyncio.Event()

    async def slow(_: Request) -> PlainTextResponse:
        asked.set()
        await goes_on.wait()
        return PlainTextResponse("at last")

    async with httpx.AsyncClient() as client:
        async with served(config(Starlette(routes=[Route("/", slow)])), listen(0)) as url:
            asking = asyncio.create_task(client.get(url))
            await asked.wait()
            asyncio.get_running_loop().call_soon(goes_on.set)
        assert (await asking).text == "at last"


async def test_a_closing_websocket_does_not_block_the_stop():
    opened: list[Line] = []
    turns = 10

    class Lingering(Line):
        """A connection that lingers for some turns of the loop after its close.

        A slow reader has the same effect.
        """

        def connection_lost(self, exc: Exception | None, left: int = turns) -> None:
            if left:
                self.loop.call_soon(self.connection_lost, exc, left - 1)
            else:
                super().connection_lost(exc)

    async def talks(line: WebSocket) -> None:
        opened.append(line.scope["state"][LINE])
        await line.accept()
        await line.receive()

    lines = config(Starlette(routes=[WebSocketRoute("/", talks)]))
    lines.ws = Lingering
    async with served(lines, listen(0)) as url, connect(url.replace("http", "ws")):
        opened[0].conn.send_close(1000)
        opened[0].transport.close()


@pytest.mark.parametrize("turns", range(4))
async def test_a_connection_that_comes_while_the_server_stops_is_closed(turns: int):
    """The loop can be at any stage of the connection when the server stops."""
    async with served(config(Starlette()), listen(0)) as url:
        target = httpx.URL(url)
        coming = socket.create_connection((target.host, target.port or 0))
        for _ in range(turns):
            await asyncio.sleep(0)
    with coming:
        assert await asyncio.to_thread(_closed, coming)


def _closed(connection: socket.socket) -> bool:
    connection.settimeout(20)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True
