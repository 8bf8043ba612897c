"""Reads the words of `[[watches]]`, and finds what is wrong with these tables."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from bot.config.errors import Problem, shown
from bot.domain.catalog import Catalog
from bot.domain.watches import PER_CHANNEL, ConfiguredWatch, WatchSpec

ReadWatch = Callable[[str, Catalog], WatchSpec]
"""Reads the words of a watch; raises ValueError, whose text says what to write instead."""


class Table(Protocol):
    """One `[[watches]]` table."""

    @property
    def channel(self) -> str: ...
    @property
    def words(self) -> str: ...


def read_watches(
    tables: Iterable[Table], read: ReadWatch, catalog: Catalog, *, several: bool
) -> tuple[Sequence[ConfiguredWatch], list[Problem]]:
    """Return the watches of the tables, and what is wrong with them; `several` workspaces may have the app."""
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
    """Find what is wrong with a watch beside its words; `before` are those above it, by index."""
    problems: list[Problem] = []
    if several and "/" not in channel:
        text = f'found {shown(channel)}, expected it with its workspace, such as "T024BE7LD/{channel}"'
        problems.append(Problem(("watches", index, "channel"), text))
    if spec.to == "dm":
        problems.append(_wrong_words(index, "found to:dm, expected a watch of the channel: leave it out"))
    same = [at for at, each in before.items() if (each.channel, each.spec.same()) == (channel, spec.same())]
    if same:
        problems.append(_wrong_words(index, f"found the same as watches[{same[0]}], expected one of them"))
    if sum(each.channel == channel for each in before.values()) >= PER_CHANNEL:
        text = f"found more than {PER_CHANNEL} watches of {shown(channel)}, expected fewer"
        problems.append(Problem(("watches", index), text))
    return problems


def _wrong_words(index: int, reason: str) -> Problem:
    return Problem(("watches", index, "words"), reason)
