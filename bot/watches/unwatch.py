"""Remove watches, with an hour to undo it.

A removed watch stays in the rules and in its copies, marked as removed, until UNDO is over. Until then events are
routed and held, so that *Undo* loses nothing. The reconciler drops it afterwards.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from bot.delivery.dispatcher import deliver_now
from bot.deps.deps import Deps
from bot.domain.errors import Problem, UsageError
from bot.domain.notifications import WatchChange
from bot.domain.slack_ids import is_direct_channel
from bot.domain.watch_answers import Unwatched
from bot.domain.watches import Rules, Watch
from bot.watches.rules import Change, change_rules, refuse_more
from bot.watches.watch import find, line


async def unwatch(deps: Deps, ids: Sequence[str] | None, here: str, user: str) -> Unwatched:
    """Remove watches of the channel `here` or of `user`. None means all of `here`.

    Raises StoreUnavailable, and UsageError where a newer version wrote the watches.
    """
    found = await find(deps, here, user)
    there = {name: each for name, each in found.items() if not each.watch.removed}
    if ids is None:
        mine = {here, user} if is_direct_channel(here) else {here}
        ids = [name for name, each in there.items() if each.destination in mine]
    named = [there[name] for name in dict.fromkeys(ids) if name in there]
    removed: list[Watch] = []
    for destination in dict.fromkeys(each.destination for each in named):
        wanted = [each.watch.id for each in named if each.destination == destination and not each.watch.configured]
        removed += await _remove(deps, destination, wanted, user)
    configured = [each.watch for each in named if each.watch.configured]
    return Unwatched(removed, configured, [name for name in ids if name not in there])


async def _remove(deps: Deps, destination: str, ids: Sequence[str], user: str) -> Sequence[Watch]:
    if not ids:
        return ()
    now = deps.clock()
    after = await change_rules(deps, destination, lambda rules: _removed(rules, ids, user, now))
    await deliver_now(deps, destination)
    return [each for name in ids if (each := after.watch(name)) and each.removed]


def _removed(rules: Rules, ids: Iterable[str], user: str, now: datetime) -> Change:
    gone = [each for name in ids if (each := rules.watch(name)) and not each.removed]
    if not gone:
        return Change()
    marked = [each.model_copy(update={"removed_by": user, "removed_at": now}) for each in gone]
    return Change({each.id: each for each in marked}, line(marked[0].place, WatchChange.REMOVED, marked, user))


async def rewatch(deps: Deps, ids: Sequence[str], here: str, user: str) -> Sequence[Watch]:
    """Undo the removal of watches. Return them. Events held until now are decided now.

    Raises StoreUnavailable, and UsageError where the hour is over, or a limit forbids it.
    """
    found = await find(deps, here, user)
    named = [found[name] for name in ids if name in found]
    gone = [each for each in named if each.watch.expired(deps.clock())]
    if not named or gone:
        raise UsageError(Problem.UNDO_IS_OVER, ", ".join(each.watch.id for each in gone) or ", ".join(ids))
    restored: list[Watch] = []
    for destination in dict.fromkeys(each.destination for each in named):
        wanted = [each.watch.id for each in named if each.destination == destination]
        after = await change_rules(deps, destination, lambda rules, ids=wanted: _restored(rules, ids, user))
        restored += [each for name in wanted if (each := after.watch(name)) and not each.removed]
        await deliver_now(deps, destination)
    return restored


def _restored(rules: Rules, ids: Iterable[str], user: str) -> Change:
    back = [
        each.model_copy(update={"removed_by": "", "removed_at": None})
        for name in ids
        if (each := rules.watch(name)) and each.removed
    ]
    new = [each for each in back if rules.same_as(each.spec) is None]
    refuse_more(rules, len(new))
    if not new:
        return Change()
    return Change({each.id: each for each in new}, line(new[0].place, WatchChange.RESTORED, new, user))
