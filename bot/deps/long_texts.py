"""Parses long texts in a thread, so that other acknowledgements do not wait for them."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

SHORT = 400
"""Texts of up to this many characters need no thread: the parser takes 0.1 ms for each word."""
LONG = 4_000
"""Longer texts have a separate queue, so that forms are parsed in time: a field has at most 3,000 characters."""

T = TypeVar("T")


class LongTexts:
    """Parses one text of each size at a time. More threads would share the same core."""

    def __init__(self) -> None:
        self._long, self._longest = asyncio.Lock(), asyncio.Lock()

    async def read(self, length: int, work: Callable[[], T]) -> T:
        """Return the result of `work`, which parses a text of `length` characters. Raises its errors."""
        if length <= SHORT:
            return work()
        async with self._long if length <= LONG else self._longest:
            return await asyncio.to_thread(work)
