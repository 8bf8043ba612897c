"""A world in which jobs are followed: services with a clock that moves, and one provider."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.deps.deps import Deps
from bot.domain.changes import Change
from bot.domain.outbox import ChangedEntry, OutboxSnapshot, SubscribedEntry
from bot.domain.sweeps import Sweep
from bot.polling.sweep import sweep
from bot.store import Store
from providers.models import Job
from tests.bot.memory import NOW, InMemory
from tests.bot.samples import DESTINATION, SERVICE, SLOT, TERMS


@dataclass
class World:
    """Dependencies with a clock that moves, and one provider."""

    store: Store
    provider: InMemory
    now: datetime = NOW
    deps: Deps = field(init=False)

    def __post_init__(self) -> None:
        self.deps = Deps([self.provider], self.store, clock=lambda: self.now)

    async def follow(self, jobs: Sequence[Job], destination: str = DESTINATION) -> None:
        """Follow jobs, each on its own card. They are due immediately."""
        for job in jobs:
            entry = SubscribedEntry(job=job, terms=TERMS).model_dump_json()
            before = self.now - timedelta(seconds=10)
            await self.store.tracked.subscribe(job, before, self.now, destination, f"card-{job.id}", entry, "U1")

    async def sweep(self, seconds: float = 0) -> float | None:
        """Advance the clock, and poll what is due then."""
        self.now += timedelta(seconds=seconds)
        return await sweep(self.deps, self.provider)

    async def snapshot(self, destination: str = DESTINATION) -> OutboxSnapshot:
        return await self.store.outbox.read(destination, [SLOT])

    async def told(self, destination: str = DESTINATION) -> list[Change]:
        bodies = [entry.body for entry in (await self.snapshot(destination)).entries]
        return [body.change for body in bodies if isinstance(body, ChangedEntry)]

    async def last(self) -> Sweep:
        return (await self.store.sweeps.read([SERVICE]))[SERVICE]

    def becomes(self, index: int, **details: object) -> None:
        """Change one job at the provider."""
        jobs = list(self.provider.jobs)
        jobs[index] = jobs[index].model_copy(update=details)
        self.provider.jobs = jobs
