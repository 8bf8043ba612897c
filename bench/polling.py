"""Polling without Callboard: for each job, a loop that asks the vendor's client again and again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import httpx

from bench import bare, followed, vendors
from bench.clouds import Running, clouds
from bench.measure import Cost, Run, in_turns
from bot.deps.deps import Deps
from bot.store.redis.embedded import embedded_redis
from providers.base import Provider
from providers.http.deadline import within

LOOKS = 3
"""How often each job is looked at in a round."""
ROUNDS = 3
AT_ONCE = 20
"""Loops that ask at the same time."""

VENDORS: Mapping[str, Callable[[str, Sequence[httpx.Request]], list[vendors.Call]]] = MappingProxyType(
    {"video-ocr": vendors.video_ocr_task, "vod-ai": vendors.vod}
)
COLUMNS = ("", "jobs", "looks", "sent: ours", "loops", "CPU ms: ours", "loops", "x fewer", "x cheaper")


@dataclass(frozen=True, slots=True)
class CardJob:
    """The cost of looking at some jobs LOOKS times; CPU is the median of rounds."""

    service: str
    jobs: int
    requests: int
    loop_requests: int
    costs: Mapping[str, Cost]

    @property
    def row(self) -> list[str]:
        ours, loops = (self.costs[name].cpu_s * 1000 for name in ("callboard", "loops"))
        return [
            *(self.service, f"{self.jobs:,}", f"{LOOKS}", f"{self.requests:,}", f"{self.loop_requests:,}"),
            *(f"{ours:,.0f}", f"{loops:,.0f}", f"{self.loop_requests / self.requests:.0f}", f"{loops / ours:.0f}"),
        ]


async def measure(service: str, jobs: int, folder: Path) -> CardJob:
    """Look at some jobs of a service, in turns with loops over the vendor's client."""
    with clouds(Running({service: jobs}), frozen=True) as where:
        async with embedded_redis(folder) as redis_url, followed.opened(where, redis_url) as (services, client):
            provider = followed.provider_of(services, service)
            await followed.follow(services, provider, where)
            single = await _single_requests(services, provider, client)
            calls = VENDORS[service](where.url, single)
            counts: dict[str, int] = {}

            def counted(name: str, run: Run) -> Run:
                async def counting() -> None:
                    before = await followed.sent(where)
                    await run()
                    counts[name] = await followed.sent(where) - before

                return counting

            ours = counted("callboard", lambda: _look(services, provider))
            loops = counted("loops", lambda: vendors.ask(calls * LOOKS, AT_ONCE))
            costs = await in_turns({"callboard": lambda: ours, "loops": lambda: loops}, ROUNDS)
    return CardJob(service, jobs, counts["callboard"], counts["loops"], costs)


async def _look(deps: Deps, provider: Provider) -> None:
    for _ in range(LOOKS):
        await followed.make_due(deps, provider)
        await followed.look_at_all(deps, provider)


async def _single_requests(deps: Deps, provider: Provider, client: httpx.AsyncClient) -> list[httpx.Request]:
    """Return the requests that ask about one tracked job each."""
    recorder = bare.Recorder(client)
    async with within(followed.ROUND_S):
        for job_id in await followed.places(deps, provider):
            await provider.lookup([job_id])
    client.event_hooks = {"request": []}
    return recorder.requests
