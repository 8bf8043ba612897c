"""The simulated clouds on a port."""

import asyncio
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sandbox.clouds.app import create_app
from sandbox.clouds.misbehave import TRANSPORT
from sandbox.clouds.world import World

PORT = 9100


class _Protocol(H11Protocol):
    """Lets the application reach a connection, so that it can break it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app_state = {**self.app_state, TRANSPORT: transport}


class _Server(uvicorn.Server):
    """Leaves the process's signals to whoever runs it."""

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


@asynccontextmanager
async def serving(world: World, port: int = 0, host: str = "127.0.0.1") -> AsyncGenerator[str, None]:
    """Serve a world for as long as the context lasts, and yield its base URL; port 0 is any free one."""
    listener = _listen(host, port)
    config = uvicorn.Config(
        create_app(world),
        http=_Protocol,
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name="simulated clouds")
    try:
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        for connection in list(server.server_state.connections):
            connection.transport.close()  # nobody waits for a request that hangs on purpose
        await task


def _listen(host: str, port: int) -> socket.socket:
    """A listening socket that names its protocol: asyncio turns Nagle's delay (40 ms an answer) off only for those."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


async def run(port: int = PORT, world: World | None = None, host: str = "127.0.0.1") -> None:
    """Serve a world until cancelled."""
    async with serving(world or World(), port, host):
        await asyncio.Event().wait()
