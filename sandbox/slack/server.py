"""Serve the local workspaces: on a fixed port for people, on any free port for tests."""

import socket
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import uvicorn

from sandbox.connections import Connection, Line
from sandbox.http_server import GRACE_S, KEEP_ALIVE_S, served
from sandbox.ports import HOST, listen
from sandbox.slack.app import create_app
from sandbox.slack.delivery.delivery import ACK_SECONDS, Delivery
from sandbox.slack.delivery.events import RETRY_AFTER
from sandbox.slack.workspace.workspace import Workspace
from sandbox.slack.workspace.world import World


@asynccontextmanager
async def serving(
    workspace: Workspace | World,
    *,
    host: str = HOST,
    port: int = 0,
    listener: socket.socket | None = None,
    delivery: Delivery | None = None,
    ack_within: float = ACK_SECONDS,
    retry_after: Sequence[float] = RETRY_AFTER,
) -> AsyncGenerator[str]:
    """Serve one or more workspaces while the block runs, and yield the first's base URL.

    Port 0 is any free one. The other workspaces are at the paths that `World.path` returns. A `listener` replaces the
    port. The other arguments are those of `create_app`. Raises OSError when the port is taken.
    """
    app = create_app(workspace, delivery=delivery, ack_within=ack_within, retry_after=retry_after)
    config = uvicorn.Config(
        app,
        http=Connection,
        ws=Line,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    async with served(config, listener or listen(port, host)) as url:
        try:
            yield url
        finally:
            app.state.life.close()
