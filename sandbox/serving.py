"""One web application on one port: what the workspace and the clouds have in common."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager

import uvicorn

from sandbox.ports import address

GRACE_S = 1
"""How long a stopping server waits for requests that are under way."""
KEEP_ALIVE_S = 75
"""Longer than any client keeps an idle connection, so that no request meets a closing one."""


class _Server(uvicorn.Server):
    """Leaves signals to whoever runs the event loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield


@asynccontextmanager
async def served(config: uvicorn.Config, listener: socket.socket, *, cut_off: bool = False) -> AsyncGenerator[str]:
    """Serve on a listening socket while the block runs, and yield the base URL; the socket is closed at the end.

    With `cut_off` nobody waits at the end for requests that are under way.
    """
    server = _Server(config)
    url = address(listener)
    running = asyncio.create_task(server.serve(sockets=[listener]), name=f"server of {url}")
    try:
        yield url
    finally:
        server.should_exit = True
        if cut_off:
            for connection in list(server.server_state.connections):
                connection.transport.close()
        await running
        listener.close()
