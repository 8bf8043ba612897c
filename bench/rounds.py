"""A worker's full round over jobs of two services: its time and its memory."""

import asyncio
import time
from pathlib import Path
from typing import NamedTuple

from bench import followed
from bench.clouds import Running, clouds
from bench.processes import process
from bench.sweeps import least
from bench.telling import take_posts
from bench.worker import worker
from bot.polling import sweep
from bot.polling.planner import OLDEST
from bot.store.redis.embedded import embedded_redis

SERVICES = ("video-ocr", "vod-ai")
PATIENCE_S = 300.0
COLUMNS = ("jobs", "round s", "of interval", "limit s", "CPU s", "memory MiB")


class Round(NamedTuple):
    """One round; `limited_s` is the shortest time that the providers' rate limits allow for its requests."""

    jobs: int
    wall_s: float
    limited_s: float
    cpu_s: float
    rss_bytes: int

    @property
    def row(self) -> list[str]:
        part = f"{self.wall_s / OLDEST.total_seconds():.0%}"
        figures = (f"{self.wall_s:.1f}", part, f"{self.limited_s:,.0f}", f"{self.cpu_s:.1f}")
        return [f"{self.jobs:,}", *figures, f"{self.rss_bytes / 2**20:,.0f}"]


async def measure(jobs: int, folder: Path) -> Round:
    """Track this many jobs, half per service, and let a worker look at all."""
    half = jobs // len(SERVICES)
    with clouds(Running(dict.fromkeys(SERVICES, half)), frozen=True) as where, process(take_posts) as slack:
        async with embedded_redis(folder) as redis_url, followed.opened(where, redis_url) as (services, _):
            providers = [followed.provider_of(services, each) for each in SERVICES]
            for provider in providers:
                await followed.follow(services, provider, where)
            with worker(where, redis_url, slack.recv()) as at_work:
                began, began_cpu = time.perf_counter(), at_work.figures().cpu_s
                async with asyncio.timeout(PATIENCE_S):
                    for provider in providers:
                        while await followed.due_in(services, provider) <= 0:  # noqa: ASYNC110  # Redis sends no event
                            await asyncio.sleep(0.1)
                wall, figures = time.perf_counter() - began, at_work.figures()
    limited = max(least(each, half) / each.capabilities.requests_per_second / sweep.SHARE for each in providers)
    return Round(half * len(SERVICES), wall, limited, figures.cpu_s - began_cpu, figures.rss_bytes)
