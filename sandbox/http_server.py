"""One ASGI application on one port, for the workspace and for the clouds."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from sandbox.ports import address

GRACE_S = 1
"""How many seconds a stopping server waits for running requests."""
KEEP_ALIVE_S = 75
"""Longer than any client keeps an idle connection, in seconds, so that no request meets a closing one."""
ACCEPTING_TURNS = 3
"""Event loop turns between asyncio's accept and the connection's protocol (asyncio/selector_events.py)."""
TICK_S = 1.0
"""How often uvicorn updates the `Date` of its answers, in seconds."""


class _Leaving(set[Any]):
    """Connections or tasks of a server. Sets an event when one of them is removed."""

    def __init__(self, left: asyncio.Event) -> None:
        super().__init__()
        self._left = left

    def remove(self, element: Any, /) -> None:
        super().remove(element)
        self._left.set()

    def discard(self, element: Any, /) -> None:
        super().discard(element)
        self._left.set()


class _Server(uvicorn.Server):
    """A server that stops immediately and leaves signals to the program.

    uvicorn's own server checks for a stop every 0.1 s.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._stops, self._left = asyncio.Event(), asyncio.Event()
        self.server_state.connections = _Leaving(self._left)
        self.server_state.tasks = _Leaving(self._left)

    def stop(self) -> None:
        self.should_exit = True
        self._stops.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        yield

    async def main_loop(self) -> None:
        while not await self.on_tick(0):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._stops.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # CPython loses a connection whose server closes between its accept and its transport (gh-109564).
        for listening in sockets or []:
            asyncio.get_running_loop().remove_reader(listening)
        for _ in range(ACCEPTING_TURNS):
            await asyncio.sleep(0)
        for listening in [*self.servers, *(sockets or [])]:
            listening.close()
        for connection in list(self.server_state.connections):
            if not connection.transport.is_closing():
                connection.shutdown()
        try:
            async with asyncio.timeout(self.config.timeout_graceful_shutdown):
                await self._all_left()
        except TimeoutError:
            for task in list(self.server_state.tasks):
                task.cancel()
            for connection in list(self.server_state.connections):
                connection.transport.abort()

    async def _all_left(self) -> None:
        while self.server_state.connections or self.server_state.tasks:
            self._left.clear()
            await self._left.wait()


@asynccontextmanager
async def served(config: uvicorn.Config, listener: socket.socket, *, cut_off: bool = False) -> AsyncGenerator[str]:
    """Serve on a listening socket while the block runs, and yield the base URL. Close the socket afterwards.

    With `cut_off` the server stops without waiting for running requests.
    """
    server = _Server(config)
    url = address(listener)
    running = asyncio.create_task(server.serve(sockets=[listener]), name=f"server of {url}")
    try:
        yield url
    finally:
        server.stop()
        if cut_off:
            for connection in list(server.server_state.connections):
                connection.transport.close()
        await running
        listener.close()
