"""A list with every known fault. Each job that it shows and that finishes has one event."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

import pytest

from bot.polling.sweep import backing_off, sweep
from bot.store import Store, discovery
from providers.errors import ProviderError, Unavailable
from providers.models import Job, JobPage, JobQuery, JobState
from tests.bot.memory import services
from tests.bot.polling.listing import LISTS, Clock, Listing, entries, events
from tests.bot.polling.watching import watch
from tests.bot.samples import SERVICE

ENDS = (JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED)
LATEST = timedelta(minutes=9)
"""The longest delay of a late entry."""


@dataclass
class Adversary(Listing):
    """A list with late entries, deletions between pages, equal times, clock jumps, wrong totals and failures."""

    random: Random = field(default_factory=Random)
    calm: bool = False
    listed_from: dict[str, datetime] = field(default_factory=dict[str, datetime])
    shown: set[str] = field(default_factory=set[str])
    ended_before: set[str] = field(default_factory=set[str])

    async def page(self, query: JobQuery, cursor: str | None = None) -> JobPage:
        page = await super().page(query, cursor)
        self.shown |= {job.id for job in page.jobs}
        return page._replace(total=self.random.randrange(1_000))

    def listed(self) -> list[Job]:
        return [job for job in super().listed() if self.listed_from[job.id] <= self.clock()]

    def trouble_with(self, number: int) -> ProviderError | None:
        if self.calm or number < 3:
            return None
        if self.random.random() < 0.15:
            self.delete()
        return Unavailable("cut", code="cut") if self.random.random() < 0.08 else None

    def ended(self) -> set[str]:
        return {job.id for job in self.store.values() if job.state.ended}

    def delete(self) -> None:
        ended = sorted(self.ended())
        for job_id in self.random.sample(ended, min(len(ended), self.random.randint(1, 4))):
            del self.store[job_id]

    def create(self, number: int) -> None:
        """Create jobs within the last seconds, some at the same time. Some are listed late."""
        for _ in range(number):
            job_id = f"job-{len(self.listed_from)}"
            state = self.random.choice((JobState.PENDING, JobState.RUNNING, *ENDS))
            self.add(job_id, state, ago_s=self.random.randrange(3))
            late = self.random.random() * LATEST if self.random.random() < 0.2 else timedelta()
            self.listed_from[job_id] = self.clock() + late

    def go_on(self) -> None:
        """Advance the clock, and move some jobs."""
        if self.random.random() < 0.1:
            self.ahead = timedelta(minutes=self.random.choice((-5, 0, 5)))
        self.create(self.random.randrange(8))
        for job in list(self.store.values()):
            if not job.state.ended and self.random.random() < 0.3:
                self.move(job.id, self.random.choice((JobState.RUNNING, *ENDS)))


async def play(store: Store, seed: int) -> Adversary:
    """Watch an adversary for some time, then until it is calm and all its jobs have finished."""
    clock, random = Clock(), Random(seed)
    cloud = Adversary(clock=clock, random=random, capabilities=replace(LISTS, page_max=random.choice((3, 7, 20))))
    cloud.on_page = cloud.trouble_with
    deps = replace(services(store, cloud), clock=clock)
    for _ in range(10):
        clock.forward(random.randrange(200))
        cloud.go_on()
    clock.forward(LATEST.total_seconds())
    cloud.ended_before = cloud.ended()
    await watch(store, {"on": "done"})
    while not (await store.discovery.read(SERVICE))[1].unfinished:
        clock.forward(20)
        await sweep(deps, cloud)
        cloud.go_on()
    before = cloud.ended()
    cloud.shown.clear()
    for _ in range(random.randrange(10, 50)):
        clock.forward(random.choice((10, 20, 60, 300)))
        cloud.go_on()
        if not await backing_off(deps, SERVICE):
            await sweep(deps, cloud)
    cloud.calm = True
    for job in [job for job in cloud.store.values() if not job.state.ended]:
        cloud.move(job.id, JobState.FAILED)
    for _ in range(20):
        clock.forward(90)
        cloud.create(1)
        if not await backing_off(deps, SERVICE):
            await sweep(deps, cloud)
    cloud.shown -= before
    return cloud


async def check(store: Store, seed: int) -> None:
    cloud = await play(store, seed)
    ended = Counter(each.partition("#")[0] for each in events(await entries(store)))
    expected = {job_id for job_id in cloud.shown if job_id not in cloud.store or cloud.store[job_id].state.ended}
    assert {job_id: number for job_id, number in ended.items() if number > 1} == {}
    assert expected - ended.keys() == set()
    assert ended.keys() & cloud.ended_before == set(), "what had ended is no event"


@pytest.fixture
def short_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delete finished jobs while the story lasts."""
    monkeypatch.setattr(discovery, "REMEMBERED_MIN", 30)
    monkeypatch.setattr(discovery, "REMEMBERED", timedelta(minutes=40))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.usefixtures("short_memory")
async def test_each_job_that_is_shown_and_ends_has_one_event(store: Store, seed: int):
    await check(store, seed)


@pytest.mark.heavy("many stories of a list")
@pytest.mark.usefixtures("short_memory")
async def test_many_stories(store: Store):
    for seed in range(100, 120):
        await store.link.execute("FLUSHALL")
        await check(store, seed)
