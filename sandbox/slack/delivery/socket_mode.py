"""Socket Mode: payloads over the app's WebSockets."""

import asyncio
import json
import secrets
import uuid
from collections import deque
from typing import Any, cast

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from sandbox.connections import LINE, Line
from sandbox.slack.delivery.delivery import ACK_SECONDS, Kind, NotAcknowledgedError, NotConnectedError, Retry
from sandbox.slack.workspace.live_updates import Feed, Feeds
from sandbox.slack.workspace.model import Json

CONNECTIONS_MAX = 10
_CONNECTION_SECONDS = 3600
"""The lifetime in seconds that `hello` announces. This workspace hangs up only on request."""
_ANSWERED = ("view_submission", "block_suggestion")
"""Interactions whose acknowledgement can have content."""


class SocketMode:
    """Up to ten connections of the app, which receive payloads in turn.

    `ack_within` is in seconds. `hello` contains `app_id`. The web server answers pings.
    """

    def __init__(self, feed: Feed | Feeds, app_id: str, *, ack_within: float = ACK_SECONDS) -> None:
        self._feed = feed
        self._app_id = app_id
        self._ack_within = ack_within
        self._tickets: set[str] = set()
        self._sockets: deque[WebSocket] = deque()
        self._waiting: dict[str, asyncio.Future[Json | None]] = {}
        self.origin = ""
        self.request_url = ""

    @property
    def connected(self) -> bool:
        """Whether the app has at least one open connection."""
        return bool(self._sockets)

    @property
    def connections(self) -> int:
        """How many open connections the app has."""
        return len(self._sockets)

    def ticket(self, origin: str) -> str:
        """Return the URL for one new connection. `origin` is the address under which the app reached the workspace."""
        self.origin = origin
        ticket = secrets.token_urlsafe(18)
        self._tickets.add(ticket)
        return f"{origin.replace('http', 'ws', 1)}/socket-mode?ticket={ticket}"

    async def serve(self, socket: WebSocket) -> None:
        """Hold one connection until either side ends it."""
        if (ticket := socket.query_params.get("ticket", "")) not in self._tickets:
            await socket.close(code=4401, reason="invalid ticket")
            return
        self._tickets.discard(ticket)
        await socket.accept()
        if len(self._sockets) >= CONNECTIONS_MAX:
            await self._part(socket, "too_many_websockets")
            await socket.close()
            return
        await self._hold(socket)

    async def deliver(self, kind: Kind, payload: Json, retry: Retry | None = None) -> Json | None:
        """Send an envelope over the next connection and wait for its acknowledgement. A deaf connection loses it."""
        envelope_id = str(uuid.uuid4())
        envelope = {
            "envelope_id": envelope_id,
            "type": kind,
            "payload": payload,
            "accepts_response_payload": kind == "slash_commands" or payload.get("type") in _ANSWERED,
            **(_attempt(retry) if kind == "events_api" else {}),
        }
        self._waiting[envelope_id] = acknowledged = asyncio.get_running_loop().create_future()
        try:
            socket = self._next()
            if not _deaf(socket):
                await socket.send_json(envelope)
            async with asyncio.timeout(self._ack_within):
                return await acknowledged
        except TimeoutError:
            raise NotAcknowledgedError from None
        except (WebSocketDisconnect, RuntimeError):  # the connection closed before the envelope was sent
            raise NotConnectedError from None
        finally:
            self._waiting.pop(envelope_id, None)

    async def disconnect(self, reason: str = "refresh_requested") -> int:
        """Close every connection as Slack does for a refresh, and return their number.

        Nothing more is sent over them, and the app has time to open others first. After an immediate hang-up slack_sdk
        connects twice and can lose the payloads of the first of the two.
        """
        ending = list(self._sockets)
        for socket in ending:
            await self._part(socket, reason)
        return len(ending)

    def deafen(self, seconds: float | None = None) -> int:
        """Make every open connection silent, pings included, for this many seconds (None: until it closes).

        Returns how many there were. Later connections are normal.
        """
        lines = self._lines()
        for line in lines:
            line.deafen(seconds)
        return len(lines)

    def drop(self) -> int:
        """Break every open connection without a close frame, and return their number."""
        lines = self._lines()
        for line in lines:
            line.drop()
        return len(lines)

    def _lines(self) -> list[Line]:
        return [line for socket in self._sockets if (line := _line(socket))]

    def _next(self) -> WebSocket:
        if not self._sockets:
            raise NotConnectedError
        self._sockets.rotate(-1)
        return self._sockets[-1]

    async def _hold(self, socket: WebSocket) -> None:
        self._sockets.append(socket)
        self._announce()
        try:
            await socket.send_json(self._hello())
            while True:
                self._acknowledge(await socket.receive_text())
        except WebSocketDisconnect:
            pass
        finally:
            if socket in self._sockets:
                self._sockets.remove(socket)
                self._announce()

    def _acknowledge(self, text: str) -> None:
        try:
            message: Any = json.loads(text)
        except ValueError:
            return
        if isinstance(message, dict):
            found = cast("Json", message)
            waiting = self._waiting.get(str(found.get("envelope_id")))
            if waiting is not None and not waiting.done():
                waiting.set_result(found.get("payload") or None)

    async def _part(self, socket: WebSocket, reason: str) -> None:
        if socket in self._sockets:
            self._sockets.remove(socket)
            self._announce()
        if socket.application_state is WebSocketState.CONNECTED and not _deaf(socket):
            await socket.send_json({"type": "disconnect", "reason": reason, "debug_info": {"host": "sandbox"}})

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "connection_info": {"app_id": self._app_id},
            "num_connections": len(self._sockets),
            "debug_info": {"host": "sandbox", "approximate_connection_time": _CONNECTION_SECONDS},
        }

    def _announce(self) -> None:
        self._feed.send({"type": "connected", "connected": self.connected})


def _attempt(retry: Retry | None) -> Json:
    """Return an event envelope's retry fields. Socket Mode has its own word for a timeout."""
    if retry is None:
        return {"retry_attempt": 0, "retry_reason": ""}
    return {"retry_attempt": retry.attempt, "retry_reason": retry.reason.removeprefix("http_")}


def _line(socket: WebSocket) -> Line | None:
    """Return the connection under a socket, if it is a real one."""
    return socket.scope.get("state", {}).get(LINE)


def _deaf(socket: WebSocket) -> bool:
    line = _line(socket)
    return line is not None and line.deaf
