"""Search for job ids that no service knows yet, and subscribe to them when one does."""

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
"""For this long an id that no service knows is looked for."""
SEARCH_EVERY = timedelta(seconds=15)


async def start_search(deps: Deps, ids: Sequence[str], here: str, options: SubscriptionOptions) -> None:
    """Look for ids that no service knows, for SEARCH_MINUTES, and follow them in `here` once one does.

    Raises StoreUnavailable, and UsageError where the rules of access are against it.
    """
    permit_some(deps, options.user if options.to is To.DM else here)
    await enqueue_search(deps, ids, here, options, deps.clock() + SEARCH_EVERY)


async def run_search(deps: Deps, ids: Sequence[str], here: str, options: SubscriptionOptions) -> list[str]:
    """Look once for ids that no service knew; return those to look for again. Raises StoreUnavailable.

    Services that the person who subscribed may not follow there by now are not asked; without any the search is over.
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
    """Tell who subscribed that nobody knew these ids."""
    note = NoteEntry(note=SearchExpired(ids=ids, looked_in=tuple(dict.fromkeys(looked_in)), minutes=SEARCH_MINUTES))
    await deps.store.outbox.put(options.user, note, f"sought:{'+'.join(ids)}:{options.at.timestamp():.3f}")
    await enqueue_delivery(deps, options.user)
