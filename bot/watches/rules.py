"""Reads and changes the rules of a destination: its watches and mutes."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from bot.deps.deps import Deps
from bot.deps.outboxes import refuse_newer
from bot.domain.errors import Problem, UsageError
from bot.domain.outbox import NoteEntry
from bot.domain.watches import PER_CHANNEL, Mute, Rules, Watch
from bot.watches.copies import copy_watches


class Change(NamedTuple):
    """Watches and mutes to write by id, and the channel's line about it. None removes one."""

    records: Mapping[str, Watch | Mute | None] = MappingProxyType({})
    line: NoteEntry | None = None


async def read_rules(deps: Deps, *destinations: str) -> list[Rules]:
    """Return the rules of destinations. Raises StoreUnavailable, and UsageError where a newer version wrote them."""
    snapshots = await deps.store.watches.read(destinations)
    refuse_newer(*snapshots)
    return [snapshot.rules for snapshot in snapshots]


async def change_rules(deps: Deps, destination: str, decide: Callable[[Rules], Change]) -> Rules:
    """Change the rules of a destination, and copy its watches beside their services.

    Returns the new rules. `decide` returns what to write. It is called again where the rules changed in between. Raises
    StoreUnavailable, and UsageError where a newer version wrote the rules.
    """
    while True:
        (rules,) = await read_rules(deps, destination)
        records, line = decide(rules)
        if not records:
            break
        if await deps.store.watches.change(destination, rules, records, deps.clock(), line) is not None:
            (rules,) = await read_rules(deps, destination)
            break
    await copy_watches(deps, destination)
    await deps.store.watches.count(destination, len(rules.active))
    return rules


def refuse_more(rules: Rules, more: int) -> None:
    """Check that a destination may have so many more watches. Raises UsageError."""
    if more and len(rules.active) + more > PER_CHANNEL:
        raise UsageError(Problem.TOO_MANY_WATCHES, str(PER_CHANNEL))
