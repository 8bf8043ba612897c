"""A witness is a job that a service found. It makes the absence of others believable.

A wrong address, or an API that is missing for a while, gives the same answer about every job.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from bot.deps.deps import Deps
from bot.domain.absence import is_recent
from bot.domain.elapsed import in_future, passed
from bot.domain.service_key import Service
from bot.store.witnesses import LastWitness
from providers.base import Provider
from providers.errors import ProviderError
from providers.models import Job, JobQuery

ASKED_EVERY = timedelta(minutes=1)
"""The shortest time between two requests that only look for a witness, per service across the fleet."""
REMEMBERED = timedelta(hours=24)
"""A job seen within this time may be a witness."""


@dataclass(slots=True)
class Witness:
    """When a service last found a job, in this look or an earlier one."""

    deps: Deps
    provider: Provider
    random: Random
    found_at: datetime | None = None

    def saw(self, jobs: Sequence[Job], asked_at: datetime) -> None:
        """Record the jobs of an answer."""
        if jobs:
            self.found_at = asked_at

    async def keep(self) -> None:
        """Save for the next looks that this one found a job. Raises StoreUnavailable."""
        if self.found_at:
            await self._write(LastWitness(found_at=self.found_at))

    async def call(self, absent: Collection[str]) -> Sequence[Job]:
        """Look for a witness other than the absent jobs, with at most one request.

        Reads what earlier looks found first. Returns the jobs that the request found. Raises StoreUnavailable.
        """
        now = self.deps.clock()
        known = await self.deps.store.witnesses.read(self._service, self.provider.region)
        found = [at for at in (self.found_at, known.found_at) if at and not in_future(at, now)]
        self.found_at = max(found, default=None)
        if is_recent(self.found_at, now) or (known.asked_at and not passed(known.asked_at, ASKED_EVERY, now)):
            return ()
        await self._write(LastWitness(asked_at=now))
        try:
            found = await (self._listed() if self.provider.capabilities.lists else self._remembered(absent))
        except ProviderError:
            return ()
        self.saw([job for job in found if job.id not in absent], now)
        return found

    async def _listed(self) -> Sequence[Job]:
        query = JobQuery(limit=min(100, self.provider.capabilities.page_max))
        return (await self.provider.page(query)).jobs

    async def _remembered(self, absent: Collection[str]) -> Sequence[Job]:
        """Look up recently seen jobs, as many as one request takes. The next turn may look up others."""
        store = self.deps.store
        ids = await store.recent.seen_since(*self._service, self.deps.clock() - REMEMBERED)
        excluded = {*absent, *(lost.kept.job.id for lost in await store.lost.read(self._service, ids))}
        candidates = [job_id for job_id in ids if job_id not in excluded]
        chosen = self.random.sample(candidates, min(len(candidates), self.provider.capabilities.batch_max))
        if not chosen:
            return ()
        return (await self.provider.lookup(chosen, await store.recent.kinds(*self._service, chosen))).found

    @property
    def _service(self) -> Service:
        return self.provider.account, self.provider.service

    async def _write(self, last: LastWitness) -> None:
        await self.deps.store.witnesses.write(self._service, self.provider.region, last)
