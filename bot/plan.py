"""The cheapest way to learn how followed jobs are. Pure.

A page of a list covers up to a hundred jobs with one request; a look-up covers as many as the API takes ids at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from random import Random

from bot.store.tracked import Due
from providers.base import Capabilities
from providers.models import Job

YOUNG = timedelta(seconds=10)
"""How often a young job is looked at."""
OLDEST = timedelta(minutes=2)
"""The longest time between two looks at a job."""
AGE_PART = 0.05
"""An older job is looked at after this part of its age."""
JITTER = 0.1
SHORT_MEMORY = timedelta(hours=1)
"""A service that forgets its jobs this soon has a short list, which tells more than looking up does."""
LOOK_UP_MAX = 100
"""Ids of one look-up, so that what is learnt gets recorded soon."""


def interval(age: timedelta) -> timedelta:
    """Return how long a job of this age can do without being looked at."""
    return min(max(age * AGE_PART, YOUNG), OLDEST)


def next_look(created_at: datetime | None, now: datetime, random: Random) -> datetime:
    """Return when to look at a job again, a little earlier or later than others of its age."""
    age = now - created_at if created_at else timedelta()
    return now + interval(age) * random.uniform(1 - JITTER, 1 + JITTER)


def lists_first(due: Sequence[Due], able: Capabilities) -> bool:
    """Whether reading the list comes before looking jobs up: where one page can save a second request."""
    if not able.lists:
        return False
    forgets = able.retention is not None and able.retention <= SHORT_MEMORY
    return forgets or len(due) > max(1, able.batch_max)


def look_ups(ids: Sequence[str], able: Capabilities) -> list[Sequence[str]]:
    """Cut ids into look-ups that waste no request."""
    size = max(able.batch_max, LOOK_UP_MAX // able.batch_max * able.batch_max)
    return [ids[start : start + size] for start in range(0, len(ids), size)]


@dataclass(slots=True)
class Reading:
    """Whether a list is worth reading on, page by page, for jobs that are due."""

    wanted: dict[str, datetime | None]
    able: Capabilities

    @classmethod
    def of(cls, due: Sequence[Due], able: Capabilities) -> "Reading":
        """Begin to read a list for these jobs."""
        return cls({each.id: each.created_at for each in due}, able)

    def goes_on(self, page: Sequence[Job]) -> bool:
        """Take a page into account; whether the next one can be expected to save requests.

        The list is newest first, so a job created after the last one on the page is not on the next. A page pays when
        it tells as many jobs as one look-up would.
        """
        found = [job.id for job in page if self.wanted.pop(job.id, _NOT_WANTED) is not _NOT_WANTED]
        last = page[-1].created_at if page else None
        below = [at for at in self.wanted.values() if at is None or last is None or at <= last]
        return len(found) >= self.able.batch_max and self.requests(len(below)) > 1

    def requests(self, number: int) -> int:
        """Return how many requests it takes to look up this many jobs."""
        return ceil(number / self.able.batch_max)


_NOT_WANTED = datetime.min  # noqa: DTZ901  # only compared by identity
