"""Counts newer and unreadable records, for metrics and for a notice on `/readyz`."""

from collections import Counter

from bot.deps.deps import Deps
from bot.domain.errors import StoreUnavailable
from bot.domain.unreadable_records import Counts
from bot.views.unreadable_records import numbers


async def notice(deps: Deps) -> str | None:
    """Return the notice about records that this version cannot read; None if there are none."""
    try:
        newer, unreadable = await count_records(deps)
    except StoreUnavailable:
        return None
    left = f"a newer version wrote records, and nothing is delivered there: {numbers(newer)}" if newer else ""
    aside = f"records cannot be read and were moved aside: {numbers(unreadable)}" if unreadable else ""
    return "; ".join(filter(None, [left, aside])) or None


async def count_records(deps: Deps) -> tuple[Counts, Counts]:
    """Count the records of a newer version and those moved aside, and set the metrics.

    Raises StoreUnavailable.
    """
    destinations = await deps.store.outbox.destinations()
    newer = await deps.store.aside.newer(destinations, deps.whole.catalog.scopes)
    unreadable = await deps.store.aside.kept()
    deps.metrics.records(_by_kind(newer), _by_kind(unreadable))
    return newer, unreadable


def _by_kind(counts: Counts) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_, kind), number in counts.items():
        found[kind] += number
    return found
