"""Jobs on lists of which nothing is to be learned: they had ended, and Redis knows that."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.domain.elapsed import passed
from bot.domain.service_key import Service
from providers.models import Job

SETTLED_FOR = timedelta(minutes=5)
"""After this time Redis is asked again about all of them, so that nothing depends on what one process remembers."""


class _Remembered(NamedTuple):
    """The jobs of a service by id, since when they are remembered, and since when the service is watched."""

    begun_at: datetime
    since: datetime
    jobs: dict[str, Job]


@dataclass(frozen=True, slots=True)
class SettledJobs:
    """What this process remembers of the lists of services. `since` is when one began to be watched."""

    _services: dict[Service, _Remembered] = field(default_factory=dict[Service, _Remembered])

    def unsettled(self, service: Service, since: datetime, jobs: Iterable[Job], now: datetime) -> set[str]:
        """Return the ids of the other jobs. A settled one is the same object as then: nothing of it is new."""
        known = self._known(service, since, now)
        return {job.id for job in jobs if known.get(job.id) is not job}

    def add(self, service: Service, since: datetime, jobs: Iterable[Job], now: datetime) -> None:
        """Remember jobs of a list."""
        self._known(service, since, now).update((job.id, job) for job in jobs)

    def _known(self, service: Service, since: datetime, now: datetime) -> dict[str, Job]:
        known = self._services.get(service)
        if known is None or known.since != since or passed(known.begun_at, SETTLED_FOR, now):
            known = self._services[service] = _Remembered(now, since, {})
        return known.jobs
