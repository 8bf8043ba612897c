"""A real HTTP server, and strangers who connect to it."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.config.settings import Http
from bot.deps.metrics import Metrics
from bot.runtime.http_limits import Connections
from bot.runtime.http_server import listen, probes, serving, site
from bot.slack_app.http_events import BODY_MAX, slack_events

SECRET = "a secret of Slack"
PATIENCE_S = 20
POURED_MAX = 64 * BODY_MAX
"""Far more than the server reads and the sockets' buffers hold."""
HALF = b"POST /slack/events HTTP/1.1\r\nHost: bot\r\nX-Half: "
PROBE = b"GET /healthz HTTP/1.1\r\nHost: bot\r\n\r\n"


def claim(signature: str = "v0=" + "0" * 64) -> bytes:
    """Return the headers of a stranger who imitates Slack's."""
    return b"X-Slack-Request-Timestamp: %d\r\nX-Slack-Signature: %s\r\n" % (time.time(), signature.encode())


def request(path: str = "/slack/events", *headers: bytes, method: str = "POST", version: str = "1.1") -> bytes:
    first = f"{method} {path} HTTP/{version}\r\nHost: bot\r\n".encode()
    return first + b"".join(header if header.endswith(b"\r\n") else header + b"\r\n" for header in headers) + b"\r\n"


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    return b"%x%s\r\n%s\r\n" % (len(data), extension, data)


@dataclass
class Peer:
    """A connection to the server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    sent: int = 0

    async def send(self, data: bytes) -> None:
        """Send while the server accepts data. Raises ConnectionError."""
        self.writer.write(data)
        await self.writer.drain()
        self.sent += len(data)

    async def answer(self) -> bytes:
        """Read one answer, with its body."""
        async with asyncio.timeout(PATIENCE_S):
            head = await self.reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            return head + await self.reader.readexactly(length)

    async def status(self) -> int:
        return int((await self.answer()).split()[1])

    async def rest(self) -> bytes:
        """Read until the server closes the connection. Return nothing if it resets it."""
        async with asyncio.timeout(PATIENCE_S):
            try:
                return await self.reader.read()
            except ConnectionError:
                return b""

    async def pours(self, data: bytes) -> None:
        """Send the same again and again until the server closes the connection."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while self.sent < POURED_MAX:
                    await self.send(data)
        except ConnectionError:
            return
        raise AssertionError(f"the server took {self.sent} bytes")


@dataclass
class Door:
    """A server at a port, and its clients. The route `slow` waits for `go_on`."""

    port: int
    connections: Connections
    metrics: Metrics
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    peers: list[Peer] = field(default_factory=list[Peer])

    async def peer(self) -> Peer:
        self.peers.append(peer := Peer(*await asyncio.open_connection("127.0.0.1", self.port, limit=2**24)))
        return peer

    async def asks(self, data: bytes) -> bytes:
        """Send over a new connection. Return what comes until it is closed."""
        peer = await self.peer()
        await peer.send(data)
        return await peer.rest()

    async def lives(self) -> bool:
        peer = await self.peer()
        await peer.send(PROBE)
        return await peer.status() == 200

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not holds():  # noqa: ASYNC110  # the server notifies of nothing
                await asyncio.sleep(0.005)

    async def leave(self) -> None:
        """Disconnect all clients, and let the server notice."""
        self.go_on.set()
        for peer in self.peers:
            peer.writer.transport.abort()
            with suppress(ConnectionError):
                await peer.writer.wait_closed()
        await self.until(lambda: not self.connections.connections)
        self.peers.clear()
        self.go_on.clear()


async def authorize() -> AuthorizeResult:
    return AuthorizeResult(enterprise_id=None, team_id="T1", bot_token="xoxb-1")


@asynccontextmanager
async def opened() -> AsyncGenerator[Door]:
    metrics = Metrics()
    listening = listen(Http(host="127.0.0.1", port=0))
    door = Door(listening.getsockname()[1], Connections(0, metrics.refused), metrics)

    async def slow(_: Request) -> Response:
        await door.go_on.wait()
        return PlainTextResponse("at last\n")

    async def large(_: Request) -> Response:
        return PlainTextResponse("x" * 16_000_000)

    app = AsyncApp(authorize=authorize, signing_secret=SECRET)
    more = [slack_events(app, SECRET), Route("/slow", slow), Route("/large", large)]
    async with serving(site(*probes([], metrics), *more), listening, metrics) as door.connections:
        yield door
    await door.leave()
