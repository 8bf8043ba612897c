"""Costs of contestants that take turns, and the table that compares them."""

import gc
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeAlias

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

WIDTH = 120


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of one run: CPU seconds of this process (all threads) and wall-clock seconds."""

    cpu_s: float
    wall_s: float


Run: TypeAlias = Callable[[], Awaitable[object]]


async def measured(run: Run) -> Cost:
    """Run once and return the cost. Garbage of earlier runs is collected before the clock starts."""
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    kept = await run()
    cost = Cost(time.process_time() - cpu, time.perf_counter() - wall)
    del kept  # freeing the answer is not part of the measurement
    return cost


async def in_turns(prepare: Mapping[str, Callable[[], Run]], rounds: int) -> dict[str, Cost]:
    """Run every contestant once per round, and return the medians: a busy moment of the machine affects all.

    A contestant's preparation before its run is not measured.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in prepare}
    for _ in range(rounds):
        for name, ready in prepare.items():
            costs[name].append(await measured(ready()))
    return {name: _median(each) for name, each in costs.items()}


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(median(cost.cpu_s for cost in costs), median(cost.wall_s for cost in costs))


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; the first column is text, the others are figures."""
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    Console(width=WIDTH).print(table)
