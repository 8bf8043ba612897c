"""A deadline for a whole question, seen by every request that the question makes."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from contextvars import ContextVar

DEFAULT_S = 10.0
_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def remaining() -> float:
    """Seconds until the deadline of the question being answered; the default outside of any."""
    deadline = _deadline.get()
    return DEFAULT_S if deadline is None else deadline - asyncio.get_running_loop().time()


@asynccontextmanager
async def within(seconds: float) -> AsyncGenerator[None]:
    """Give the block this many seconds, or what is left of an outer deadline; raises TimeoutError when they are over.

    Requests inside see the deadline through `remaining()`: they do not start a wait that would outlive it, so that
    the reason for being late (throttled, say) is told instead of the lateness alone.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    outer = _deadline.get()
    token = _deadline.set(deadline if outer is None else min(outer, deadline))
    try:
        async with asyncio.timeout(seconds):
            yield
    finally:
        _deadline.reset(token)
