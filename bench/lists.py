"""Forty people list the same jobs at once: each with requests of their own, and with shared ones.

`python -m bench.lists`; both ask the same clouds in turns, within the budgets that Callboard keeps.
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
"""Of each service: a page, also where an API's list has to be read to its end."""
PAUSE_S = 1.1
"""Between two bursts: what one takes of the budgets of a second is back for the next."""
COLUMNS = ["", "median", "slowest", "requests a service", "failing services"]


@dataclass(frozen=True, slots=True)
class Burst:
    """What equal lists at once took, in seconds, and cost."""

    times_s: tuple[float, ...]
    requests: float
    failing: int

    def row(self, name: str) -> list[str]:
        times = (median(self.times_s), max(self.times_s))
        return [name, *(f"{each * 1000:,.0f} ms" for each in times), f"{self.requests:.1f}", str(self.failing)]


async def burst(deps: Deps, client: httpx.AsyncClient) -> Burst:
    """List everything PEOPLE times at once."""
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
            rounds: dict[str, list[Burst]] = {"each for themselves": [], "shared": []}
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
    rows = [*(each.row(name) for name, each in bursts.items()), ["x each for themselves", f"{ratio:.2f}", "", "", ""]]
    show(f"{PEOPLE} equal lists at once (target: median under 1 s, 1 request a service)", COLUMNS, rows)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
