"""Reads long texts in a thread, so that nobody else's acknowledgement waits for them."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

SHORT = 400
"""Characters that are read at once: the parser takes up to 0.1 ms for each word."""
LONG = 4_000
"""Characters of the texts that wait for those alone which are no longer. A field of a form has 3,000 at most."""

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
