"""The simulated clouds in a process of their own, so that their work is not counted."""

import asyncio
import os
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from unittest.mock import patch

from bench.processes import POLITE, process
from bot.config import load
from providers.accounts import Account
from sandbox.clouds.accounts import VOD_SG
from sandbox.clouds.alibaba import limits
from sandbox.clouds.alibaba.details import type_of
from sandbox.clouds.server import serving
from sandbox.clouds.world import World
from sandbox.demo import CONFIGURATION, environment

UNLIMITED = 100_000
"""Requests a second: what is measured is work, not waiting."""


@dataclass(frozen=True, slots=True)
class Clouds:
    """Where the clouds are, and the jobs of the services that cannot list (id to kind)."""

    url: str
    vod_ai: Mapping[str, str]
    vod_jobs: Mapping[str, str]

    def accounts(self) -> tuple[Account, ...]:
        """The demo's accounts, served here, and with budgets that hold nobody up."""
        return tuple(
            account.model_copy(
                update={
                    "endpoints": dict.fromkeys(account.services, self.url),
                    "requests_per_second": dict.fromkeys(account.services, UNLIMITED),
                }
            )
            for account in load(CONFIGURATION).accounts
        )


@contextmanager
def clouds(jobs: int, *, frozen: bool = False) -> Generator[Clouds]:
    """Serve a world of so many jobs a service while the block runs, with its made-up keys in the environment.

    In a frozen world time stands still, so that everybody finds the very same pages; its signatures hold 15 minutes.
    """
    keys = environment("")
    del keys["SLACK_API_URL"]
    with patch.dict(os.environ, keys), process(_serve, jobs, frozen, niceness=POLITE) as serving_process:
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
