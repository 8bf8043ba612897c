"""Graceful shutdown: waits for running handlers. Slack does not redeliver a request that was acknowledged."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.listener.async_listener_completion_handler import AsyncListenerCompletionHandler
from slack_bolt.listener.async_listener_start_handler import AsyncListenerStartHandler
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

FINISH_S = 20.0
"""Seconds for running handlers to finish during a shutdown, as many as for a worker's tasks."""

_log = structlog.stdlib.get_logger(__name__)


class InFlightHandlers:
    """Counts the running handlers of an app. Bolt acknowledges payloads without waiting for handlers."""

    def __init__(self, app: AsyncApp) -> None:
        self._number = 0
        self._changed = asyncio.Condition()
        app.listener_runner.listener_start_handler = _Started(self)
        app.listener_runner.listener_completion_handler = _Ended(self)

    async def count(self, change: int) -> None:
        """Add 1 for a started handler, or -1 for an ended one."""
        async with self._changed:
            self._number += change
            self._changed.notify_all()

    async def nothing(self) -> None:
        """Wait until no handler runs."""
        await asyncio.sleep(0)  # a handler starts one step of the event loop after the acknowledgement
        async with self._changed:
            await self._changed.wait_for(lambda: not self._number)


class _Started(AsyncListenerStartHandler):
    def __init__(self, in_flight: InFlightHandlers) -> None:
        self._under_way = in_flight

    async def handle(self, request: AsyncBoltRequest, response: BoltResponse | None) -> None:
        del request, response
        await self._under_way.count(1)


class _Ended(AsyncListenerCompletionHandler):
    def __init__(self, in_flight: InFlightHandlers) -> None:
        self._under_way = in_flight

    async def handle(self, request: AsyncBoltRequest, response: BoltResponse | None) -> None:
        del request, response
        await self._under_way.count(-1)


@asynccontextmanager
async def drain(app: AsyncApp) -> AsyncGenerator[InFlightHandlers]:
    """Let running handlers finish after the block. Stop the sources of payloads before that."""
    in_flight = InFlightHandlers(app)
    try:
        yield in_flight
    finally:
        try:
            async with asyncio.timeout(FINISH_S):
                await in_flight.nothing()
        except TimeoutError:
            _log.warning("stopping while handlers are still running")
