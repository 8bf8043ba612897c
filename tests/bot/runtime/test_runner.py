"""A signal stops the bot at any time."""

import asyncio
import os
import signal
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import cast

from bot.deps.deps import Deps
from bot.runtime import runner

PATIENCE_S = 20


async def test_a_signal_works_although_a_starting_part_swallows_it():
    """`asyncio.wait_for` of Python 3.11 swallows a cancellation in the moment of its result."""
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
