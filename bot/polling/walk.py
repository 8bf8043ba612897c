"""A walk over a service's list, from its newest job down to known ones. Pure.

Pages overlap by one job. Where the next page lacks that job, jobs above it were deleted, and the walk starts again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, auto

from bot.domain.walks import Mark
from providers.models import Job, JobPage

RESTARTS_MAX = 3
"""A list that moves more often without progress is left to the next walk."""


class Next(Enum):
    """The next request of a walk: another page, the newest page again, those from `read_from` on, or nothing."""

    PAGE = auto()
    START = auto()
    RESUME = auto()
    NOTHING = auto()


@dataclass(slots=True)
class Walk:
    """One walk. `before` is how far earlier ones came.

    `jumps` says that a list can be read from any creation time on. `shrinks` says that jobs leave the list all the
    time: where it moves, the walk continues from the time that it reached. `lowest` is the creation time of the last
    job read.
    """

    before: Mark
    jumps: bool = True
    shrinks: bool = False
    complete: bool = False
    newest_page: Sequence[Job] = ()
    last_page: JobPage | None = None
    _begins: bool = True
    _expected: frozenset[str] = field(default_factory=frozenset[str])
    _newest: datetime | None = None
    lowest: datetime | None = None
    _reached: datetime | None = None
    _below_gap: bool = False
    _restarts: int = 0

    @property
    def low(self) -> datetime | None:
        """The creation time down to which it reads. None means the last page of the list."""
        return self.before.low if self._below_gap or not self.jumps else self.before.low_at_first

    @property
    def read_from(self) -> datetime | None:
        """The creation time from which it resumes."""
        return self._reached

    def take(self, page: JobPage) -> Next:
        """Process a page, and return the next request."""
        self.last_page, ids = page, {job.id for job in page.jobs}
        if not self._expected <= ids:
            return self._start_again()
        if self._begins and not self._below_gap:
            self.newest_page = self.newest_page or page.jobs
            self._newest = max((job.created_at for job in page.jobs if job.created_at), default=None)
        lowest = next((job.created_at for job in reversed(page.jobs) if job.created_at), None)
        self.lowest = lowest or self.lowest
        if lowest and (self._reached is None or lowest < self._reached):
            self._restarts = self._restarts if self._begins else 0
            self._reached = lowest
        nothing_new = bool(self._expected) and ids <= self._expected
        below = self.low is not None and lowest is not None and lowest < self.low
        if page.cursor is None or nothing_new or below:
            return self._at_bottom()
        self._begins, self._expected = False, page.last
        return Next.PAGE

    def _start_again(self) -> Next:
        self._restarts += 1
        self._begins, self._expected = True, frozenset()
        if self._restarts > RESTARTS_MAX:
            return Next.NOTHING
        return Next.RESUME if self.jumps and (self.shrinks or self._below_gap) else Next.START

    def _at_bottom(self) -> Next:
        if self.jumps and self.before.gap_from and not self._below_gap:
            self._below_gap, self._reached = True, self.before.gap_from
            self._begins, self._expected = True, frozenset()
            return Next.RESUME
        self.complete = True
        return Next.NOTHING

    def after(self, provider_now: datetime | None) -> Mark:
        """Return what the next walk has to know.

        A job dated in the provider's future moves no mark beyond its present.
        """
        newest = min(self._newest, provider_now) if self._newest and provider_now else self._newest
        if self.complete:
            return Mark(newest)
        if not self.jumps or self._reached is None:
            return self.before
        return Mark(self.before.mark, newest, self._reached)
