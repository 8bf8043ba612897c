"""Decides what follows when a provider does not find a tracked job. Pure.

A *miss* is an answer that the job does not exist. A *doubt* is a refusal that can also mean a wrong address or a
missing API, so it says nothing about the job.
"""

from datetime import datetime, timedelta
from enum import Enum, auto
from typing import NamedTuple, Self

from bot.domain.elapsed import past

LOST_MISSES = 3
LOST_AFTER = timedelta(minutes=10)
"""A job is lost after LOST_MISSES misses in a row over this time, if the service found another job within it."""
SUSPENDED_AFTER = timedelta(hours=24)
"""The subscriptions of a job are suspended if it is missing for this long and is not lost."""
LOOKED_AT_EVERY = timedelta(hours=1)
"""How often a sweep checks a job with suspended subscriptions."""
DROPPED_AFTER = timedelta(days=30)
"""Suspended subscriptions end after this long."""


class Conclusion(Enum):
    """What follows from an absence."""

    LOOK_AGAIN = auto()
    LOST = auto()
    SUSPENDED = auto()
    DROPPED = auto()


class Absence(NamedTuple):
    """Why a job is not found, and since when.

    `seen` is when it was last found, `since` when it was first not found. `misses` counts the misses in a row since
    `missed_since`; a doubt ends the row. `suspended` is when its subscriptions were suspended. `shown` is set when its
    cards show the absence.
    """

    seen: datetime
    since: datetime
    misses: int = 0
    missed_since: datetime | None = None
    suspended: datetime | None = None
    shown: bool = False

    @property
    def doubtful(self) -> bool:
        """Whether the last answer was a doubt."""
        return self.misses == 0

    def before(self, at: datetime) -> Self:
        """Return the absence with no time after `at`: later times come from a wrong clock."""
        times = {name: past(value, at) for name, value in self._asdict().items() if isinstance(value, datetime)}
        return self._replace(**times)

    def missed(self, at: datetime) -> Self:
        """Return the absence after one more miss."""
        return self._replace(misses=self.misses + 1, missed_since=self.missed_since or at)

    def doubted(self) -> Self:
        """Return the absence after a doubt."""
        return self._replace(misses=0, missed_since=None)

    def ripe(self, at: datetime) -> bool:
        """Return whether the job is lost if the service has found another job."""
        return self.misses >= LOST_MISSES and self.missed_since is not None and at - self.missed_since >= LOST_AFTER

    def conclude(self, at: datetime, witnessed: datetime | None, retention: timedelta | None) -> Conclusion:
        """Return what follows at this time. `witnessed` is when the service last found another job."""
        if self.ripe(at) and is_recent(witnessed, at):
            return Conclusion.LOST
        if self.suspended:
            return Conclusion.DROPPED if at - self.suspended >= DROPPED_AFTER else Conclusion.LOOK_AGAIN
        patience = min(SUSPENDED_AFTER, retention or SUSPENDED_AFTER)
        sure = self.doubtful or self.misses >= LOST_MISSES  # one miss before a downtime and one after prove nothing
        return Conclusion.SUSPENDED if sure and at - self.since >= patience else Conclusion.LOOK_AGAIN

    def next_look(self, at: datetime, soonest: timedelta, latest: timedelta) -> datetime:
        """Return when to check again: soon at first, and again when the job may be lost."""
        passed = at - self.since
        wait = min(passed / 2, latest)
        if passed < LOST_AFTER:
            wait = min(wait, LOST_AFTER - passed)
        return at + max(soonest, wait)


def is_recent(witnessed: datetime | None, at: datetime) -> bool:
    """Return whether a service found a job within LOST_AFTER."""
    return witnessed is not None and abs(at - witnessed) <= LOST_AFTER
