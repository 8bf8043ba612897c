"""Slack's way in over a WebSocket that we open: Socket Mode, watched from outside.

slack_sdk replaces a connection that breaks, that Slack ends, or that answers no pings. What it does not survive
(slack_sdk 3.47, `SocketModeClient.connect`): when opening the next connection fails or hangs, it tries the same URL
again and again, which Slack takes once and for some seconds. Then the bot looks alive and hears nothing. So whoever is
without a connection for too long gets a new client here, with a new URL.
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
"""Time between two pings; a connection without an answer is replaced after two or three of them."""
CLOSE_S = 3.0
"""Nobody waits longer for the end of a connection that is given up."""

_log = structlog.stdlib.get_logger(__name__)
_FAILURES = (SlackApiError, SlackClientError, ClientError, TimeoutError, OSError)


class _Handler(AsyncSocketModeHandler):
    """Hands payloads to the app; one that is not like Slack's is not acknowledged."""

    async def handle(self, client: SocketModeClient, req: SocketModeRequest) -> None:
        payload = checked(cast("object", req.payload))
        if payload is not None:
            req.payload = payload
            await super().handle(client, req)


class Line:
    """The connection to Slack, whichever it is now."""

    def __init__(self, app: AsyncApp, app_token: str, ping_s: float) -> None:
        self._app = app
        self._token = app_token
        self._ping_s = ping_s
        self._handler: _Handler | None = None

    async def open(self) -> None:
        """Connect, in place of what was there. Raises SlackApiError, SlackClientError, ClientError or TimeoutError."""
        await self.close()
        # The client itself would try a token that Slack does not accept again and again.
        opened: Any = await self._app.client.apps_connections_open(app_token=self._token)
        self._handler = _Handler(self._app, self._token, ping_interval=self._ping_s)
        self._handler.client.wss_uri = opened["url"]
        async with asyncio.timeout(self.patience_s):
            await self._handler.connect_async()

    async def close(self) -> None:
        """Close without fail, and soon."""
        handler, self._handler = self._handler, None
        if handler is None:
            return
        for _ in range(2):  # a peer that does not say goodbye takes the first, and the second closes the rest
            with suppress(*_FAILURES):
                async with asyncio.timeout(CLOSE_S):
                    await handler.close_async()
                    return

    async def trouble(self) -> str | None:
        """Why Slack does not reach us now; None when it does, as far as pings tell."""
        if self._handler is not None and await self._handler.client.is_connected():
            return None
        return "Socket Mode has no live connection to Slack"

    async def watch(self) -> None:
        """Open a new connection, again and again, whenever there was none for too long."""
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
        """How long slack_sdk may take to connect again by itself: it looks once a ping, and waits one between tries."""
        return 4 * self._ping_s


@asynccontextmanager
async def socket_mode(app: AsyncApp, app_token: str, *, ping_s: float = PING_S) -> AsyncGenerator[Line]:
    """Let Slack speak to us while the block runs. Raises what `Line.open` raises when the first connection fails."""
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
    """Keep several connections while the block runs: Slack sends each payload to one of them, whichever is there.

    The block gets what tells why Slack does not reach us: None while one of them is alive.
    """
    async with AsyncExitStack() as stack:
        lines = [await stack.enter_async_context(socket_mode(app, app_token, ping_s=ping_s)) for _ in range(number)]

        async def socket_mode_trouble() -> str | None:
            """Nobody hears Slack."""
            told = [await line.trouble() for line in lines]
            return None if None in told else told[0]

        yield socket_mode_trouble
