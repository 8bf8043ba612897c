"""Cleans up services removed from the configuration: ends their subscriptions, then deletes their data."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from bot.deps.deps import Deps
from bot.domain.service_key import Service

GRACE = timedelta(hours=24)
"""A service counts as removed when no worker had it for this long. While processes are replaced, only some of them have
it.
"""

log = structlog.get_logger("callboard")


async def find_removed(deps: Deps) -> Sequence[Service]:
    """Return the services that are no longer configured anywhere.

    Notes that those of this process are. Returns none while a newer version has records, because it may have more
    services. Raises StoreUnavailable.
    """
    mine, now = deps.whole.catalog.pairs, deps.clock()
    last = await deps.store.tracked.configured(mine, now)
    found = [service for service, at in last.items() if service not in mine and now - at >= GRACE]
    if found:
        destinations, slots = await deps.store.outbox.destinations(), ["/".join(service) for service in last]
        if await deps.store.aside.newer(destinations, slots):
            return ()
    return found


async def purge(deps: Deps, gone: Sequence[Service]) -> None:
    """Delete removed services whose cards already say so. Raises StoreUnavailable."""
    for service in gone:
        await deps.store.tracked.purge(service)
        log.warning("purged a service that is no longer configured", service="/".join(service))
