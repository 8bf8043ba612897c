"""List the watches and mutes of a channel or person that the requester may see."""

from collections.abc import Sequence

from bot.deps.deps import Deps
from bot.domain.outbox import OutboxSnapshot
from bot.domain.watch_answers import ListedWatch, WatchList
from bot.domain.watches import Mute, Watch
from bot.watches.access import coverage, may_see


async def watches(deps: Deps, *, here: str | None = None, user: str | None = None) -> WatchList:
    """Return the watches of a channel, or all that `user` owns. Raises StoreUnavailable."""
    destinations = [here] if here else sorted(await deps.store.tracked.destinations_of(user or ""))
    suspensions = await deps.store.outbox.suspensions(destinations)
    snapshots = await deps.store.watches.read(destinations)
    wanted = [each for one in snapshots for each in one.rules.active if user is None or each.owner == user]
    listed = [await _listed(deps, each, suspensions.get(each.place)) for each in wanted if may_see(deps, each.spec)]
    mutes = [] if here is None else [(here, each) for one in snapshots for each in _mutes(deps, one)]
    return WatchList(listed, mutes)


async def _listed(deps: Deps, watch: Watch, suspended: str | None) -> ListedWatch:
    covered, _ = await coverage(deps, watch.spec, watch.place, watch.owner)
    return ListedWatch(watch, unseen=not covered, suspended=suspended)


def _mutes(deps: Deps, snapshot: OutboxSnapshot) -> Sequence[Mute]:
    now = deps.clock()
    return [each for each in snapshot.rules.mutes if not each.over(now) and deps.sees(each.account)]
