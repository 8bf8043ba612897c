"""A look at every tracked job, all unchanged: requests, CPU, Redis, and wall-clock time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from pathlib import Path
from types import MappingProxyType

import httpx

from bench import bare, followed
from bench.clouds import Clouds, Running, clouds
from bench.kilobyte import kilobyte
from bench.measure import Cost, Run, in_turns
from bench.providers import auth_of
from bot.deps.deps import Deps
from bot.domain.sweeps import Sweep
from bot.polling import planner, sweep
from bot.store.redis.embedded import embedded_redis
from providers import registry
from providers.base import Provider

ROUNDS = 5
MANY = 20_000
"""Jobs per round, so many that a round outlasts the machine's fluctuations."""
AT_ONCE: Mapping[str, int] = MappingProxyType({"video-ocr": 1, "vod-ai": 4, "vod-jobs": 4})
"""Parallel requests: pages are read in sequence, and look-ups in parallel, as a provider sends them."""
LIST_PAGE = 100
CHUNK = 100
MINUTES = 10


def least(provider: Provider, jobs: int) -> int:
    """Return the fewest requests that cover this many jobs."""
    able = provider.capabilities
    return ceil(jobs / (LIST_PAGE if able.lists else able.batch_max))


@dataclass(frozen=True, slots=True)
class Swept:
    """The cost of one look at every job of a service; CPU and time are medians of rounds.

    `redis_bytes` are what a job takes, and `kilobyte` what the same server needs for a kilobyte of text.
    """

    service: str
    jobs: int
    sweeps: int
    requests: int
    least: int
    costs: Mapping[str, Cost]
    redis_cpu_s: float
    redis_bytes: float
    kilobyte: float
    limited_s: float
    quiet: bool

    @property
    def row(self) -> list[str]:
        ours = self.costs["callboard"].cpu_s
        micros = [f"{cost.cpu_s / self.jobs * 1e6:,.0f}" for cost in self.costs.values()]
        ratios = [f"{ours / self.costs[name].cpu_s:.2f}" for name in ("httpx", "aiohttp")]
        return [
            *(self.service, f"{self.jobs:,}", f"{self.requests:,}", f"{self.least:,}"),
            *(*micros, f"{self.redis_cpu_s / self.jobs * 1e6:,.0f}", *ratios),
            *(
                f"{self.redis_bytes / self.kilobyte:.2f}",
                f"{self.costs['callboard'].wall_s:.1f}",
                f"{self.limited_s:,.0f}",
            ),
        ]


COLUMNS = (
    *("", "jobs", "sent", "least"),
    *("ours", "httpx", "aio", "Redis"),
    *("x httpx", "x aio", "x KiB", "wall s", "limit"),
)
"""Return CPU of Callboard, httpx, httpx over aiohttp and Redis, and the duration under the provider's limit."""


async def measure(service: str, jobs: int, folder: Path) -> Swept:
    """Track this many jobs, and look at all in turns with fetching the same bare."""
    with clouds(Running({service: jobs}), frozen=True) as where:
        async with embedded_redis(folder) as redis_url, followed.opened(where, redis_url) as (services, client):
            provider = followed.provider_of(services, service)
            reference = await kilobyte(services.store.link)
            before = await followed.memory(services)
            number = await followed.follow(services, provider, where)
            kept = (await followed.memory(services) - before) / number
            requests, sweeps = await _recorded(services, provider, client)
            rounds = 1 if number > MANY else ROUNDS
            costs, redis_cpu = await _costs(services, provider, where, requests, rounds)
            return Swept(
                service=service,
                jobs=number,
                sweeps=sweeps,
                requests=len(requests),
                least=least(provider, number),
                costs=costs,
                redis_cpu_s=redis_cpu,
                redis_bytes=kept,
                kilobyte=reference,
                limited_s=len(requests) / (provider.capabilities.requests_per_second * sweep.SHARE),
                quiet=await followed.quiet(services, provider),
            )


async def _recorded(deps: Deps, provider: Provider, client: httpx.AsyncClient) -> tuple[list[httpx.Request], int]:
    """Look at every job once; return the requests and the number of sweeps."""
    recorder = bare.Recorder(client)
    try:
        return recorder.requests, await followed.look_at_all(deps, provider)
    finally:
        client.event_hooks = {"request": []}


async def _costs(
    deps: Deps, provider: Provider, where: Clouds, requests: Sequence[httpx.Request], rounds: int
) -> tuple[dict[str, Cost], float]:
    """Look at every job, and fetch the same pages bare, in turns; return the costs, and the CPU seconds of Redis."""
    account = next(each for each in where.accounts() if provider.service in each.services)
    at_once, auth = AT_ONCE[provider.service], auth_of(account)
    redis_cpu: list[float] = []

    async def ours() -> None:
        await followed.make_due(deps, provider)
        before = await followed.redis_cpu(deps)
        await followed.look_at_all(deps, provider)
        redis_cpu.append(await followed.redis_cpu(deps) - before)

    def fetch(client: httpx.AsyncClient) -> Run:
        questions = bare.signed(requests, auth)

        async def run() -> None:
            for start in range(0, len(questions), CHUNK):  # what was read is dropped soon, as in a sweep
                await bare.ask(client, questions[start : start + CHUNK], at_once)

        return run

    async with httpx.AsyncClient() as plain, registry.http_client() as quick:
        costs = await in_turns(
            {"callboard": lambda: ours, "httpx": lambda: fetch(plain), "aiohttp": lambda: fetch(quick)},
            rounds,
        )
    return costs, sorted(redis_cpu)[len(redis_cpu) // 2]


@dataclass(frozen=True, slots=True)
class Kept:
    """Some minutes of tracking, on a simulated clock."""

    service: str
    jobs: int
    requests: int
    least: int
    sweeps: int

    @property
    def row(self) -> list[str]:
        ratio = f"{self.requests / self.least:.2f}"
        return [self.service, f"{self.jobs:,}", f"{self.sweeps:,}", f"{self.requests:,}", f"{self.least:,}", ratio]


KEPT_COLUMNS = ("", "jobs", "sweeps", "sent", "least", "x least")


async def keep_up(service: str, jobs: int, folder: Path) -> Kept:
    """Track old jobs for ten minutes, and compare with full looks at the same interval."""
    clock = followed.Clock()
    with clouds(Running({service: jobs}), frozen=True) as where:
        async with embedded_redis(folder) as redis_url, followed.opened(where, redis_url, clock) as (services, _):
            provider = followed.provider_of(services, service)
            number = await followed.follow(services, provider, where)
            await followed.look_at_all(services, provider)
            before, ends, looks = await followed.sent(where), clock() + timedelta(minutes=MINUTES), set[Sweep]()
            while clock() < ends:
                pause = await sweep.sweep(services, provider) or 1
                slot = (provider.account, provider.service)
                looks.add((await services.store.sweeps.read([slot]))[slot])
                clock.ahead += timedelta(seconds=pause)
            requests = await followed.sent(where) - before
            rounds = timedelta(minutes=MINUTES) / planner.OLDEST
            return Kept(service, number, requests, round(rounds * least(provider, number)), len(looks))
