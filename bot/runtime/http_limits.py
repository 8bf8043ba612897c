"""Limits of the HTTP server: the number of connections, and the time and size of a request.

uvicorn 0.54 has no such limits for an incomplete request: `limit_concurrency` answers 503 to all clients, and
`timeout_keep_alive` applies only between requests.
"""

import asyncio
import resource
from collections.abc import Callable, Iterable
from typing import Any, Final

import h11
import structlog
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import STATUS_PHRASES, H11Protocol
from uvicorn.server import ServerState

from bot.deps.limited_log import LimitedLog
from bot.deps.metrics import Rejection
from bot.slack_app.http_events import BODY_MAX

REQUEST_S = 10.0
"""Seconds for a complete request, headers and body, and for the client to read a response."""
IDLE_S = 5
"""Seconds until a connection without a request is closed."""
HEADERS_MAX = 16_384
"""The maximum of bytes in the headers."""
REQUEST_MAX = BODY_MAX + 4 * HEADERS_MAX
"""The maximum of bytes in a request on the wire, with its headers and chunk delimiters."""
CHUNKS_MAX = 512
"""The maximum of chunks in a body: a chunk of one byte costs as much time as one of 10 kB."""
READ_MAX = 16_384
"""Bytes in one read: a sixteenth of asyncio's default, so that other connections get their turn."""
HELD_MAX = 4 * BODY_MAX
"""The maximum of bytes in incomplete requests, over all connections of a listener."""
CONNECTIONS_MAX = 512
"""The maximum of connections of a listener. It is lower if the process may not open twice as many files."""

_ASKING: Final = (h11.IDLE, h11.SEND_BODY)
_ANSWERING: Final = (h11.SEND_RESPONSE, h11.SEND_BODY)

Count = Callable[[Rejection], None]
"""Counts a connection that was closed, by the reason."""

_log = structlog.stdlib.get_logger(__name__)


def connections_max(share: int = 1) -> int:
    """Return the maximum of connections of a listener.

    It is half of the process's limit of open files, divided by `share`. The other half is for Redis, Slack, the clouds
    and the log.
    """
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = CONNECTIONS_MAX if files == resource.RLIM_INFINITY else min(files // 2, CONNECTIONS_MAX)
    return max(most // share, 1)


def unambiguous(app: ASGIApp) -> ASGIApp:
    """Return the app behind a check against request smuggling.

    The check refuses a request with `Content-Length` and `Transfer-Encoding`, and an HTTP/1.0 request with the latter
    (RFC 9112, 6.1).
    """

    async def checked(scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if "transfer-encoding" in headers and ("content-length" in headers or scope["http_version"] == "1.0"):
            refusal = PlainTextResponse("the body has two lengths\n", 400, {"connection": "close"})
            await refusal(scope, receive, send)
        else:
            await app(scope, receive, send)

    return checked


class Connections(ServerState):
    """The connections of a listener.

    `waiting` are in the middle of a request, or before their first. `idle` are between two requests. Both start with
    the connection that waits longest, which is closed if there are too many or if they hold too many bytes. Slack's
    requests are complete within milliseconds, so commands get their answers while strangers hold connections open.
    """

    def __init__(self, most: int, count: Count) -> None:
        super().__init__()
        self.most = most
        self.count = count
        self.waiting: dict[LimitedProtocol, None] = {}
        self.idle: dict[LimitedProtocol, None] = {}
        self.held = 0
        self._limited = LimitedLog(_log)

    def refuse(self, reason: Rejection, **details: object) -> None:
        """Count and log a closed connection."""
        self.count(reason)
        self._limited.warning(f"closed an HTTP connection: {reason}", **details)

    def admit(self) -> None:
        """For a surplus connection, close the oldest one of the larger group, `waiting` or `idle`.

        A flood of one kind then closes no connection of the other kind, which may be Slack's or a proxy's.
        """
        if len(self.connections) > self.most:
            crowd = self.waiting if len(self.waiting) > len(self.idle) else self.idle
            self._close_longest(crowd, Rejection.CONNECTIONS, most=self.most)

    def make_room(self) -> None:
        """Close connections with more than their share, until the others hold HELD_MAX bytes at most.

        If all together hold too much, at least one exceeds its share. Slack's requests are mostly smaller than a share,
        so its connections stay open, regardless of the bytes of others.
        """
        while self.held > HELD_MAX:
            large = (each for each in self.waiting if each.held * self.most > HELD_MAX)
            self._close_longest(large, Rejection.HELD, most=HELD_MAX)

    def _close_longest(self, crowd: "Iterable[LimitedProtocol]", reason: Rejection, **details: object) -> None:
        self.refuse(reason, **details)
        next(iter(crowd)).abort()


class _Events(h11.Connection):
    """A connection of h11 that counts the chunks of a body."""

    _chunks = 0

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Return the next event. Raises RemoteProtocolError for a body in too many chunks."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            self._chunks = 0
        elif isinstance(event, h11.Data) and event.chunk_start:
            self._chunks += 1
        if self._chunks > CHUNKS_MAX:
            raise h11.RemoteProtocolError("a body in too many chunks")
        return event


class LimitedProtocol(H11Protocol):
    """A connection with limits of time and size for its peer."""

    server_state: Connections

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conn = _Events(h11.SERVER, HEADERS_MAX)
        self._deadline: asyncio.TimerHandle | None = None
        self.held = 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        transport.max_size = READ_MAX  # pyright: ignore[reportAttributeAccessIssue]  # of CPython's sockets
        self._wait()
        self.server_state.admit()

    def connection_lost(self, exc: Exception | None) -> None:
        self._hold(0)
        self._go_on()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.conn.their_state in _ASKING:
            begins = not self.held
            self._hold(self.held + len(data))
            if begins:
                self._wait()
        if self.held > REQUEST_MAX:
            self.refuse(413, Rejection.SIZE)
            return
        super().data_received(data)
        self._adjust()
        self.server_state.make_room()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._adjust()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._adjust()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002  # uvicorn calls it
        self.refuse(400, Rejection.SYNTAX)

    def refuse(self, status: int, reason: Rejection) -> None:
        """Send an error, unless a response has started, and close the connection."""
        self.server_state.refuse(reason)
        self._leave_cycle()
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self._write(status, reason)
        self.transport.close()
        if self.transport.get_write_buffer_size():  # the peer does not read
            self.abort()

    def abort(self) -> None:
        """Close the connection immediately, and drop its incomplete request."""
        self._hold(0)
        self._go_on()
        self._leave_cycle()
        self.transport.abort()

    def _adjust(self) -> None:
        """Start or stop the peer's deadline, depending on the state of the connection."""
        if self.conn.their_state is h11.SEND_BODY:
            return
        if self.conn.our_state in _ANSWERING:
            self._hold(0)
            if (
                not self.flow.write_paused
            ):  # while the peer is slow to read, uvicorn reads no other request, so the deadline stays
                self._go_on()
            return
        unread = len(self.conn.trailing_data[0])
        self._hold(unread)
        if not unread or self not in self.server_state.waiting:
            self._wait()

    def _wait(self) -> None:
        """Start the peer's deadline, and move the connection to the end of its group."""
        self._go_on()
        (self.server_state.idle if self._is_idle() else self.server_state.waiting)[self] = None
        self._deadline = self.loop.call_later(REQUEST_S, self._too_slow)

    def _go_on(self) -> None:
        self.server_state.waiting.pop(self, None)
        self.server_state.idle.pop(self, None)
        if self._deadline is not None:
            self._deadline.cancel()

    def _is_idle(self) -> bool:
        answered = bool(self.cycle and self.cycle.response_complete)
        return answered and not self.held and not self.flow.write_paused

    def _hold(self, number: int) -> None:
        self.server_state.held += number - self.held
        self.held = number

    def _too_slow(self) -> None:
        if self.held and not self.transport.is_closing():
            self.refuse(408, Rejection.TIME)
        else:
            self.abort()

    def _leave_cycle(self) -> None:
        """Notify the app that its response is no longer expected."""
        if self.cycle and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.body = bytearray()
            self.cycle.message_event.set()

    def _write(self, status: int, text: str) -> None:
        body = f"{text}\n".encode()
        headers = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body)), "connection": "close"}
        response = h11.Response(status_code=status, headers=[*headers.items()], reason=STATUS_PHRASES[status])
        for event in (response, h11.Data(data=body), h11.EndOfMessage()):
            self.transport.write(self.conn.send(event) or b"")
