"""Background work: loops that run during a block, and requests that outlive the wait for them."""

import asyncio
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


@contextmanager
def in_background(work: Coroutine[Any, Any, None], name: str) -> Generator[None]:
    """Run work while the block runs, and cancel it after."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        task.cancel()


class Background:
    """Tasks that outlive the handlers that started them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start a task and keep a reference until it is done: the event loop keeps only weak ones."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Cancel the running tasks, and wait until they have ended."""
        running = list(self._tasks)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
