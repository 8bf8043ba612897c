"""Search for unknown job ids, and subscribe to the jobs once a service has them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta

from bot.deps.deps import Deps
from bot.deps.permissions import permit_some, subscribable
from bot.domain.cards import SubscriptionOptions, To
from bot.domain.errors import Problem, UsageError
from bot.domain.identifiers import read_if_known
from bot.domain.notifications import SearchExpired
from bot.domain.outbox import NoteEntry
from bot.slack_api.membership import person
from bot.subscriptions.subscribe import subscribe
from bot.task_queue.enqueue import enqueue_delivery, enqueue_search

SEARCH_MINUTES = 10
"""The search for an id that no service has ends after this time."""
SEARCH_EVERY = timedelta(seconds=15)


async def start_search(deps: Deps, ids: Sequence[str], here: str, options: SubscriptionOptions) -> None:
    """Search for unknown ids for SEARCH_MINUTES, and follow them in `here` once found.

    Raises StoreUnavailable, and UsageError where the rules of access forbid it.
    """
    permit_some(deps, options.user if options.to is To.DM else here)
    await enqueue_search(deps, ids, here, options, deps.clock() + SEARCH_EVERY)


async def run_search(deps: Deps, ids: Sequence[str], here: str, options: SubscriptionOptions) -> list[str]:
    """Search once for unknown ids. Return those still to find. Raises StoreUnavailable.

    Services that the subscriber may no longer follow there are not asked. Without any the search is over.
    """
    destination, asker = options.user if options.to is To.DM else here, await person(deps, options.user)
    if asker.unsure:
        return list(ids)
    deps = subscribable(deps.seen_by(replace(asker, channel=here)), destination)
    if deps.catalog.nothing:
        await _in_vain(deps, ids, options)
        return []
    addresses = [address for one in ids for address in read_if_known(one, deps.catalog)]
    try:
        details, _ = await subscribe(deps, addresses, here, options, ended_too=True)
    except UsageError as error:
        if error.problem in {Problem.TOO_MANY_QUESTIONS, Problem.NEWER_VERSION}:
            return list(ids)
        raise
    found = {name for job in details.jobs for name in (job.id, str(job.ref))}
    left = [one for one in ids if one not in found]
    if left and deps.clock() - options.at < timedelta(minutes=SEARCH_MINUTES):
        return left
    if left:
        await _in_vain(deps, left, options, (where for missing in details.missing for where in missing.looked_in))
    return []


async def _in_vain(deps: Deps, ids: Sequence[str], options: SubscriptionOptions, looked_in: Iterable[str] = ()) -> None:
    """Notify the subscriber that these ids were not found."""
    note = NoteEntry(note=SearchExpired(ids=ids, looked_in=tuple(dict.fromkeys(looked_in)), minutes=SEARCH_MINUTES))
    await deps.store.outbox.put(options.user, note, f"sought:{'+'.join(ids)}:{options.at.timestamp():.3f}")
    await enqueue_delivery(deps, options.user)
