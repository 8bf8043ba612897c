"""The HTTP server, with its probes and metrics for operators."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot.config.settings import Http
from bot.deps.metrics import CONTENT_TYPE, Metrics
from bot.domain.errors import ConfigError
from bot.runtime.http_limits import IDLE_S, Connections, LimitedProtocol, connections_max, unambiguous

Look = Callable[[], Awaitable[str | None]]
"""A check of one dependency. Returns a line about what is wrong, or None."""
READY_S = 2.0
"""The timeout of a check in seconds. After it, the check counts as failed."""
BACKLOG = 2048
"""Connections that may wait to be accepted."""
ACCEPTED_AT_ONCE = 16
"""Connections that asyncio accepts in one step. They are few, so that the limit of connections holds."""
SILENT_MAX_S = 1
"""A connection is accepted with its first bytes, or after this many seconds."""
ADMIN_SHARE = 8
"""The listener for probes allows this fraction of the connections of Slack's listener."""


@dataclass(frozen=True, slots=True)
class Reason:
    """A dependency to check. `/readyz` reports it by its name if the check times out."""

    name: str
    look: Look


def site(*routes: BaseRoute) -> Starlette:
    """Return an app that serves these routes and no other address."""
    app = Starlette(routes=routes)
    app.router.redirect_slashes = False  # a redirect would repeat the Host header, which a stranger can set
    return app


def probes(reasons: Sequence[Reason], metrics: Metrics, notices: Sequence[Reason] = ()) -> Sequence[Route]:
    """Return the routes that a load balancer and Prometheus call.

    `/readyz` runs all checks concurrently, and answers 503 if one of `reasons` fails. `notices` are for an operator:
    the process works, so the status stays 200.
    """

    async def alive(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def ready(_: Request) -> Response:
        found = [line for line in await asyncio.gather(*map(_reasons, reasons)) if line]
        degraded = [f"degraded: {line}" for line in await asyncio.gather(*map(_reasons, notices)) if line]
        lines = [*(found or ["ok"]), *degraded]
        return PlainTextResponse("".join(f"{line}\n" for line in lines), 503 if found else 200)

    async def figures(_: Request) -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)

    return [Route("/healthz", alive), Route("/readyz", ready), Route("/metrics", figures)]


async def _reasons(reason: Reason) -> str | None:
    try:
        async with asyncio.timeout(READY_S):
            return await reason.look()
    except TimeoutError:
        return f"{reason.name} timed out after {READY_S:g} s"


class _Server(uvicorn.Server):
    """A server that leaves the process's signals to `bot.runtime.runner`."""

    def __init__(self, config: uvicorn.Config, connections: Connections) -> None:
        super().__init__(config)
        self.server_state = connections

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        for listening in sockets or []:
            listening.listen(BACKLOG)  # asyncio listened with ACCEPTED_AT_ONCE, its number for both

    @contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def serving(
    app: Starlette, listening: socket.socket, metrics: Metrics, *, share: int = 1
) -> AsyncGenerator[Connections]:
    """Serve an app on a socket while the block runs, then close the socket.

    Requests that arrived before the end of the block are still answered. `share` is that of `connections_max`.
    """
    with listening:
        config = uvicorn.Config(
            unambiguous(app),
            http=LimitedProtocol,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            backlog=ACCEPTED_AT_ONCE,
            timeout_keep_alive=IDLE_S,
        )
        connections = Connections(connections_max(share), metrics.refused)
        server = _Server(config, connections)
        task = asyncio.create_task(server.serve(sockets=[listening]), name="http")
        try:
            yield connections
        finally:
            server.should_exit = True
            await task


def listen(settings: Http, port: int | None = None) -> socket.socket:
    """Open the port of the settings, or another one on the same host. Raises ConfigError if it is taken."""
    host, port = settings.host, settings.port if port is None else port
    # Name the protocol: asyncio only then turns off Nagle's algorithm, which delays answers by 40 ms.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(AttributeError, OSError):  # Linux only: a connection counts from its first bytes
            listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, SILENT_MAX_S)
        listening.bind((host, port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        reason = error.strerror or type(error).__name__
        raise ConfigError(f"http: cannot listen on {host}, port {port}: {reason}") from None
    return listening
