"""Compares the jobs of a page with the store: which were lost, which changed, and which are unknown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bot.domain.service_key import Service
from bot.domain.tracked_jobs import Kept, Seen
from bot.store.lost_jobs import LostJobs
from bot.store.redis.connection import RedisLink
from bot.store.tracked_jobs import Tracked, found_attempts, looking
from providers.models import Job


class Comparison(NamedTuple):
    """The differences between a page and the store.

    `lost` says that jobs of the page were lost. The other two are the results of `Tracked.observe` and
    `Discoveries.unknown`.
    """

    lost: bool
    changed: Mapping[str, Kept]
    unknown: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ListedPages:
    """Compares pages with the store. Raises StoreUnavailable."""

    link: RedisLink
    tracked: Tracked
    lost: LostJobs

    async def compare(  # noqa: PLR0917  # the criteria of the comparison
        self,
        service: Service,
        jobs: Sequence[Job],
        created: Sequence[datetime | None],
        asked_at: datetime,
        seen: Sequence[Seen],
        now: datetime,
    ) -> Comparison:
        """Reschedule the unchanged jobs of a page, and return the differences, in one round trip.

        A walk reads a page in a few milliseconds. A round trip for each of the three parts would take as long.
        """
        if not jobs:
            return Comparison(lost=False, changed={}, unknown={})
        asking = (
            self.lost.reading(service, [job.id for job in jobs]),
            self.tracked.observing(service, asked_at, seen, now),
            looking(service, jobs, created),
        )
        lost, changed, unknown = await self.link.execute_many(asking)
        return Comparison(
            lost=any(text is not None for text in lost),
            changed=await self.tracked.observed(service, changed),
            unknown=found_attempts(unknown),
        )
