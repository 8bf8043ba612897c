"""Control over connections that ASGI does not offer: hang up, detect a hang-up, stop reading."""

import asyncio
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

TRANSPORT = "transport"
"""The ASGI state holds each connection's transport under this name."""
LINE = "line"
"""The ASGI state holds each WebSocket's `Line` under this name."""


class Connection(H11Protocol):
    """An HTTP connection whose transport the application can reach."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, TRANSPORT: transport}


class Line(WebSocketsSansIOProtocol):
    """A WebSocket that can stop reading, pings included. It then sends no pings either."""

    _unread: list[bytes] | None = None
    _ends: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, LINE: self}

    def data_received(self, data: bytes) -> None:
        if self._unread is None:
            super().data_received(data)
        else:
            self._unread.append(data)

    @property
    def deaf(self) -> bool:
        """Whether reading is stopped."""
        return self._unread is not None

    def deafen(self, seconds: float | None = None) -> None:
        """Stop reading for this many seconds, None: until `hear`. The other end can still hang up."""
        if self._unread is None:
            self._unread = []
            self.stop_keepalive()
        self._stop_timer()
        if seconds is not None:
            self._ends = self.loop.call_later(seconds, self.hear)

    def hear(self) -> None:
        """Resume reading, starting with the data that arrived while it was stopped."""
        self._stop_timer()
        unread, self._unread = self._unread, None
        if unread is not None and not self.disconnected:
            for data in unread:
                super().data_received(data)
            self.start_keepalive()

    def drop(self) -> None:
        """Break the connection."""
        self.transport.abort()

    def _stop_timer(self) -> None:
        if self._ends is not None:
            self._ends.cancel()


class HangUp(Response):
    """A response that closes the connection without an answer."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close the connection and wait until it is closed."""
        del send
        await close(scope, receive)


async def close(scope: Scope, receive: Receive) -> None:
    """Close the connection and wait until it is closed.

    Raises:
        RuntimeError: The request has no connection.
    """
    transport = scope.get("state", {}).get(TRANSPORT)
    if not isinstance(transport, asyncio.Transport):
        raise RuntimeError("hanging up needs a real connection: serve the application on a port")  # noqa: TRY004
    transport.close()
    await closed(receive)


async def closed(receive: Receive) -> None:
    """Wait until the caller has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def gone_within(receive: Receive, seconds: float | None) -> bool:
    """Wait this many seconds, or until the caller disconnects. Return True if the caller disconnected."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await closed(receive)
            return True
    return False
