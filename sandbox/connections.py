"""What ASGI cannot do to a connection: close it without an answer, wait for its other end to go, turn a deaf ear."""

import asyncio
from contextlib import suppress

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

TRANSPORT = "transport"
"""Under this name each connection's transport is in the ASGI state."""
LINE = "line"
"""Under this name each WebSocket's `Line` is in the ASGI state."""


class Connection(H11Protocol):
    """An HTTP connection whose transport the application can reach."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, TRANSPORT: transport}


class Line(WebSocketsSansIOProtocol):
    """A WebSocket that can be made deaf: what comes is not read, pings included, and no pings are sent."""

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
        """Whether nothing is read at present."""
        return self._unread is not None

    def deafen(self, seconds: float | None = None) -> None:
        """Read nothing for so long from now, None: until told to hear. The other end can still hang up."""
        if self._unread is None:
            self._unread = []
            self.stop_keepalive()
        self._stop_timer()
        if seconds is not None:
            self._ends = self.loop.call_later(seconds, self.hear)

    def hear(self) -> None:
        """Read on, beginning with what came meanwhile."""
        self._stop_timer()
        unread, self._unread = self._unread, None
        if unread is not None and not self.disconnected:
            for data in unread:
                super().data_received(data)
            self.start_keepalive()

    def drop(self) -> None:
        """Break the connection off."""
        self.transport.abort()

    def _stop_timer(self) -> None:
        if self._ends is not None:
            self._ends.cancel()


class HangUp(Response):
    """No answer: the connection is closed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close the connection and wait until it is closed."""
        del send
        await close(scope, receive)


async def close(scope: Scope, receive: Receive) -> None:
    """Close the connection and wait until it is closed. Raises RuntimeError where there is none."""
    transport = scope.get("state", {}).get(TRANSPORT)
    if not isinstance(transport, asyncio.Transport):
        raise RuntimeError("hanging up needs a real connection: serve the application on a port")  # noqa: TRY004
    transport.close()
    await closed(receive)


async def closed(receive: Receive) -> None:
    """Return when the caller has gone away."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def gone_within(receive: Receive, seconds: float | None) -> bool:
    """Wait so long, but no longer than the caller does; True when the caller has gone away."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await closed(receive)
            return True
    return False
