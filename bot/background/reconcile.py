"""Reconciles scheduled work: re-enqueues sweeps and deliveries that were lost, for example in a crash."""

from collections.abc import Sequence
from datetime import timedelta

from bot.delivery.unreadable import repair_subscribers
from bot.deps.deps import Deps
from bot.domain import absence
from bot.domain.elapsed import passed
from bot.domain.errors import StoreUnavailable
from bot.domain.sweeps import BACK_OFF_MAX_S
from bot.runtime.http_server import Reason
from bot.runtime.record_notices import count_records
from bot.subscriptions import lost_card_search, removed_services, uninstall
from bot.subscriptions.revoke import end_unconfigured, end_unseen
from bot.task_queue.enqueue import enqueue_delivery, enqueue_lost_card_search, enqueue_sweep
from bot.watches import configured
from bot.watches.copies import repair_copies

LOOKED_AT_LEAST = absence.LOOKED_AT_EVERY + timedelta(hours=1)
"""The longest wait for the next check of a job, unless a wrong clock scheduled it."""
REFRESHED_MAX = 20
"""Cards that are redrawn in a minute although only the time of the last check changed."""

LATE = timedelta(seconds=60)
"""If tracked jobs are overdue for longer than this, no worker keeps up."""


def reasons(deps: Deps) -> Sequence[Reason]:
    """Return the checks of `/readyz` for tracked jobs."""

    async def tracked_jobs() -> str | None:
        """Return the services with overdue tracked jobs. A failing service may be overdue for longer."""
        pairs = deps.catalog.pairs
        try:
            states = await deps.store.tracked.state(pairs)
            sweeps = await deps.store.sweeps.read(pairs)
        except StoreUnavailable:
            return None  # `/readyz` reports that separately
        now, late = deps.clock(), list[str]()
        for service, (_, first, _) in zip(pairs, states, strict=True):
            sweep = sweeps[service]
            patience = LATE + timedelta(seconds=BACK_OFF_MAX_S if sweep.error else 0)
            if first and now - first > patience and (sweep.tried_at is None or passed(sweep.tried_at, patience, now)):
                late.append("/".join(service))
        return f"followed jobs are not checked: {', '.join(late)}" if late else None

    return (Reason("the check of followed jobs", tracked_jobs),)


async def reconcile(deps: Deps) -> None:
    """Enqueue missing sweeps and deliveries. Raises StoreUnavailable."""
    catalog, now = deps.catalog, deps.clock()
    states = await deps.store.tracked.state(catalog.pairs)
    watched = await deps.store.routes.active(catalog.pairs)
    waiting: set[str] = set()
    for service, (number, first, destinations) in zip(catalog.pairs, states, strict=True):
        waiting |= destinations
        overdue = max(0.0, (now - first).total_seconds()) if first else 0.0
        deps.metrics.lag(*service, overdue)
        if number or service in watched:
            await enqueue_sweep(deps, service)
    await deps.store.tracked.pull_back(catalog.pairs, now + LOOKED_AT_LEAST, now)
    deps.metrics.outbox(await deps.store.outbox.depth(catalog.scopes, waiting))
    for destination in waiting:
        await enqueue_delivery(deps, destination)
    if await lost_card_search.needed(deps):
        await enqueue_lost_card_search(deps)
    await configured.claim(deps)


async def reconcile_destinations(deps: Deps) -> None:
    """Reconcile every destination that has cards or watches, and refresh a few cards.

    Ends the subscriptions to services that were removed from the configuration, and purges workspaces that removed the
    app. Raises StoreUnavailable.
    """
    await repair_subscribers(deps)
    await count_records(deps)
    gone = await removed_services.find_removed(deps)
    destinations = await deps.store.outbox.destinations()
    await uninstall.leave_absent(deps, destinations)
    await configured.apply(deps, destinations)
    await repair_copies(deps, destinations)
    room = REFRESHED_MAX
    for destination in sorted(destinations):
        await end_unseen(deps, destination)
        if gone:
            await end_unconfigured(deps, destination, gone)
        cards = await deps.store.outbox.open_cards(destination, room) if room else []
        await deps.store.outbox.refresh((destination, card) for card in cards)
        room -= len(cards)
        await enqueue_delivery(deps, destination)
    await removed_services.purge(deps, gone)
