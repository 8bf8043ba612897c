"""Reads long texts in a thread, so that no other acknowledgement waits for them."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

SHORT = 400
"""Texts of up to this many characters are read at once: the parser takes 0.1 ms a word."""
LONG = 4_000
"""Longer texts have a queue of their own, so that forms are read in time: a field has at most 3,000 characters."""

T = TypeVar("T")


class LongTexts:
    """Reads one text of each size at a time. More threads would share the same core."""

    def __init__(self) -> None:
        self._long, self._longest = asyncio.Lock(), asyncio.Lock()

    async def read(self, length: int, work: Callable[[], T]) -> T:
        """Return the result of `work`, which reads a text of `length` characters; raises its errors."""
        if length <= SHORT:
            return work()
        async with self._long if length <= LONG else self._longest:
            return await asyncio.to_thread(work)
