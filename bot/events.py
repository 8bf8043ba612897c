"""Which events of Slack are taken: each once, although Slack sends some of them again.

Slack repeats an event that was not acknowledged for minutes, and with Delayed Events for 24 hours. An event that acts
is remembered for 25. One that only shows something is worth nothing after an hour, and remembered for that hour.
"""

from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from bot.services import Services
from bot.store import StoreUnavailable

Body = Mapping[str, Any]
SHOWN_S = 3600
"""Seconds after which nobody looks for a tab or an unfurled link any more."""


async def acts_first(services: Services, body: Body) -> bool:
    """Take an event that acts, and return whether it was not taken before; without Redis it may be taken again."""
    try:
        return await services.store.events.first(_id(body))
    except StoreUnavailable:
        return True


async def shows_first(services: Services, body: Body) -> bool:
    """Take an event that only shows something: not again, and not later than an hour after it happened."""
    sent_at = _sent_at(body)
    if sent_at is not None and services.clock().timestamp() - sent_at > SHOWN_S:
        return False
    try:
        return await services.store.events.first(_id(body), SHOWN_S)
    except StoreUnavailable:
        return True


@asynccontextmanager
async def acting_once(services: Services, body: Body) -> AsyncGenerator[bool]:
    """Say whether an event was not taken before, and take it after the block: what fails there can come again."""
    taken = False
    with suppress(StoreUnavailable):
        taken = await services.store.events.taken(_id(body))
    yield not taken
    with suppress(StoreUnavailable):
        await services.store.events.first(_id(body))


def happened_at(services: Services, body: Body) -> datetime:
    """Return when an event happened; now, where its time is missing or odd."""
    sent_at = _sent_at(body)
    return services.clock() if sent_at is None else datetime.fromtimestamp(sent_at, UTC)


def _id(body: Body) -> str:
    return str(body.get("event_id"))


def _sent_at(body: Body) -> int | None:
    """Return an event's time in seconds since 1970; None where it is missing or no time."""
    told = body.get("event_time")
    is_time = isinstance(told, int) and not isinstance(told, bool) and 0 <= told <= _LAST
    return told if is_time else None


_LAST = int(datetime.max.replace(tzinfo=UTC).timestamp())
