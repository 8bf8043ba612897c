"""How far the walks of a service's list have come. Pure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from providers.models import Job

MARGIN = timedelta(minutes=10)
"""A walk goes this far below the newest job of the last one: jobs appear late, and clocks are set back."""
REMEMBERED = timedelta(hours=1)
"""The bot remembers the ids of ended jobs at least this far below the mark."""
REMEMBERED_MIN = 1_000
"""The smallest number of ended jobs that the bot remembers."""
RATE_OF = 50
"""The interval follows the time in which this many new jobs appeared."""
PACE_MIN_S, PACE_MAX_S = 10.0, 60.0


class Mark(NamedTuple):
    """How far the walks came, in the provider's creation times.

    The last complete walk read everything down to `mark` minus MARGIN. After an interrupted walk, `top` is the newest
    job that it found, and it read everything from there down to `gap_from`.
    """

    mark: datetime | None = None
    top: datetime | None = None
    gap_from: datetime | None = None

    @property
    def low(self) -> datetime | None:
        """The creation time down to which a walk has to read in all; None: the whole list."""
        return _less(self.mark)

    @property
    def low_at_first(self) -> datetime | None:
        """The creation time down to which a walk reads before it continues below the gap."""
        return _less(self.top) if self.gap_from else self.low


def _less(moment: datetime | None) -> datetime | None:
    return moment - MARGIN if moment and moment - datetime.min.replace(tzinfo=moment.tzinfo) > MARGIN else None


class Discovery(NamedTuple):
    """The discovery of new jobs in a watched service.

    `since` is when it was first watched (None: the baseline has not been read). `unfinished` is set once all jobs that
    had not ended then were found. Ended jobs created before `floor` are not remembered. `walked_at` is when the last
    walk ended; the next one starts `pace_s` seconds later. `partial` is set if the list is too long to be read,
    `listed` is how long it was, `failures_only` is set if only failures were read. `blind_since` is since when no page
    was answered. `down_since` is the start of the failure that the watches were notified of.
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
    """Return the creation time of each job of a page. Without one, a job has that of the job before it."""
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
