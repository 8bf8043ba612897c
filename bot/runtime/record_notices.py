"""Counts the records that this version does not read, for metrics and for a notice on `/readyz`."""

from collections import Counter

from bot.deps.deps import Services
from bot.domain.errors import StoreUnavailable
from bot.domain.unreadable_records import Counts
from bot.views.unreadable_records import numbers


async def notice(services: Services) -> str | None:
    """Return the notice about records that this version does not read, None without any."""
    try:
        newer, unreadable = await count_records(services)
    except StoreUnavailable:
        return None
    left = f"a newer version wrote records, and nothing is delivered there: {numbers(newer)}" if newer else ""
    aside = f"records cannot be read and were moved aside: {numbers(unreadable)}" if unreadable else ""
    return "; ".join(filter(None, [left, aside])) or None


async def count_records(services: Services) -> tuple[Counts, Counts]:
    """Count the records of a newer version, and those moved aside; set the metrics.

    Raises StoreUnavailable.
    """
    places = await services.store.outbox.places()
    newer = await services.store.aside.newer(places, services.whole.catalog.scopes)
    unreadable = await services.store.aside.kept()
    services.metrics.records(_by_kind(newer), _by_kind(unreadable))
    return newer, unreadable


def _by_kind(counts: Counts) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_, kind), number in counts.items():
        found[kind] += number
    return found
