"""Socket Mode: receives Slack's payloads over WebSockets that we open, and supervises them.

slack_sdk replaces a connection that breaks, that Slack closes, or that answers no pings. It does not recover if opening
the next connection fails or hangs (slack_sdk 3.47, `SocketModeClient.connect`): it retries the same URL, which Slack
accepts only once and for some seconds. The bot then looks alive but receives nothing. This module therefore replaces a
client without a connection by a new one with a new URL.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any, cast

import structlog
from aiohttp import ClientError
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest

from bot.slack_app.payload_schema import checked

PING_S = 5.0
"""Seconds between two pings. slack_sdk replaces a connection after two or three pings without an answer."""
CLOSE_S = 3.0
"""The timeout in seconds for closing a connection."""

_log = structlog.stdlib.get_logger(__name__)
_FAILURES = (SlackApiError, SlackClientError, ClientError, TimeoutError, OSError)


class _Handler(AsyncSocketModeHandler):
    """Dispatches valid payloads to the app. Invalid ones are not acknowledged."""

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:
        payload = checked(cast("object", req.payload))
        if payload is not None:
            req.payload = payload
            await super().handle(client, req)


class Line:
    """The current connection to Slack."""

    def __init__(self, app: AsyncApp, app_token: str, ping_s: float) -> None:
        self._app = app
        self._token = app_token
        self._ping_s = ping_s
        self._handler: _Handler | None = None

    async def open(self) -> None:
        """Close the connection, and open a new one.

        Raises:
            SlackApiError: Slack refused the token.
            SlackClientError: Slack's response is unreadable.
            ClientError: The connection failed.
            TimeoutError: The connection took longer than `patience_s`.
        """
        await self.close()
        # Request the URL here: the client would retry a refused token forever.
        opened: Any = await self._app.client.apps_connections_open(app_token=self._token)
        self._handler = _Handler(self._app, self._token, ping_interval=self._ping_s)
        self._handler.client.wss_uri = opened["url"]
        async with asyncio.timeout(self.patience_s):
            await self._handler.connect_async()

    async def close(self) -> None:
        """Close the connection. Takes at most two times `CLOSE_S`, and never fails."""
        handler, self._handler = self._handler, None
        if handler is None:
            return
        for _ in range(2):  # a peer that does not answer the close uses up the first try; the second closes the rest
            with suppress(*_FAILURES):
                async with asyncio.timeout(CLOSE_S):
                    await handler.close_async()
                    return

    async def trouble(self) -> str | None:
        """Return why Slack cannot reach us now; None if the last pings were answered."""
        if self._handler is not None and await self._handler.client.is_connected():
            return None
        return "Socket Mode has no live connection to Slack"

    async def watch(self) -> None:
        """Open a new connection whenever there was none for longer than `patience_s`."""
        loop = asyncio.get_running_loop()
        lost_at: float | None = None
        while True:
            await asyncio.sleep(self._ping_s / 2)
            if await self.trouble() is None:
                lost_at = None
            elif lost_at is None:
                lost_at = loop.time()
            elif loop.time() - lost_at > self.patience_s:
                await self._replace()
                lost_at = None

    async def _replace(self) -> None:
        _log.warning("Socket Mode disconnected for too long, reconnecting")
        try:
            await self.open()
        except _FAILURES as error:
            _log.warning("Socket Mode could not connect, retrying", reason=str(error) or type(error).__name__)

    @property
    def patience_s(self) -> float:
        """Seconds for slack_sdk to reconnect: it checks once per ping interval, and waits one between tries."""
        return 4 * self._ping_s


@asynccontextmanager
async def socket_mode(app: AsyncApp, app_token: str, *, ping_s: float = PING_S) -> AsyncGenerator[Line]:
    """Keep a connection to Slack while the block runs. Raises the errors of `Line.open` if the first one fails."""
    line = Line(app, app_token, ping_s)
    watching: asyncio.Task[None] | None = None
    try:
        await line.open()
        watching = asyncio.create_task(line.watch(), name="socket mode")
        yield line
    finally:
        if watching:
            watching.cancel()
        await line.close()


@asynccontextmanager
async def socket_modes(
    app: AsyncApp, app_token: str, number: int, *, ping_s: float = PING_S
) -> AsyncGenerator[Callable[[], Awaitable[str | None]]]:
    """Keep several connections to Slack while the block runs. Slack sends each payload to one of them.

    Yields a function that returns why Slack cannot reach us; None while at least one connection is alive.
    """
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(socket_mode(app, app_token, ping_s=ping_s)) for _ in range(number)]

        async def socket_mode_trouble() -> str | None:
            """Return why no connection is alive; None if one is."""
            told = [await line.trouble() for line in lines]
            return None if None in told else told[0]

        yield socket_mode_trouble
