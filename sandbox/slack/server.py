"""Starts the local workspace: on a port for people, on any free port for tests."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager

import uvicorn

from sandbox.slack.app import create_app
from sandbox.slack.delivery import ACK_SECONDS, Delivery
from sandbox.slack.workspace import Workspace

HOST = "127.0.0.1"
PORT = 8080
_GRACE_SECONDS = 1


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the event loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def serving(
    workspace: Workspace,
    *,
    host: str = HOST,
    port: int = 0,
    delivery: Delivery | None = None,
    ack_within: float = ACK_SECONDS,
) -> AsyncGenerator[str]:
    """Serve the workspace while the block runs, and give its base URL; port 0 is any free one.

    The other arguments are those of `create_app`. Raises OSError when the port is taken.
    """
    app = create_app(workspace, delivery=delivery, ack_within=ack_within)
    # Listening already: whoever connects before uvicorn accepts waits in the kernel's queue.
    with socket.create_server((host, port)) as listening:
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=_GRACE_SECONDS
        )
        server = _Server(config)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://{host}:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


async def run(workspace: Workspace, *, host: str = HOST, port: int = PORT) -> None:
    """Serve the workspace until cancelled. Raises OSError when the port is taken."""
    async with serving(workspace, host=host, port=port):
        await asyncio.Event().wait()
