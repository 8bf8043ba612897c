"""The simulated clouds in a separate process, so that their work is not counted."""

import asyncio
import os
import time
from collections.abc import Callable, Container, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from unittest.mock import patch

from bench.processes import POLITE, process
from bot.config.settings import load
from providers.accounts import Account
from sandbox.clouds.accounts import ACCOUNTS, VOD_SG
from sandbox.clouds.alibaba import limits
from sandbox.clouds.alibaba.details import type_of
from sandbox.clouds.job_orders import JobOrder, make
from sandbox.clouds.raw_states import KINDS
from sandbox.clouds.server import serving
from sandbox.clouds.storms import StormOrder, storm
from sandbox.clouds.world import World
from sandbox.demo import CONFIGURATION, environment

UNLIMITED = 100_000
"""Requests per second, so many that work is measured, not waiting."""


@dataclass(frozen=True, slots=True)
class Clouds:
    """The clouds' address, and the jobs of services that cannot list (id to kind)."""

    url: str
    vod_ai: Mapping[str, str]
    vod_jobs: Mapping[str, str]

    def accounts(self, *, limited: bool = False) -> tuple[Account, ...]:
        """Return the demo's accounts, served here; budgets never delay a request unless `limited`."""
        return tuple(
            account.model_copy(
                update={
                    "endpoints": dict.fromkeys(account.services, self.url),
                    "requests_per_second": {} if limited else dict.fromkeys(account.services, UNLIMITED),
                }
            )
            for account in load(CONFIGURATION).accounts
        )


@dataclass(frozen=True, slots=True)
class Running:
    """A world whose jobs all run until a test finishes them: their number per service, and their ages (seconds)."""

    jobs: Mapping[str, int]
    youngest_s: float = 3_600
    oldest_s: float = 90_000

    def world(self, clock: Callable[[], float]) -> World:
        """Return the world; its services have no other jobs."""
        world = _without_jobs(self.jobs, clock)
        now = world.now()
        for account, service, store in world.stores():
            kind, words = next(iter(KINDS[service].items()))
            step = (self.oldest_s - self.youngest_s) / self.jobs[service]
            for number in range(self.jobs[service]):
                ago, word = self.oldest_s - number * step, words.running[-1]
                order = JobOrder(account=account, service=service, kind=kind, created_ago_s=ago, raw_state=word)
                store.add(make(order, now))
        return world


@dataclass(frozen=True, slots=True)
class Arriving:
    """A world whose one service gets jobs evenly over some seconds; some fail.

    It begins `early_s` seconds ago.
    """

    service: str
    jobs: int
    failures: int
    within_s: float
    early_s: float = 0.0
    name: str = "clip-{n}.mp4"

    def world(self, clock: Callable[[], float]) -> World:
        """Return the world; its service has no other jobs."""
        world = _without_jobs([self.service], lambda: clock() - self.early_s)
        [(account, service, store)] = world.stores()
        order = StormOrder(
            services=[f"{account}/{service}"],
            failures=self.failures,
            succeeding=1 - self.failures / self.jobs,
            within_s=self.within_s,
            name=self.name,
        )
        for each in storm(order, world.now()):
            store.add(each.job)
        return world


def _without_jobs(services: Container[str], clock: Callable[[], float]) -> World:
    """Return a world with only these services, and without jobs."""
    accounts = [replace(one, services=tuple(each for each in one.services if each in services)) for one in ACCOUNTS]
    world = World(clock=clock, accounts=accounts, jobs_per_service=0, arrival_s=0)
    for _, _, store in world.stores():
        for known in store.select(world.now()):
            store.remove(known.id)
    return world


@contextmanager
def clouds(jobs: int | Running | Arriving, *, frozen: bool = False) -> Generator[Clouds]:
    """Serve a world during the block, with its made-up keys in the environment.

    `jobs` is their number per service. In a frozen world time does not pass, so that all contestants read the same
    pages; its signatures hold 15 minutes.
    """
    keys = environment("")
    del keys["SLACK_API_URL"]
    with patch.dict(os.environ, keys), process(_serve, jobs, frozen, niceness=POLITE) as serving_process:
        yield serving_process.recv()


def _serve(parent: Connection, jobs: int | Running | Arriving, frozen: bool) -> None:  # noqa: FBT001  # multiprocessing passes by position
    limits.CALLS_PER_SECOND.clear()  # otherwise GetJobDetail would measure the waiting
    started = time.time()
    clock = (lambda: started) if frozen else time.time
    world = World(clock=clock, jobs_per_service=jobs, arrival_s=0) if isinstance(jobs, int) else jobs.world(clock)
    asyncio.run(_serve_world(parent, world))


async def _serve_world(parent: Connection, world: World) -> None:
    async with serving(world) as url:
        parent.send(Clouds(url, _kinds(world, "vod-ai"), _kinds(world, "vod-jobs")))
        parent.close()
        await asyncio.Event().wait()


def _kinds(world: World, service: str) -> dict[str, str]:
    served = {of for account, of, _ in world.stores() if account == VOD_SG.name}
    jobs = world.store(VOD_SG.name, service).select(world.now()) if service in served else []
    return {job.id: type_of(job) for job in jobs}
