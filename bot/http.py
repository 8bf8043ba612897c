"""Slack's way in over HTTP."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.config import Http
from bot.config_errors import ConfigError
from bot.store import Store, StoreUnavailable

BODY_MAX = 1_000_000
"""Bytes of a request, at most: Slack's largest payloads, with a modal's 250 kB, are far smaller."""
BACKLOG = 2048
"""Connections that may wait to be accepted."""


def create_http(app: AsyncApp, signing_secret: str, store: Store) -> Starlette:
    """Return the routes that Slack and a load balancer call.

    Nothing of a request is read before its signature proves that it is Slack's and its time that it is not an old one.
    """
    handler = AsyncSlackRequestHandler(app)
    verifier = SignatureVerifier(signing_secret)

    async def events(request: Request) -> Response:
        if not 0 < int(request.headers.get("content-length", "0")) <= BODY_MAX:
            return PlainTextResponse(f"expected a body of 1 to {BODY_MAX} bytes, and its content-length\n", 413)
        if not await _signed(request, verifier):
            return PlainTextResponse("not signed by Slack, or too long ago\n", 401)
        return await handler.handle(request)

    async def alive(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_: Request) -> Response:
        try:
            await store.ping()
        except StoreUnavailable:
            return PlainTextResponse("Redis cannot be reached\n", 503)
        return PlainTextResponse("ok\n")

    return Starlette(
        routes=[
            Route("/slack/events", events, methods=["POST"]),
            Route("/healthz", alive),
            Route("/readyz", ready),
        ]
    )


async def _signed(request: Request, verifier: SignatureVerifier) -> bool:
    try:
        return verifier.is_valid_request(await request.body(), dict(request.headers))
    except ValueError:  # a time that is no number, a body that is no text
        return False


class _Server(uvicorn.Server):
    """Leaves the process's signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def serving(app: Starlette, settings: Http) -> AsyncGenerator[None]:
    """Serve while the block runs; whoever connects from its start on is answered. Raises ConfigError for a taken port.

    Requests that came before the end of the block are still answered.
    """
    with _listen(settings) as listening:
        server = _Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        task = asyncio.create_task(server.serve(sockets=[listening]), name="http")
        try:
            yield
        finally:
            server.should_exit = True
            await task


def _listen(settings: Http) -> socket.socket:
    # A socket that names its protocol: asyncio turns Nagle's delay (40 ms an answer) off only for those.
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((settings.host, settings.port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        reason = error.strerror or type(error).__name__
        raise ConfigError(f"http: cannot listen on {settings.host}, port {settings.port}: {reason}") from None
    return listening
