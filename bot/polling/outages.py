"""Reports services that cannot be read for a while. Their watches are notified once, and again on recovery."""

from datetime import datetime, timedelta
from typing import Literal

from bot.deps.deps import Deps
from bot.domain.answers import ServiceError
from bot.domain.changes import EventKind
from bot.domain.routes import RulesChangedError
from bot.domain.service_events import ServiceEvent
from bot.domain.sweeps import Sweep
from bot.polling.service_sweep import ServiceSweep
from bot.task_queue.enqueue import enqueue_delivery
from providers.base import Provider

DOWN_AFTER = timedelta(minutes=5)
"""A watched service counts as down after failing for this long."""


async def report(sweep: ServiceSweep, last: Sweep) -> None:
    """Record that a watched service is down or up again after its last sweep. Raises StoreUnavailable."""
    known, now = sweep.discovery, sweep.deps.clock()
    if known is None:
        return
    since, error = last.failing_since, last.error
    if error is None and sweep.refusal:
        since, error = known.blind_since, ServiceError.of(sweep.refusal, *sweep.service)
    if error:
        if known.down_since is None and since and now - since >= DOWN_AFTER:
            await _record(sweep, _event(sweep, EventKind.DOWN, since, now).model_copy(update={"error": error}))
    elif known.down_since and _all_read(sweep):
        log = await sweep.deps.store.event_log.read(sweep.service, known.down_since, now)
        found = sum(each.event in {EventKind.FAILED, EventKind.LOST} for each in log.events)
        await _record(sweep, _event(sweep, EventKind.UP, known.down_since, now).model_copy(update={"found": found}))


async def report_failing(deps: Deps, provider: Provider) -> None:
    """Record that a watched service is down while sweeps leave it alone. Raises StoreUnavailable."""
    sweep = ServiceSweep(deps, provider)
    await sweep.begin()
    if sweep.discovery is not None:
        await report(sweep, (await deps.store.sweeps.read([sweep.service]))[sweep.service])


def _all_read(sweep: ServiceSweep) -> bool:
    """Return whether all events of the outage have been read."""
    return not sweep.provider.capabilities.lists or (sweep.walk is not None and sweep.walk.complete)


def _event(
    sweep: ServiceSweep, happened: Literal[EventKind.DOWN, EventKind.UP], since: datetime, at: datetime
) -> ServiceEvent:
    account, service = sweep.service
    return ServiceEvent(account=account, service=service, happened=happened, since=since, at=at)


async def _record(sweep: ServiceSweep, event: ServiceEvent) -> None:
    while True:
        watches = await sweep.watches()
        destinations = watches.for_service(*sweep.service, event.happened)
        try:
            done = await sweep.deps.store.discovery.record(event, watches.version, destinations)
        except RulesChangedError:
            sweep.watches_changed()
            continue
        if done:
            await enqueue_delivery(sweep.deps, *destinations)
        return
