"""Read the words of `[[watches]]`, and find problems in these tables."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from bot.config.errors import Problem, shown
from bot.domain.catalog import Catalog
from bot.domain.watches import PER_CHANNEL, ConfiguredWatch, WatchSpec

ReadWatch = Callable[[str, Catalog], WatchSpec]
"""Reads the words of a watch. Raises ValueError with a text that says what to write instead."""


class Table(Protocol):
    """One `[[watches]]` table."""

    @property
    def channel(self) -> str: ...
    @property
    def words(self) -> str: ...


def read_watches(
    tables: Iterable[Table], read: ReadWatch, catalog: Catalog, *, several: bool
) -> tuple[Sequence[ConfiguredWatch], list[Problem]]:
    """Return the watches of the tables, and their problems. With `several`, several workspaces may have the app."""
    found: dict[int, ConfiguredWatch] = {}
    problems: list[Problem] = []
    for index, table in enumerate(tables):
        try:
            spec = read(table.words, catalog)
        except ValueError as error:
            problems.append(_wrong_words(index, str(error)))
            continue
        problems += _problems(index, table.channel, spec, found, several=several)
        found[index] = ConfiguredWatch(table.channel, spec)
    return tuple(found.values()), problems


def _problems(
    index: int, channel: str, spec: WatchSpec, before: Mapping[int, ConfiguredWatch], *, several: bool
) -> list[Problem]:
    """Find the problems of a watch, except in its words. `before` are the watches above it, by index."""
    problems: list[Problem] = []
    if several and "/" not in channel:
        text = f'found {shown(channel)}, expected its workspace as well, such as "T024BE7LD/{channel}"'
        problems.append(Problem(("watches", index, "channel"), text))
    if spec.to == "dm":
        problems.append(_wrong_words(index, "found to:dm, expected a watch of the channel: remove to:dm"))
    same = [at for at, each in before.items() if (each.channel, each.spec.same()) == (channel, spec.same())]
    if same:
        problems.append(_wrong_words(index, f"found a duplicate of watches[{same[0]}], expected only one"))
    if sum(each.channel == channel for each in before.values()) >= PER_CHANNEL:
        text = f"found more than {PER_CHANNEL} watches of {shown(channel)}, expected at most {PER_CHANNEL}"
        problems.append(Problem(("watches", index), text))
    return problems


def _wrong_words(index: int, reason: str) -> Problem:
    return Problem(("watches", index, "words"), reason)
