"""A watched service that cannot list. Its new jobs are those looked up, or shown by a mirror."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.deps.deps import Deps
from bot.domain.mirrored_scopes import services_to_watch
from bot.domain.watches import WatchSpec
from bot.polling import looked_up_jobs
from bot.polling.sweep import sweep
from bot.store import Store
from providers.base import Capabilities
from providers.models import JobState
from tests.bot.memory import InMemory, services
from tests.bot.polling.listing import Clock, entries, events
from tests.bot.polling.watching import watch
from tests.bot.samples import SERVICE

TENS = Capabilities(lists=False, batch_max=10)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cloud() -> InMemory:
    return InMemory(*SERVICE, capabilities=TENS)


@pytest.fixture
def deps(store: Store, cloud: InMemory, clock: Clock) -> Deps:
    return replace(services(store, cloud), clock=clock)


async def look(deps: Deps, cloud: InMemory, clock: Clock, seconds: float = 130) -> None:
    clock.forward(seconds)
    await sweep(deps, cloud)


async def test_jobs_that_were_looked_up_are_watched(store: Store, deps: Deps, cloud: InMemory, clock: Clock):
    runs, over = cloud.job("runs", 5), cloud.job("over", 5, state=JobState.FAILED, finished_at=clock())
    await store.recent.remember([runs, over], clock())
    await watch(store)
    await look(deps, cloud, clock)
    began = clock()
    failed = {"state": JobState.FAILED, "finished_at": began + timedelta(seconds=60)}
    later, before = (
        cloud.job("later", 5, **failed),
        cloud.job("before", 5, state=JobState.FAILED, finished_at=runs.created_at),
    )
    await store.recent.remember([later, before], clock())
    cloud.jobs = [runs.model_copy(update=failed), over, later, before]
    await look(deps, cloud, clock)
    await look(deps, cloud, clock)
    assert sorted(events(await entries(store))) == ["later#1/failed", "runs#1/failed"]
    assert (await store.tracked.state([SERVICE]))[0][0] == 0


async def test_the_newest_unfinished_jobs_are_looked_at_within_a_part_of_the_budget(
    store: Store, deps: Deps, cloud: InMemory, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(looked_up_jobs, "ADOPTED_MAX", 30)
    cloud.filled(50)
    await store.recent.remember(cloud.jobs, clock())
    await watch(store)
    await look(deps, cloud, clock)
    tracked = await store.tracked.unfollowed(SERVICE)
    assert sorted(tracked) == [f"job-{number:04}" for number in range(30)]
    await store.recent.remember([cloud.job("newest", 0)], clock())
    cloud.jobs = [cloud.job("newest", 0), *cloud.jobs]
    await look(deps, cloud, clock, seconds=15)
    assert {"newest"} < (await store.tracked.unfollowed(SERVICE)).keys()
    assert len(await store.tracked.unfollowed(SERVICE)) == 30
    cloud.asked.clear()
    await store.tracked.postpone(SERVICE, tracked, clock())
    await look(deps, cloud, clock, seconds=1)
    assert len(cloud.asked) == 1, "a fifth of five requests a second"


async def test_an_ai_job_has_its_events_in_the_service_that_owns_it(store: Store, clock: Clock):
    ai = InMemory("acme", "vod-ai", capabilities=TENS)
    jobs = InMemory("acme", "vod-jobs", capabilities=Capabilities(lists=False))
    deps = replace(services(store, ai, jobs), clock=clock)
    spec = WatchSpec(service="vod-jobs", kind="ai")
    assert services_to_watch(spec, deps.catalog.pairs) == [("acme", "vod-ai"), ("acme", "vod-jobs")]
    for service in services_to_watch(spec, deps.catalog.pairs):
        await watch(store, spec.model_dump(mode="json"), service=service)
    for cloud in (ai, jobs):
        await sweep(deps, cloud)
    ai.jobs = [ai.job("both", kind="AIVideoTag")]
    jobs.jobs = [jobs.job("both", kind="ai", attributes={"AI type": "AIVideoTag"})]
    await store.recent.remember(jobs.jobs, clock())
    for state in (JobState.RUNNING, JobState.FAILED):
        for cloud in (ai, jobs):
            cloud.jobs = [job.model_copy(update={"state": state}) for job in cloud.jobs]
            await look(deps, cloud, clock)
    for cloud in (ai, jobs):
        await look(deps, cloud, clock)
    waiting = await entries(store, slots=["acme/vod-ai", "acme/vod-jobs"])
    assert events(waiting) == ["acme/vod-ai/both#1/failed"]
