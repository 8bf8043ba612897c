"""A bot that is told to stop stops, whenever it is told."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import cast

from bot.deps.deps import Deps
from bot.runtime import runner

PATIENCE_S = 20


async def test_a_signal_counts_also_where_a_part_that_starts_swallows_it():
    """As `asyncio.wait_for` of Python 3.11 does when what it waits for comes at the same moment."""
    ended = asyncio.Event()

    @asynccontextmanager
    async def parts() -> AsyncGenerator[Deps]:
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGTERM)
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        try:
            yield cast("Deps", None)
        finally:
            ended.set()

    async with asyncio.timeout(PATIENCE_S) as limit:
        await runner._until_stopped(parts())  # pyright: ignore[reportPrivateUsage]  # what all three commands do
    assert not limit.expired()
    assert ended.is_set()
