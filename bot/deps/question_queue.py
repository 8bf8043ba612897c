"""A queue of questions for each requester. A requester with many questions does not delay the others."""

import asyncio
from collections.abc import AsyncGenerator, Hashable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from bot.domain.errors import Problem, UsageError

AT_ONCE: Final = 2
"""Questions of one requester that run at the same time."""
WAITING_MAX: Final = 10
"""Questions of one requester that may wait for their turn. Further ones are refused."""


@dataclass(eq=False, slots=True)
class _Turn:
    """The turn of a question, and the number of callers that share it."""

    came: asyncio.Event = field(default_factory=asyncio.Event)
    askers: int = 0


_Line = dict[Hashable, _Turn]
"""The questions of a requester, oldest first. The first AT_ONCE have their turn."""


class Questions:
    """The running and waiting questions in this process, by requester: a person or the terminal."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    @asynccontextmanager
    async def turn(self, requester: str, question: Hashable) -> AsyncGenerator[None]:
        """Wait for the turn of a question. Equal questions share a turn and their requests.

        Raises UsageError if too many questions of this requester are waiting.
        """
        line = self._lines.setdefault(requester, {})
        if question not in line and len(line) == AT_ONCE + WAITING_MAX:
            raise UsageError(Problem.TOO_MANY_QUESTIONS, str(len(line)))
        turn = line.setdefault(question, _Turn())
        turn.askers += 1
        _call(line)
        try:
            await turn.came.wait()
            yield
        finally:
            turn.askers -= 1
            if not turn.askers:
                del line[question]
                _call(line)
            if not line:
                del self._lines[requester]


def _call(line: _Line) -> None:
    for turn in islice(line.values(), AT_ONCE):
        turn.came.set()
