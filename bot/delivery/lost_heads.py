"""Closes groups whose heads were deleted or can no longer be edited. The next failure gets a new head."""

import secrets
from collections.abc import Iterator
from datetime import datetime

import structlog

from bot.delivery.context import DeliveryContext
from bot.domain import failure_groups
from bot.domain.failure_groups import FailureGroup, GroupKind
from bot.domain.outbox import InFlightPost, OutboxSnapshot, Write

RETRY_S = 0.5
"""Seconds to wait while a post to the destination is in flight."""

log = structlog.get_logger("callboard")


async def lose_head(context: DeliveryContext, group_id: str) -> float:
    """Close a group whose head was deleted. Return the seconds until the next step."""
    snapshot = await context.read()
    writes = tuple(without_head(snapshot, group_id, context.now))
    if not writes:
        return 0
    step = InFlightPost(id=secrets.token_hex(8), at=context.now, posts=False, writes=writes)
    if not await context.deps.store.outbox.apply(context.destination, step, snapshot.turn):
        return RETRY_S
    log.warning("head of a group deleted, the next failure gets a new one", destination=context.destination)
    await context.deps.store.outbox.release(context.destination, step.id)
    return 0


def without_head(snapshot: OutboxSnapshot, group_id: str, now: datetime) -> Iterator[Write]:
    """Yield the groups that a head was for, without it: all groups of a storm message."""
    group = snapshot.groups.get(group_id)
    parts = group.groups if group else ()
    for each in (group_id, *parts):
        if (known := snapshot.groups.get(each)) and not known.head_lost:
            before, after = snapshot.records[each], failure_groups.encode(_lost(known, now))
            yield Write(id=each, before=before, after=after)


def _lost(group: FailureGroup, now: datetime) -> FailureGroup:
    """Return a group without its head. A service that is down stays down."""
    closed = {} if group.group is GroupKind.DOWN or not group.open else {"closed_at": now}
    return group.model_copy(update={"head_lost": True, **closed})
