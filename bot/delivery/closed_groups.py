"""Selects the groups of a destination that no longer belong beside its cards. Pure."""

from collections.abc import Iterator
from datetime import datetime

from bot.domain.elapsed import passed
from bot.domain.failure_groups import BUDGET_WINDOW, KEPT_AFTER_CLOSING, FailureGroup
from bot.domain.outbox import OutboxSnapshot

CLOSED_MAX = 50
"""Closed groups kept beside the open ones, so that the next head can link to the previous one."""


def droppable_groups(snapshot: OutboxSnapshot, now: datetime) -> Iterator[FailureGroup]:
    """Yield the groups that closed long ago, or before many others."""
    closed = [(group.closed_at, group) for group in snapshot.groups.values() if group.closed_at]
    for number, (closed_at, group) in enumerate(sorted(closed, key=lambda each: each[0], reverse=True)):
        if number >= CLOSED_MAX or passed(closed_at, KEPT_AFTER_CLOSING, now):
            yield group


def posts_over(snapshot: OutboxSnapshot, now: datetime) -> bool:
    """Return whether the last posts of a destination no longer count against its budget."""
    return all(passed(at, BUDGET_WINDOW, now) for at in snapshot.posts)
