"""A storm in the simulated clouds, seen through the real providers: each change of the clouds is routed."""

import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import cast

import httpx
import pytest

from bot.config.settings import load
from bot.deps.deps import Deps
from bot.domain.outbox import ChangedEntry
from bot.polling.sweep import sweep
from bot.store import Store
from providers import registry
from providers.base import Explainer, Provider
from providers.models import JobQuery, JobState
from sandbox.clouds.accounts import MEDIA_CN
from sandbox.clouds.app import create_app
from sandbox.clouds.faults import Fault
from sandbox.clouds.storms import StormOrder, storm
from sandbox.clouds.world import World
from sandbox.demo import CONFIGURATION, environment
from tests.bot.polling.listing import entries
from tests.bot.polling.watching import watch
from tests.contracts.asking import Unlimited

LISTING = ("video-ocr", "digital-human", "image-moderation")


@dataclass
class Scene:
    """A world whose clock, which is also the fleet's, a test moves forward."""

    world: World
    deps: Deps
    service: str

    @property
    def provider(self) -> Provider:
        return next(each for each in self.deps.providers if each.service == self.service)

    async def go_on(self, seconds: float) -> None:
        self.world.advance(seconds)
        await sweep(self.deps, self.provider)


@asynccontextmanager
async def scene(store: Store, service: str, jobs: int) -> AsyncGenerator[Scene]:
    start = time.time()
    world = World(clock=lambda: start, accounts=[MEDIA_CN], jobs_per_service=jobs, arrival_s=0)
    [account] = [each for each in load(CONFIGURATION).accounts if each.name == MEDIA_CN.name]
    account = account.model_copy(update={"endpoints": dict.fromkeys(account.services, "http://clouds.test")})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(create_app(world))) as client:
        providers = registry.build([account], client, Unlimited())
        clock = lambda: datetime.fromtimestamp(world.now(), UTC)  # noqa: E731  # passed on
        yield Scene(world, Deps(providers, store, clock=clock), service)


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment("http://slack.test").items():
        monkeypatch.setenv(name, value)


@pytest.mark.parametrize("service", LISTING)
async def test_each_failure_of_a_storm_is_routed_once(store: Store, service: str):
    async with scene(store, service, jobs=130) as at:
        await watch(store, service=(MEDIA_CN.name, service))
        await at.go_on(0)
        order = StormOrder(
            services=[f"media-cn/{service}"],
            failures=60,
            succeeding=0.6,
            within_s=90,
            listed_after_s=30,
            late_share=0.3,
        )
        made = storm(order, at.world.now())
        for each in made:
            at.world.store(each.account, each.service).add(each.job)
        at.world.faults.add(Fault(service=service, operation="list", fault="error", after=3, count=2), at.world.now())
        at.world.shift_clocks(300, in_s=40)
        at.world.shift_clocks(-120, in_s=80)
        for _ in range(16):
            await at.go_on(11)
        waiting = await entries(store, [f"media-cn/{service}"])
        changes = [each.body.change for each in waiting if isinstance(each.body, ChangedEntry)]
        truth = {each.job.id for each in made if each.job.failure}
        assert sorted(change.job.id for change in changes if change.job.id in {each.job.id for each in made}) == sorted(
            truth
        )
        assert len({change.id for change in changes}) == len(changes)
        assert all(change.job.state is JobState.FAILED for change in changes)
        assert all(change.since <= (change.event_at or change.at) <= change.at for change in changes)


@pytest.mark.parametrize("service", LISTING[:2])
async def test_a_page_can_begin_with_the_last_job_of_the_page_before(store: Store, service: str):
    async with scene(store, service, jobs=130) as at:
        page = await at.provider.page(JobQuery(limit=20))
        following = await at.provider.page(JobQuery(limit=20), page.overlapping)
        assert page.last == {page.jobs[-1].id} == {following.jobs[0].id}
        assert len({job.id for job in (*page.jobs, *following.jobs)}) == 39
        since = page.jobs[-1].created_at
        assert page.jobs[-1].id in {job.id for job in (await at.provider.page(JobQuery(since=since, limit=20))).jobs}, (
            "inclusive"
        )


@pytest.mark.parametrize("service", ["image-moderation", "digital-human"])
async def test_reasons_of_listed_jobs_are_explained_one_by_one(store: Store, service: str):
    async with scene(store, service, jobs=130) as at:
        order = StormOrder(services=[f"media-cn/{service}"], failures=8, within_s=20)
        for each in storm(order, at.world.now()):
            at.world.store(each.account, each.service).add(each.job)
        at.world.advance(30)
        failed = (await at.provider.page(JobQuery(states=frozenset({JobState.FAILED})))).jobs
        unexplained = [job for job in failed if job.unexplained]
        before = sum(at.world.requests.values())
        explained = await cast("Explainer", at.provider).explain(unexplained)
        assert sum(at.world.requests.values()) - before == len(unexplained)
        assert sum(job.error is not None for job in explained) >= min(8, len(unexplained))
