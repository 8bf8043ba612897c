"""Services taken out of the configuration: what was subscribed to of them ends, and what is kept of it goes."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from bot.deps.deps import Deps
from bot.domain.service_key import Service

GRACE = timedelta(hours=24)
"""A service is gone when no worker had it for so long: while processes are replaced, some have it and some have not."""

log = structlog.get_logger("callboard")


async def find_removed(deps: Deps) -> Sequence[Service]:
    """Return the services that are configured nowhere any more, and note that those of this process are.

    Returns none while a newer version has records: it may know more services. Raises StoreUnavailable.
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
    """Forget services whose cards were told that they are gone. Raises StoreUnavailable."""
    for service in gone:
        await deps.store.tracked.purge(service)
        log.warning("purged a service that is no longer configured", service="/".join(service))
