"""Creates, changes and removes the watches of the configuration.

The process that started last decides. While processes are replaced, the earlier ones have another configuration.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

import structlog

from bot.deps.deps import Deps
from bot.domain.errors import UsageError
from bot.domain.notifications import ChangedWatches, WatchChange
from bot.domain.outbox import NoteEntry
from bot.domain.slack_ids import qualify, workspace_of
from bot.domain.watches import Rules, Watch, WatchSpec
from bot.task_queue.enqueue import enqueue_delivery
from bot.watches.copies import READ_MAX
from bot.watches.rules import Change, change_rules, read_rules

log = structlog.get_logger("callboard")


async def claim(deps: Deps) -> None:
    """Put the configuration of this process in force, once. Raises StoreUnavailable."""
    if deps.configured.claimed or deps.workspaces is None:
        return
    await deps.store.watches.configures(deps.configured.digest)
    await apply(deps, await deps.store.outbox.destinations())
    deps.configured.claimed = True


async def apply(deps: Deps, destinations: Collection[str]) -> None:
    """Apply the configured watches to all destinations, if this configuration is in force.

    `destinations` are all that have watches. Raises StoreUnavailable.
    """
    if deps.workspaces is None or not await _in_force(deps):
        return
    deps, wanted = deps.whole, await _wanted(deps)
    for destination in sorted({*wanted, *await _configured(deps, destinations)}):
        try:
            await _apply(deps, destination, wanted.get(destination, ()))
        except UsageError:  # a newer version has records there, and its processes apply their configuration
            log.warning("configured watches were not changed", destination=destination)


async def _in_force(deps: Deps) -> bool:
    """Return whether the configuration of this process is in force. A database reset deletes that record."""
    digest = await deps.store.watches.configured()
    if not digest:
        await deps.store.watches.configures(deps.configured.digest)
    return digest in {"", deps.configured.digest}


async def _wanted(deps: Deps) -> Mapping[str, Sequence[WatchSpec]]:
    """Return the watches of the configuration by destination, for workspaces that have the app."""
    ids = await deps.workspaces.ids() if deps.workspaces else ()
    found: dict[str, list[WatchSpec]] = defaultdict(list)
    for each in deps.configured.wanted:
        alone = ids[0] if len(ids) == 1 and "/" not in each.channel else ""
        destination = qualify(alone, each.channel)
        if workspace_of(destination) in ids:
            found[destination].append(each.spec)
        else:
            log.warning("configured watch waits: its workspace does not have the app", channel=each.channel)
    return found


async def _configured(deps: Deps, destinations: Collection[str]) -> list[str]:
    """Return the destinations among these that have watches from a configuration."""
    known, found = sorted(destinations), list[str]()
    for start in range(0, len(known), READ_MAX):
        snapshots = await deps.store.watches.read(known[start : start + READ_MAX])
        found += [each.destination for each in snapshots if any(one.configured for one in each.rules.watches)]
    return found


async def _apply(deps: Deps, destination: str, wanted: Sequence[WatchSpec]) -> None:
    (rules,) = await read_rules(deps, destination)
    gone, missing = _difference(rules, wanted)
    if not (gone or missing):
        return
    ids = [each.id for each in gone]
    for spec in missing[len(ids) :]:
        if (number := await deps.store.watches.number_watch(destination)) is None:
            log.warning("too many watches in the workspace", destination=destination, words=spec.words())
            return
        ids.append(number)
    await change_rules(deps, destination, lambda rules: _changes(deps, destination, rules, wanted, ids))
    await enqueue_delivery(deps, destination)


def _difference(rules: Rules, wanted: Sequence[WatchSpec]) -> tuple[list[Watch], list[WatchSpec]]:
    """Return the configured watches that are no longer wanted, and the missing ones."""
    mine = [each for each in rules.watches if each.configured]
    there, names = {each.spec.same() for each in mine}, {spec.same() for spec in wanted}
    return [each for each in mine if each.spec.same() not in names], [s for s in wanted if s.same() not in there]


def _changes(deps: Deps, destination: str, rules: Rules, wanted: Sequence[WatchSpec], ids: Sequence[str]) -> Change:
    """Return what to write. A watch whose words changed keeps its id."""
    gone, missing = _difference(rules, wanted)
    if not (gone or missing):
        return Change()
    old = {each.id: each for each in gone}
    new = [_watch(deps, destination, each, spec, old.get(each)) for each, spec in zip(ids, missing, strict=False)]
    records: dict[str, Watch | None] = {**dict.fromkeys(old), **{each.id: each for each in new}}
    return Change(records, _line(destination, gone, new))


def _watch(deps: Deps, destination: str, watch_id: str, spec: WatchSpec, before: Watch | None) -> Watch:
    """Return a watch of the configuration, new or as a replacement."""
    if before:
        return before.model_copy(update={"spec": spec, "changed_at": deps.clock()})
    return Watch(id=watch_id, place=destination, owner="", at=deps.clock(), spec=spec, configured=True)


def _line(destination: str, gone: Sequence[Watch], new: Sequence[Watch]) -> NoteEntry:
    """Return the one line that says what the configuration changed."""
    change = WatchChange.REMOVED if not new else WatchChange.CHANGED if gone else WatchChange.ADDED
    return NoteEntry(note=ChangedWatches(place=destination, watch_change=change, watches=new or gone, by=""))
