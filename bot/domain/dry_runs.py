"""Dry runs: what a watch would have posted in the last 24 hours, and from which data."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.domain.answers import Late, ServiceError
from bot.domain.changes import Change
from bot.domain.failure_groups import FailureGroup
from bot.domain.watches import WatchSpec

REACH = timedelta(hours=24)
"""How far back a dry run goes."""


class WouldPost(NamedTuple):
    """A message that would have been posted: the present head of a group, or an event that is no failure.

    `lines` counts the messages in its thread.
    """

    at: datetime
    group: FailureGroup | None = None
    change: Change | None = None
    lines: int = 0


class ServiceBasis(NamedTuple):
    """The data behind a dry run for one service.

    `logged_since` is when Callboard's log became complete, None if it is empty. Earlier jobs come from the provider's
    list of failed jobs, from `listed_since` on; `cut` is set if the list is longer. `retention` is how long the
    provider keeps jobs. `unexplained` counts failed jobs for which the list has no reason.
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
    """The posts that a watch would have made between `since` and `now`.

    `events` counts the events of the last 24 hours that the watch wants. `left_out` counts the oldest of them if there
    were too many to try; then `since` is the time of the first one tried.
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
    """How often a watch would have posted in the last 24 hours; `run` is None if that took too long."""

    run: DryRun | None = None
