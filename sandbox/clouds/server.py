"""The simulated clouds on a port."""

import asyncio
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import uvicorn

from sandbox.clouds.app import create_app
from sandbox.clouds.world import World
from sandbox.connections import Connection
from sandbox.http_server import GRACE_S, KEEP_ALIVE_S, served
from sandbox.ports import CLOUDS_PORT, HOST, listen

PORT = CLOUDS_PORT


@asynccontextmanager
async def serving(
    world: World, port: int = 0, host: str = HOST, *, listener: socket.socket | None = None
) -> AsyncGenerator[str]:
    """Serve a world while the context lasts, and yield its base URL. Port 0 is any free one.

    A `listener` replaces the port. Raises OSError when the port is taken.
    """
    config = uvicorn.Config(
        create_app(world),
        http=Connection,
        ws="none",
        lifespan="off",
        access_log=False,
        date_header=False,  # each service writes its own clock's date
        log_config=None,
        timeout_graceful_shutdown=GRACE_S,
        timeout_keep_alive=KEEP_ALIVE_S,
    )
    # Cut off, because a fault can hang a request forever.
    async with served(config, listener or listen(port, host), cut_off=True) as url:
        yield url


async def run(port: int = PORT, world: World | None = None, host: str = HOST) -> None:
    """Serve a world until canceled."""
    async with serving(world or World(), port, host):
        await asyncio.Event().wait()
