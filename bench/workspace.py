"""A minimal Slack workspace: it opens sockets, sends commands, and times their acknowledgements."""

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute

from sandbox.demo import MANIFEST
from sandbox.slack.delivery.delivery import Kind, NotAcknowledgedError
from sandbox.slack.delivery.payloads import command_payload
from sandbox.slack.delivery.socket_mode import SocketMode
from sandbox.slack.workspace.model import Json
from sandbox.slack.workspace.seed import DANA, ON_CALL, seeded

HOST = "127.0.0.1"
START_S = 30.0
"""An app that has not connected after this long has failed, and has said why."""


class Switchboard:
    """One app's workspace. Answers go to `answers_url`, in another process, so that they do not delay the clock."""

    def __init__(self, answers_url: str) -> None:
        self._workspace = seeded(MANIFEST)
        self._sockets = SocketMode(self._workspace.feed, self._workspace.app.id)
        self._answers_url = answers_url

    async def connected(self) -> None:
        """Return when the app has opened its socket; raises TimeoutError."""
        async with asyncio.timeout(START_S):
            while not self._sockets.connected:  # noqa: ASYNC110  # the sandbox sends no event
                await asyncio.sleep(0.05)

    async def send_commands(self, texts: Sequence[str], per_second: float) -> list[float]:
        """Send the commands at an even pace, whether or not earlier ones are acknowledged.

        Returns the milliseconds from each envelope's sending to its acknowledgement; infinite for those that Slack
        would have given up.
        """
        sending: list[asyncio.Task[float]] = []
        begun = time.perf_counter()
        for number, text in enumerate(texts):
            await asyncio.sleep(begun + number / per_second - time.perf_counter())
            sending.append(asyncio.create_task(self._acknowledged(text)))
        return await asyncio.gather(*sending)

    async def _acknowledged(self, text: str) -> float:
        payload = command_payload(self._workspace, DANA, ON_CALL, "/jobs", text)
        return await self.send("slash_commands", payload | {"response_url": self._answers_url, "trigger_id": "1.2.3"})

    async def send(self, kind: Kind, payload: Json) -> float:
        """Send an envelope, and return the milliseconds to its acknowledgement, as `send_commands` does."""
        sent = time.perf_counter()
        try:
            await self._sockets.deliver(kind, payload)
        except NotAcknowledgedError:
            return float("inf")
        return (time.perf_counter() - sent) * 1000

    @asynccontextmanager
    async def serving(self, *more: BaseRoute) -> AsyncGenerator[str]:
        """Serve the Web API and `more` during the block, and yield its base URL."""
        routes = [
            Route("/api/auth.test", self._auth_test, methods=["GET", "POST"]),
            Route("/api/apps.connections.open", self._open, methods=["GET", "POST"]),
            WebSocketRoute("/socket-mode", self._sockets.serve),
            *more,
        ]
        with socket.create_server((HOST, 0)) as listening:
            server = _Server(uvicorn.Config(Starlette(routes=routes), log_level="warning", lifespan="off"))
            running = asyncio.create_task(server.serve(sockets=[listening]))
            try:
                yield f"http://{HOST}:{listening.getsockname()[1]}/api/"
            finally:
                await self._sockets.disconnect()
                server.should_exit = True
                await running

    async def _auth_test(self, request: Request) -> Response:
        workspace = self._workspace
        body = {"team": workspace.team.name, "team_id": workspace.team.id, "user_id": workspace.app.user_id}
        return JSONResponse({"ok": True, "url": str(request.base_url), "bot_id": workspace.app.bot_id, **body})

    async def _open(self, request: Request) -> Response:
        return JSONResponse({"ok": True, "url": self._sockets.ticket(str(request.base_url).rstrip("/"))})


class _Server(uvicorn.Server):
    """Leaves signals to the owner of the event loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield
