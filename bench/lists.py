"""Forty people list the same jobs at the same moment: each with separate requests, and with shared ones.

Run `python -m bench.lists`. Both ask the same clouds in turns, within Callboard's request budgets.
"""

import asyncio
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import httpx

from bench.clouds import clouds
from bench.followed import opened
from bench.measure import show
from bot.deps.deps import Deps
from bot.domain.catalog import ServiceFilter
from bot.jobs.queries import list_jobs
from bot.jobs.shared_requests import SharedRequests
from bot.store.redis.embedded import embedded_redis
from providers.models import JobQuery

PEOPLE = 40
ROUNDS = 3
JOBS = 40
"""A page of each service, also where an API's list must be read completely."""
PAUSE_S = 1.1
"""The pause between bursts, after which the budgets of a second are full again."""
COLUMNS = ["", "median", "slowest", "requests per service", "failing services"]


@dataclass(frozen=True, slots=True)
class Burst:
    """The time of equal simultaneous lists, in seconds, and their cost."""

    times_s: tuple[float, ...]
    requests: float
    failing: int

    def row(self, name: str) -> list[str]:
        times = (median(self.times_s), max(self.times_s))
        return [name, *(f"{each * 1000:,.0f} ms" for each in times), f"{self.requests:.1f}", str(self.failing)]


async def burst(deps: Deps, client: httpx.AsyncClient) -> Burst:
    """List everything PEOPLE times in parallel."""
    requests, failing, times = 0, 0, list[float]()

    async def count(_: httpx.Request) -> None:
        nonlocal requests
        requests += 1

    async def one() -> None:
        nonlocal failing
        began = time.perf_counter()
        failing += len((await list_jobs(deps, ServiceFilter(), JobQuery())).errors)
        times.append(time.perf_counter() - began)

    client.event_hooks = {"request": [count]}
    await asyncio.gather(*(one() for _ in range(PEOPLE)))
    listing = sum(each.capabilities.lists for each in deps.providers)
    return Burst(tuple(times), requests / listing, failing)


async def measure(folder: Path) -> dict[str, Burst]:
    """Return the round with the median of medians for each, after one that opens connections."""
    with clouds(JOBS) as where:
        async with embedded_redis(folder) as url, opened(where, url, limited=True) as (alone, client):
            rounds: dict[str, list[Burst]] = {"separate": [], "shared": []}
            for _ in range(ROUNDS + 1):
                shared = replace(alone, providers=[SharedRequests(each) for each in alone.providers])
                for name, services in zip(rounds, (alone, shared), strict=True):
                    rounds[name].append(await burst(services, client))
                    await asyncio.sleep(PAUSE_S)
    return {name: sorted(each[1:], key=lambda one: median(one.times_s))[ROUNDS // 2] for name, each in rounds.items()}


async def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="callboard-bench-") as folder:
        alone, shared = (bursts := await measure(Path(folder))).values()
    ratio = median(shared.times_s) / median(alone.times_s)
    rows = [*(each.row(name) for name, each in bursts.items()), ["x separate", f"{ratio:.2f}", "", "", ""]]
    show(f"{PEOPLE} equal simultaneous lists (target: median under 1 s, 1 request per service)", COLUMNS, rows)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
