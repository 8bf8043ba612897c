"""A process that may die at any step in Redis, and several that interleave.

The story chooses the order of their steps.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from typing import Any, cast

from bot.store.redis.connection import Part, RedisLink
from bot.store.redis.scripts import script


class Crash(BaseException):
    """The process died here."""


@dataclass
class Fuse:
    """Lets the process die at the step with this number, before or after it took effect. None never does."""

    left: int | None = None
    after: bool = False
    blown: bool = False

    def step(self, *, after: bool) -> None:
        if self.left is None or after is not self.after:
            return
        self.left -= 1
        if self.left < 0:
            self.left, self.blown = None, True
            raise Crash


class Turns:
    """Lets tasks continue one step at a time, in an order that the story chooses."""

    def __init__(self) -> None:
        self._gates: dict[asyncio.Task[Any], asyncio.Event] = {}
        self._arrived = asyncio.Event()

    async def gate(self) -> None:
        """Wait for the turn of the calling task. Outside of a story of several, no task waits."""
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        if gate := self._gates.get(task):
            gate.clear()
            self._arrived.set()
            await gate.wait()

    async def run(self, order: Iterator[int], *work: Awaitable[Any]) -> None:
        """Run all of these, interleaved. Raises what one of them raised."""
        tasks = [asyncio.ensure_future(self._one(each)) for each in work]
        self._gates = {task: asyncio.Event() for task in tasks}
        for task in tasks:
            task.add_done_callback(lambda _: self._arrived.set())
        while alive := [task for task in tasks if not task.done()]:
            self._arrived.clear()
            self._gates[alive[next(order) % len(alive)]].set()
            await self._arrived.wait()
        self._gates = {}
        for task in tasks:
            task.result()

    async def _one(self, work: Awaitable[Any]) -> None:
        await self._gates[cast("asyncio.Task[Any]", asyncio.current_task())].wait()
        await work


class Fragile(RedisLink):
    """A connection at each of whose steps a process may die. Slack's pace, which Redis counts in real time, is over."""

    def __init__(self, link: RedisLink, step: Callable[..., Awaitable[None]]) -> None:
        super().__init__(link.redis)
        self._step = step

    async def execute(self, *command: Part) -> Any:
        await self._step(after=False)
        if command[:2] == ("EVAL", script("begin")):
            await super().execute("DEL", command[4])
        told = -2 if command[0] == "PTTL" else await super().execute(*command)
        await self._step(after=True)
        return told

    async def execute_many(self, commands: Any, *, atomic: bool = False) -> list[Any]:
        await self._step(after=False)
        told = await super().execute_many(commands, atomic=atomic)
        await self._step(after=True)
        return told
