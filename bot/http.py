"""What is served over HTTP: probes and figures for an operator, and Slack's way in where it calls us."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, cast

import structlog
import uvicorn
from slack_bolt.adapter.starlette.async_handler import to_starlette_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_sdk.signature import SignatureVerifier
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from bot.config import Http
from bot.config_errors import ConfigError
from bot.door import filled, odd_fields, payload_of
from bot.metrics import CONTENT_TYPE, Metrics

Reason = Callable[[], Awaitable[str | None]]
"""Looks at one thing that work needs; returns a line that says what is wrong, or None."""

_log = structlog.stdlib.get_logger(__name__)

BODY_MAX = 1_000_000
"""Bytes of a request, at most: Slack's largest payloads, with a modal's 250 kB, are far smaller."""
READY_S = 2.0
"""A reason that does not answer for so long is one by itself."""
BACKLOG = 2048
"""Connections that may wait to be accepted."""


def create_http(reasons: Sequence[Reason], metrics: Metrics, *more: Route, notices: Sequence[Reason] = ()) -> Starlette:
    """Return the routes that a load balancer and Prometheus call, and those of `more`.

    `/readyz` asks every reason why no work can be done now, at the same time. What `notices` say an operator has to
    know; the process works all the same, so its status stays 200.
    """

    async def alive(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_: Request) -> Response:
        found = [told for told in await asyncio.gather(*map(_told, reasons)) if told]
        degraded = [f"degraded: {told}" for told in await asyncio.gather(*map(_told, notices)) if told]
        lines = [*(found or ["ok"]), *degraded]
        return PlainTextResponse("".join(f"{line}\n" for line in lines), 503 if found else 200)

    async def figures(_: Request) -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return Starlette(
        routes=[Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", figures), *more],
    )


async def _told(reason: Reason) -> str | None:
    try:
        async with asyncio.timeout(READY_S):
            return await reason()
    except TimeoutError:
        named = reason.func if isinstance(reason, partial) else reason
        return f"no answer within {READY_S:g} s from {named.__qualname__.rpartition('<locals>.')[2]}"


def slack_events(app: AsyncApp, signing_secret: str) -> Route:
    """Return the route that Slack calls: commands, clicks and events, signed and not older than 5 minutes.

    Nothing of a request is read before its signature proves that it is Slack's and its time that it is not an old one.
    """
    verifier = SignatureVerifier(signing_secret)

    async def events(request: Request) -> Response:
        if not 0 < int(request.headers.get("content-length", "0")) <= BODY_MAX:
            return PlainTextResponse(f"expected a body of 1 to {BODY_MAX} bytes, and its content-length\n", 413)
        if not await _signed(request, verifier):
            if "x-slack-signature" in request.headers:  # else it does not even say that it is Slack's
                _log.warning("refused a request: slack.signing_secret did not sign it in the last 5 minutes")
            return PlainTextResponse("not signed by Slack, or too long ago\n", 401)
        try:
            payload = filled(payload_of(await request.body()))
        except ValueError:
            payload = None
        if odd := odd_fields(payload):
            _log.warning("refused a payload that Slack does not send", fields=odd)
            return PlainTextResponse("not a payload of Slack\n", 400)
        # As Socket Mode hands them over: Bolt looks for a signature in the others.
        read = AsyncBoltRequest(body=cast("dict[str, Any]", payload), mode="socket_mode")
        return to_starlette_response(await app.async_dispatch(read))

    return Route("/slack/events", events, methods=["POST"])


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
async def serving(app: Starlette, listening: socket.socket) -> AsyncGenerator[None]:
    """Serve while the block runs; whoever connects from its start on is answered, and the socket is closed at the end.

    Requests that came before the end of the block are still answered.
    """
    with listening:
        server = _Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        task = asyncio.create_task(server.serve(sockets=[listening]), name="http")
        try:
            yield
        finally:
            server.should_exit = True
            await task


def listen(settings: Http) -> socket.socket:
    """Open the port of the settings. Raises ConfigError for a taken one."""
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
