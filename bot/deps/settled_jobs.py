"""A cache of listed jobs without news: they have ended, and Redis has recorded that."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.domain.elapsed import passed
from bot.domain.service_key import Service
from providers.models import Job

SETTLED_FOR = timedelta(minutes=5)
"""The cache expires after this time, so that correctness depends only on Redis."""


class _Remembered(NamedTuple):
    """The cached jobs of a service by id, with the starts of cache and watch."""

    begun_at: datetime
    since: datetime
    jobs: dict[str, Job]


@dataclass(frozen=True, slots=True)
class SettledJobs:
    """The cached jobs of watched services in this process. `since` is the start of a service's watch."""

    _services: dict[Service, _Remembered] = field(default_factory=dict[Service, _Remembered])

    def unsettled(self, service: Service, since: datetime, jobs: Iterable[Job], now: datetime) -> set[str]:
        """Return the ids of jobs that are not cached. A job is cached if it is the same object as before."""
        known = self._known(service, since, now)
        return {job.id for job in jobs if known.get(job.id) is not job}

    def add(self, service: Service, since: datetime, jobs: Iterable[Job], now: datetime) -> None:
        """Add listed jobs to the cache."""
        self._known(service, since, now).update((job.id, job) for job in jobs)

    def _known(self, service: Service, since: datetime, now: datetime) -> dict[str, Job]:
        known = self._services.get(service)
        if known is None or known.since != since or passed(known.begun_at, SETTLED_FOR, now):
            known = self._services[service] = _Remembered(now, since, {})
        return known.jobs
