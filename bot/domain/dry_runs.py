"""What a watch would have posted in the last 24 hours, and on what that is based."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.domain.answers import Late, ServiceError
from bot.domain.changes import Change
from bot.domain.failure_groups import FailureGroup
from bot.domain.watches import WatchSpec

REACH = timedelta(hours=24)
"""How far back it looks."""


class WouldPost(NamedTuple):
    """A message that would have been posted: the head of a group as it would be now, or an event that is no failure.

    `lines` are the messages in its thread.
    """

    at: datetime
    group: FailureGroup | None = None
    change: Change | None = None
    lines: int = 0


class ServiceBasis(NamedTuple):
    """On what it is based for one service.

    `logged_since` is from when on Callboard's log has everything, None where it has nothing. What was before is from
    the provider's list of failed jobs, from `listed_since` on; `cut` says that the list goes on. `retention` is for how
    long the provider keeps jobs. `unexplained` counts failed jobs whose reason the list does not tell.
    """

    account: str
    service: str
    lists: bool = True
    logged_since: datetime | None = None
    listed_since: datetime | None = None
    retention: timedelta | None = None
    cut: bool = False
    unexplained: int = 0


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a watch would have posted between `since` and `now`.

    `events` counts those of the last 24 hours that the watch wants. `left_out` are the older ones of them, which were
    too many to try: `since` is the time of the first that was tried then.
    """

    spec: WatchSpec
    since: datetime
    now: datetime
    posts: Sequence[WouldPost] = ()
    events: int = 0
    left_out: int = 0
    basis: Sequence[ServiceBasis] = ()
    errors: Sequence[ServiceError] = ()
    pending: Sequence[Late] = ()
    late: Sequence[Late] = ()


@dataclass(frozen=True, slots=True)
class Forecast:
    """How often a watch would have posted in the last 24 hours; None for `run` where that took too long to find out."""

    run: DryRun | None = None
