"""The output of `callboard jobs help`."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

Rows = Sequence[tuple[str, str]]


def manual(commands: Rows, filters: Rows) -> RenderableType:
    """Return the commands with their summaries, then the filters with examples."""
    parts: list[RenderableType] = [_table(commands)]
    if filters:
        parts += [Text("\nFilters, in any order:"), _table(filters)]
    return Group(*parts)


def _table(rows: Rows) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 3, 0, 0))
    for cells in rows:
        table.add_row(*map(Text, cells))
    return table
