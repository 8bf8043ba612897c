"""The line of questions: each requester has a few under way, so that one with many leaves the others theirs."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

from bot.errors import Problem, UsageError

AT_ONCE: Final = 2
"""Questions of one requester that are asked at the same time."""
WAITING_MAX: Final = 10
"""Questions of one requester that wait for their turn; more are refused."""


@dataclass(slots=True)
class _Line:
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    number: int = 0


class Questions:
    """The questions under way in this process, by who asks: a person, the terminal."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    @asynccontextmanager
    async def turn(self, requester: str) -> AsyncGenerator[None]:
        """Wait until this requester may ask one more. Raises UsageError when too many of theirs wait already."""
        line = self._lines.setdefault(requester, _Line())
        if line.number == AT_ONCE + WAITING_MAX:
            raise UsageError(Problem.TOO_MANY_QUESTIONS, str(line.number))
        line.number += 1
        try:
            async with line.turns:
                yield
        finally:
            line.number -= 1
            if not line.number:
                del self._lines[requester]
