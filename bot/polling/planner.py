"""Plan the fewest requests that show the state of followed jobs. Pure.

A page of a list covers up to a hundred jobs with one request. A look-up covers as many jobs as the API takes ids in one
request.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from random import Random

from bot.domain.tracked_jobs import Due
from providers.base import Capabilities
from providers.models import Filter, Job

YOUNG = timedelta(seconds=10)
"""The time between two looks at a young job."""
OLDEST = timedelta(minutes=2)
"""The longest time between two looks at a job."""
AGE_PART = 0.05
"""An older job is polled again after this part of its age."""
JITTER = 0.1
SHORT_MEMORY = timedelta(hours=1)
"""A service that deletes its jobs this soon has a short list, which shows more jobs than look-ups do."""
LOOK_UP_MAX = 100
"""Ids of one look-up. The limit gets results recorded soon."""


def interval(age: timedelta) -> timedelta:
    """Return the time between two looks at a job of this age."""
    return min(max(age * AGE_PART, YOUNG), OLDEST)


def next_look(created_at: datetime | None, now: datetime, random: Random) -> datetime:
    """Return the time of a job's next look. Jitter spreads out jobs of one age."""
    age = now - created_at if created_at else timedelta()
    return now + interval(age) * random.uniform(1 - JITTER, 1 + JITTER)


def lists_first(due: Sequence[Due], able: Capabilities) -> bool:
    """Return whether to read the list before any look-up: where one page can save a second request."""
    if not able.lists:
        return False
    forgets = able.retention is not None and able.retention <= SHORT_MEMORY
    return forgets or len(due) > max(1, able.batch_max)


def look_up_multiple(able: Capabilities) -> int:
    """Return how many jobs fill a request, if every job takes a look-up."""
    return 1 if able.lists else able.batch_max


def look_ups(ids: Sequence[str], able: Capabilities) -> list[Sequence[str]]:
    """Split ids into look-ups that waste no request."""
    size = max(able.batch_max, LOOK_UP_MAX // able.batch_max * able.batch_max)
    return [ids[start : start + size] for start in range(0, len(ids), size)]


@dataclass(slots=True)
class Reading:
    """Decides page by page whether reading more of a list pays for due jobs."""

    wanted: dict[str, datetime | None]
    able: Capabilities
    last: datetime | None = None

    @classmethod
    def of(cls, due: Sequence[Due], able: Capabilities) -> "Reading":
        """Start reading a list for these jobs."""
        return cls({each.id: each.created_at for each in due}, able)

    def goes_on(self, page: Sequence[Job]) -> bool:
        """Process a page. Return whether the next one is likely to save requests.

        The list is newest first, so a job created after the last one on the page is not on the next. A page pays when
        it shows as many jobs as one look-up would. Where a list can be read from any time on it has to show more: a
        jump is sure to pay, while the next page only shows further jobs that will soon be due.
        """
        found = sum(self.wanted.pop(job.id, _NOT_WANTED) is not _NOT_WANTED for job in page)
        self.last = page[-1].created_at if page else _NOT_WANTED
        return found >= self.able.batch_max + self._jumps and self._save(self._further_down())

    def jump(self) -> datetime | None:
        """Return the time to jump to, past pages without wanted jobs. None if that saves nothing.

        A page that starts with a wanted job shows at least that job, unless the provider has deleted it.
        """
        below = [at for at in self._further_down() if at is not None] if self._jumps else []
        return max(below) + _ROUNDED if self._save(below) else None

    @property
    def _jumps(self) -> bool:
        return Filter.UNTIL in self.able.filters

    def _further_down(self) -> Iterator[datetime | None]:
        """Yield the creation times of wanted jobs that a later page may show."""
        last = self.last
        return (at for at in self.wanted.values() if at is None or last is None or at <= last)

    def _save(self, jobs: Iterable[datetime | None]) -> bool:
        """Return whether looking up these jobs takes more than one request."""
        return sum(1 for _ in islice(jobs, self.able.batch_max + 1)) > self.able.batch_max


_NOT_WANTED = datetime.min.replace(tzinfo=UTC)  # before every job, and compared by identity
_ROUNDED = timedelta(seconds=1)
"""Some APIs return and accept times in whole seconds."""
