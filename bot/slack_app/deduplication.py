"""Handles each event of Slack once, although Slack redelivers some.

Slack redelivers an unacknowledged event for some minutes, and with Delayed Events for 24 hours. Redis keeps the id of
an event that changes something for 25 hours. An event that only shows something is useless after an hour, so its id is
kept for an hour.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

from bot.deps.deps import Deps
from bot.domain.errors import StoreUnavailable
from bot.slack_app.payloads import Body

SHOWN_S = 3600
"""Seconds after which it is too late for a Home tab or an unfurled link."""


async def acts_first(deps: Deps, body: Body) -> bool:
    """Mark an event that changes something; return whether it is new. Without Redis, each event is."""
    try:
        return await deps.store.events.first(_id(body))
    except StoreUnavailable:
        return True


async def shows_first(deps: Deps, body: Body) -> bool:
    """Mark an event that only shows something; return whether it is new and recent.

    Recent means at most SHOWN_S old, by Slack's own time, if known, or by fleet time.
    """
    sent_at, nows = _sent_at(body), [deps.clock().timestamp(), deps.slack_time.now()]
    if sent_at is not None and min(now for now in nows if now is not None) - sent_at > SHOWN_S:
        return False
    try:
        return await deps.store.events.first(_id(body), SHOWN_S)
    except StoreUnavailable:
        return True


@asynccontextmanager
async def acting_once(deps: Deps, body: Body) -> AsyncGenerator[bool]:
    """Yield whether an event is new, and mark it after the block. After a failure, a redelivery counts as new."""
    taken = False
    with suppress(StoreUnavailable):
        taken = await deps.store.events.taken(_id(body))
    yield not taken
    with suppress(StoreUnavailable):
        await deps.store.events.first(_id(body))


def happened_at(deps: Deps, body: Body) -> datetime:
    """Return when an event happened, or now if its time is missing or invalid."""
    sent_at = _sent_at(body)
    return deps.clock() if sent_at is None else datetime.fromtimestamp(sent_at, UTC)


def _id(body: Body) -> str:
    return str(body.get("event_id"))


def _sent_at(body: Body) -> int | None:
    """Return an event's time in seconds since 1970; None if it is missing or invalid."""
    sent_at = body.get("event_time")
    is_time = isinstance(sent_at, int) and not isinstance(sent_at, bool) and 0 <= sent_at <= _LAST
    return sent_at if is_time else None


_LAST = int(datetime.max.replace(tzinfo=UTC).timestamp())
