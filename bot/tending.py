"""Looks after what should be under way: whatever got lost between two steps is found here again."""

from bot.services import Services
from bot.waking import look, wake

REFRESHED_MAX = 20
"""Cards that are drawn anew in a minute although nothing changed but the time of the last look."""


async def tend(services: Services) -> None:
    """See that every followed job is looked at, and every outbox served. Raises StoreUnavailable."""
    providers = [(each.account, each.service) for each in services.providers]
    now = services.clock()
    waiting: set[str] = set()
    for service, (number, first, places) in zip(providers, await services.store.tracked.state(providers), strict=True):
        waiting |= places
        overdue = max(0.0, (now - first).total_seconds()) if first else 0.0
        services.metrics.lag(*service, overdue)
        if number:
            await look(services, service)
    services.metrics.outbox(await services.store.outbox.depth([*map("/".join, providers)], waiting))
    for place in waiting:
        await wake(services, place)


async def visit_all(services: Services) -> None:
    """Visit every place that has cards: for entries of its own, cards to drop, and a fresh look on a few cards.

    Raises StoreUnavailable.
    """
    places = await services.store.outbox.places()
    room = REFRESHED_MAX
    for place in sorted(places):
        cards = await services.store.outbox.open_cards(place, room) if room else []
        await services.store.outbox.refresh((place, card) for card in cards)
        room -= len(cards)
        await wake(services, place)
