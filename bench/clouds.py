"""The simulated clouds in a process of their own, so that their work is not counted."""

import asyncio
import os
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection

from bench.processes import POLITE, process
from providers.accounts import AlibabaAccount, HuaweiAccount
from sandbox.clouds.accounts import MEDIA_CN, VOD_SG
from sandbox.clouds.alibaba import limits
from sandbox.clouds.alibaba.details import type_of
from sandbox.clouds.server import serving
from sandbox.clouds.world import World
from sandbox.demo import environment

UNLIMITED = 100_000
"""A budget in requests a second that holds nobody up: what is measured is work, not waiting."""


@dataclass(frozen=True, slots=True)
class Clouds:
    """Where the clouds are, and the jobs of the services that cannot list (id to kind)."""

    url: str
    vod_ai: Mapping[str, str]
    vod_jobs: Mapping[str, str]

    def huawei(self) -> HuaweiAccount:
        """The account whose services list."""
        return HuaweiAccount.model_validate(
            {
                "name": MEDIA_CN.name,
                "cloud": "huawei",
                "region": MEDIA_CN.region,
                "project_id": MEDIA_CN.project_id,
                "access_key_id": "env:MEDIA_CN_AK",
                "secret_access_key": "env:MEDIA_CN_SK",
                **self._everywhere(MEDIA_CN.services),
            }
        )

    def alibaba(self) -> AlibabaAccount:
        """The account whose services look up."""
        return AlibabaAccount.model_validate(
            {
                "name": VOD_SG.name,
                "cloud": "alibaba",
                "region": VOD_SG.region,
                "access_key_id": "env:VOD_SG_AK",
                "secret_access_key": "env:VOD_SG_SK",
                **self._everywhere(VOD_SG.services),
            }
        )

    def _everywhere(self, services: tuple[str, ...]) -> dict[str, object]:
        return {
            "services": services,
            "endpoints": dict.fromkeys(services, self.url),
            "requests_per_second": dict.fromkeys(services, UNLIMITED),
        }


@contextmanager
def clouds(jobs: int, *, frozen: bool = False) -> Generator[Clouds]:
    """Serve a world of so many jobs a service while the block runs, and put its made-up keys into the environment.

    In a frozen world time stands still, so that everybody finds the very same pages; its signatures hold 15 minutes.
    """
    os.environ.update(environment(""))
    with process(_serve, jobs, frozen, niceness=POLITE) as serving_process:
        yield serving_process.recv()


def _serve(parent: Connection, jobs: int, frozen: bool) -> None:  # noqa: FBT001  # multiprocessing passes by position
    limits.CALLS_PER_SECOND.clear()  # else GetJobDetail would measure how well everybody waits
    started = time.time()
    clock = (lambda: started) if frozen else time.time
    asyncio.run(_serve_world(parent, World(clock=clock, jobs_per_service=jobs, arrival_s=0)))


async def _serve_world(parent: Connection, world: World) -> None:
    async with serving(world) as url:
        parent.send(Clouds(url, _kinds(world, "vod-ai"), _kinds(world, "vod-jobs")))
        parent.close()
        await asyncio.Event().wait()


def _kinds(world: World, service: str) -> dict[str, str]:
    return {job.id: type_of(job) for job in world.store(VOD_SG.name, service).select(world.now())}
