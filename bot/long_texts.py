"""Reads long texts in a thread, so that nobody else's acknowledgement waits for them."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

SHORT = 400
"""Characters that are read at once: the parser takes up to 0.1 ms for each word."""
LONG = 4_000
"""Longer texts wait in a line of their own, so that a form is read in time: its fields have at most 3,000."""

T = TypeVar("T")


class LongTexts:
    """Lets one text of each size be read at a time: more threads would only take turns with each other."""

    def __init__(self) -> None:
        self._long, self._longest = asyncio.Lock(), asyncio.Lock()

    async def read(self, length: int, work: Callable[[], T]) -> T:
        """Return what `work` returns, which reads a text of this many characters; raises what it raises."""
        if length <= SHORT:
            return work()
        async with self._long if length <= LONG else self._longest:
            return await asyncio.to_thread(work)
