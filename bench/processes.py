"""Processes that run beside the measured one."""

import multiprocessing
import os
from collections.abc import Callable, Generator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

POLITE = 10
"""The niceness of processes that must not disturb a clock."""


@contextmanager
def process(
    serve: Callable[..., None], *args: Any, core: int | None = None, niceness: int = 0
) -> Generator[Connection]:
    """Run `serve(connection, …)` in another process during the block; yield our end of the connection."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    running = spawn.Process(target=_run, args=(core, niceness, serve, theirs, *args), daemon=True)
    running.start()
    theirs.close()
    try:
        yield ours
    finally:
        running.terminate()
        running.join()
        ours.close()


def _run(core: int | None, niceness: int, serve: Callable[..., None], *args: Any) -> None:
    stay_on(core)
    os.nice(niceness)
    serve(*args)


def cores() -> tuple[int | None, int | None]:
    """Return one core for what is measured and one for everything else; None where that is impossible."""
    if not hasattr(os, "sched_getaffinity"):
        return None, None
    usable = sorted(os.sched_getaffinity(0))
    return usable[-1], usable[0]


def stay_on(core: int | None) -> None:
    """Keep this process, and those that it starts later, on one core."""
    if core is not None:
        os.sched_setaffinity(0, {core})
