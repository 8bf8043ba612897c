"""Watch a scope in a destination, change a watch, and send a test notification."""

import secrets
from collections.abc import Mapping
from typing import NamedTuple

from bot.delivery.dispatcher import deliver_now
from bot.deps.deps import Deps
from bot.domain.errors import Problem, UsageError
from bot.domain.notifications import ChangedWatches, WatchChange, WatchTest
from bot.domain.outbox import NoteEntry
from bot.domain.slack_ids import is_direct_message
from bot.domain.watch_answers import Outcome, Watched
from bot.domain.watches import PER_WORKSPACE, Rules, Watch, WatchSpec
from bot.slack_api.shared_channels import read_by_outsiders
from bot.watches.access import permit_watch
from bot.watches.rules import Change, change_rules, read_rules, refuse_more


class Found(NamedTuple):
    """A watch that a command names, and its destination."""

    destination: str
    watch: Watch


async def watch(deps: Deps, spec: WatchSpec, here: str, user: str) -> Watched:
    """Create the watch of a spec, in the channel `here` or for `user`.

    Raises StoreUnavailable, and UsageError where the rules of access or a limit forbid it.
    """
    destination = user if spec.to == "dm" else here
    permit_watch(deps, spec, destination)
    (rules,) = await read_rules(deps, destination)
    if same := rules.same_as(spec):
        return await _answer(deps, same, Outcome.EXISTING)
    refuse_more(rules, 1)
    watch_id = await deps.store.watches.number_watch(destination)
    if watch_id is None:
        raise UsageError(Problem.TOO_MANY_IN_WORKSPACE, str(PER_WORKSPACE))
    new = Watch(id=watch_id, place=destination, owner=user, at=deps.clock(), spec=spec)
    after = await change_rules(deps, destination, lambda rules: _added(rules, new))
    kept = after.watch(new.id)
    if kept is None:  # another request watched the same in between
        return await _answer(deps, after.same_as(spec) or new, Outcome.EXISTING)
    await deps.store.tracked.note_destination(user, destination)
    return await _answer(deps, kept, Outcome.ADDED)


def _added(rules: Rules, new: Watch) -> Change:
    if rules.watch(new.id) == new or rules.same_as(new.spec):
        return Change()
    refuse_more(rules, 1)
    return Change({new.id: new}, line(new.place, WatchChange.ADDED, [new], new.owner))


async def edit(deps: Deps, watch_id: str, spec: WatchSpec, here: str, user: str) -> Watched:
    """Change the scope and options of a watch. It keeps its id.

    Raises StoreUnavailable, and UsageError where the channel `here` and `user` have no such watch, where it is from the
    configuration, or where the rules of access forbid it.
    """
    destination, before = await find_one(deps, watch_id, here, user)
    channel = here if is_direct_message(destination) else destination
    target = user if spec.to == "dm" else channel
    permit_watch(deps, spec, target)
    (rules,) = await read_rules(deps, target)
    if (same := rules.same_as(spec)) and same.id != watch_id:
        return await _answer(deps, same, Outcome.EXISTING)
    if target == destination and before.spec.same() == spec.same():
        return await _answer(deps, before, Outcome.UNCHANGED)
    changed = before.model_copy(update={"spec": spec, "place": target, "changed_by": user, "changed_at": deps.clock()})
    after = await change_rules(deps, target, lambda rules: _changed(rules, changed))
    if target != destination:  # after the new one is written, so that a crash in between loses none
        gone = line(destination, WatchChange.REMOVED, [before], user)
        await change_rules(deps, destination, lambda rules: _dropped(rules, watch_id, gone))
        await deliver_now(deps, destination)
    return await _answer(deps, after.watch(watch_id) or changed, Outcome.CHANGED)


def _changed(rules: Rules, changed: Watch) -> Change:
    before = rules.watch(changed.id)
    if before == changed:
        return Change()
    if before is None:
        refuse_more(rules, 1)
    return Change({changed.id: changed}, line(changed.place, WatchChange.CHANGED, [changed], changed.changed_by))


def _dropped(rules: Rules, watch_id: str, gone: NoteEntry | None) -> Change:
    return Change({watch_id: None}, gone) if rules.watch(watch_id) else Change()


async def send_test(deps: Deps, watch_id: str, here: str, user: str) -> Watched:
    """Post a marked message where a watch posts, with its mentions. Raises what `edit` raises."""
    destination, found = await find_one(deps, watch_id, here, user, changes=False)
    permit_watch(deps, found.spec, destination)
    entry = NoteEntry(note=WatchTest(watch=found, tester=user))
    await deps.store.outbox.put(destination, entry, f"watch-test:{watch_id}:{secrets.token_hex(5)}")
    return await _answer(deps, found, Outcome.UNCHANGED)


async def show(deps: Deps, watch_id: str, here: str, user: str) -> Watch:
    """Return a watch that may be edited. Raises what `edit` raises."""
    return (await find_one(deps, watch_id, here, user)).watch


async def find(deps: Deps, here: str, user: str) -> Mapping[str, Found]:
    """Return watches of the channel `here` and of `user` by id, with recently removed ones."""
    destinations = list(dict.fromkeys((here, user)))
    each = zip(destinations, await read_rules(deps, *destinations), strict=True)
    return {watch.id: Found(destination, watch) for destination, rules in each for watch in rules.watches}


async def find_one(deps: Deps, watch_id: str, here: str, user: str, *, changes: bool = True) -> Found:
    """Return one watch of the channel `here` or of `user`. Raises UsageError.

    The requester must be allowed to change it if the command `changes` it.
    """
    found = (await find(deps, here, user)).get(watch_id)
    if found is None or found.watch.removed:
        raise UsageError(Problem.NO_SUCH_WATCH, watch_id)
    if changes and found.watch.configured:
        raise UsageError(Problem.CONFIGURED_WATCH, watch_id)
    return found


def line(destination: str, change: WatchChange, watches: list[Watch], by: str) -> NoteEntry | None:
    """Return the channel's line about a change of its watches.

    None in direct messages, where the person knows their own change.
    """
    if is_direct_message(destination):
        return None
    return NoteEntry(note=ChangedWatches(place=destination, watch_change=change, watches=watches, by=by))


async def _answer(deps: Deps, found: Watch, outcome: Outcome) -> Watched:
    """Post what waits for the destination of a watch, and return the answer."""
    covered, hidden = permit_watch(deps, found.spec, found.place)
    await deps.store.outbox.restore(found.place)
    snapshot = await deliver_now(deps, found.place)
    return Watched(
        found,
        outcome,
        covered,
        hidden,
        suspended=snapshot.suspension.reason if snapshot.suspension else None,
        shared=await read_by_outsiders(deps, found.place),
    )
