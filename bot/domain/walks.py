"""How far the new jobs of a service are known. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from providers.models import Job

MARGIN = timedelta(minutes=10)
"""A walk goes this far below the newest job of the last one: jobs come late, and clocks are set back."""
REMEMBERED = timedelta(hours=1)
"""The ended jobs of this time below the mark are remembered by their ids, at least."""
REMEMBERED_MIN = 1_000
"""So many ended jobs are remembered, at least."""
RATE_OF = 50
"""The pace follows the time in which this many new jobs appeared."""
PACE_MIN_S, PACE_MAX_S = 10.0, 60.0


class Mark(NamedTuple):
    """How far the walks came, in the provider's creation times.

    Everything down to `mark` less MARGIN was read by the last walk that was complete. After one that broke, `top` is
    the newest job that it found, and it read everything from there down to `gap_from`.
    """

    mark: datetime | None = None
    top: datetime | None = None
    gap_from: datetime | None = None

    @property
    def low(self) -> datetime | None:
        """Down to which creation a walk has to go in all; None: to the end of the list."""
        return _less(self.mark)

    @property
    def low_at_first(self) -> datetime | None:
        """Down to which creation a walk has to go before it goes on below the gap."""
        return _less(self.top) if self.gap_from else self.low


def _less(moment: datetime | None) -> datetime | None:
    return moment - MARGIN if moment and moment - datetime.min.replace(tzinfo=moment.tzinfo) > MARGIN else None


class Discovery(NamedTuple):
    """What is known of the new jobs of a watched service.

    `since` is when it began to be watched (None: the baseline is still to be read), `unfinished` says that all jobs
    that had not ended then were found. Ended jobs created before `floor` are not remembered. `walked_at` is when the
    last walk ended, `pace_s` after how many seconds the next one begins. `partial` says that the list is too long to be
    read, `listed` how long it was, `failures_only` that only failures were read. `blind_since` is since when no page
    was answered, `down_since` the beginning of the failure that the watches were notified of.
    """

    since: datetime | None = None
    unfinished: bool = False
    mark: Mark = Mark()
    floor: datetime | None = None
    walked_at: datetime | None = None
    pace_s: float = PACE_MIN_S
    partial: bool = False
    listed: int = 0
    failures_only: bool = False
    blind_since: datetime | None = None
    down_since: datetime | None = None


def creations(jobs: Sequence[Job]) -> list[datetime | None]:
    """Return when each job of a page was created; one that does not say counts as its neighbor, the one before it."""
    found = next((job.created_at for job in jobs if job.created_at), None)
    times: list[datetime | None] = []
    for job in jobs:
        found = job.created_at or found
        times.append(found)
    return times


def walk_interval(newest: Sequence[Job], provider_now: datetime | None) -> float:
    """Return half the seconds in which the last RATE_OF jobs appeared, by the provider's clock."""
    times = sorted((job.created_at for job in newest if job.created_at), reverse=True)
    if len(times) < RATE_OF:
        return PACE_MAX_S
    span = max(provider_now or times[0], times[0]) - times[RATE_OF - 1]
    return min(PACE_MAX_S, max(PACE_MIN_S, span.total_seconds() / 2))
