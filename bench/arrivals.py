"""New jobs of one service, thousands an hour, while channels watch: requests and CPU, and their minimum."""

import gc
import time
from collections.abc import Awaitable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import httpx

from bench import bare
from bench.clouds import Arriving, Clouds, clouds
from bench.followed import provider_of
from bench.guard import CHANNELS, Clock, add_watches, decided, deliver, guard
from bench.processes import process
from bench.providers import auth_of
from bench.telling import take_posts
from bot.background.tasks import VISIT
from bot.deps.deps import Deps
from bot.domain.elapsed import passed
from bot.domain.walks import MARGIN, Discovery
from bot.polling import sweep
from bot.store.redis.embedded import embedded_redis
from providers import registry

ACCOUNT, SERVICE = "media-cn", "video-ocr"
AN_HOUR = 10_000
FAILING = 0.01
WATCHES = (
    *("video-ocr", "media-cn -name:draft", "on:down,failed -vod-ai", "video-ocr -name:test after:5/10m"),
    *("video-ocr code:ALG.*", "video-ocr code:ALG.002", "video-ocr -code:ALG.002", "media-cn on:any name:clip-777"),
    *("video-ocr kind:video-ocr", "media-cn after:20%/1h", "video-ocr name:clip-1", "video-ocr name:clip-2"),
    *("video-ocr name:clip-3", "video-ocr name:clip-4", "video-ocr name:clip-5", "media-cn -kind:nothing"),
    *("video-ocr name:nothing on:done", "media-cn/video-ocr media:abc", "video-ocr after:10/1h", "-name:draft"),
)
T = TypeVar("T")

LIST_PAGE = 100
WARM_S = MARGIN.total_seconds() + 60
"""Warm-up. After it, the part of the list that each walk rereads has its full length, and heads are posted."""
LONGER_S = 120.0
"""Extra time in which jobs arrive: those of a storm are created before they finish."""
MINUTES = 10
NEVER = datetime.min.replace(tzinfo=UTC)
AT_ONCE = 1
"""Pages are read one after the other."""


@dataclass(slots=True)
class Spent:
    """The cost of sweeps: requests and CPU seconds, with those of fetching the same pages bare."""

    sweeps: int = 0
    walks: list[tuple[Discovery, datetime]] = field(default_factory=list[tuple[Discovery, datetime]])
    requests: int = 0
    sweep_s: float = 0.0
    delivery_s: float = 0.0
    bare_s: dict[str, float] = field(default_factory=lambda: dict.fromkeys(("httpx", "aiohttp"), 0.0))

    def least(self, created: Sequence[datetime]) -> int:
        """Return the fewest requests for these walks and the other sweeps.

        Jobs were created at the given times. A walk reads down to the first job that is certainly known, on pages with
        one job in common.
        """
        read = (sum(_low(before) <= at <= now for at in created) for before, now in self.walks)
        return sum(max(1, ceil(number / (LIST_PAGE - 1))) for number in read) + self.sweeps - len(self.walks)


def _low(before: Discovery) -> datetime:
    return before.mark.low or NEVER


@dataclass(frozen=True, slots=True)
class Arrived:
    """Some minutes of new jobs: their number, the number of decisions, and the cost."""

    jobs: int
    decisions: int
    least: int
    spent: Spent

    @property
    def row(self) -> list[str]:
        spent = self.spent
        ours = spent.sweep_s + spent.delivery_s
        return [
            *(f"{self.jobs:,}", f"{self.decisions:,}", f"{spent.sweeps}", f"{spent.requests:,}", f"{self.least:,}"),
            *(f"{each:.2f}" for each in (spent.sweep_s, spent.delivery_s, *spent.bare_s.values())),
            *(f"{ours / each:.2f}" for each in spent.bare_s.values()),
        ]


COLUMNS = (
    *("new jobs", "decisions", "sweeps", "sent", "least"),
    *("sweep s", "deliver s", "httpx s", "aio s"),
    *("x httpx", "x aio"),
)
"""Return jobs and requests, then CPU seconds of Callboard, of httpx, and of httpx over aiohttp."""


@dataclass(slots=True)
class Run:
    """A guarded service on one clock for clouds and bot."""

    deps: Deps
    client: httpx.AsyncClient
    where: Clouds
    control: httpx.AsyncClient
    clock: Clock
    spent: Spent = field(default_factory=Spent)
    wait: float = 0.0
    visited: datetime = NEVER

    async def advance(self, seconds: float) -> None:
        """Advance the clocks."""
        (await self.control.post("/control/clock", json={"advance_s": seconds})).raise_for_status()
        self.clock.advance(seconds)

    async def until(self, seconds: float, clients: Mapping[str, httpx.AsyncClient] = MappingProxyType({})) -> None:
        """Sweep for this long, and repeat the requests of each sweep over each client."""
        ends = self.clock() + timedelta(seconds=seconds)
        while self.clock() < ends:
            requests = await self.sweep()
            await self.fetch(requests, clients)
            await self.advance(self.wait)

    async def sweep(self) -> list[httpx.Request]:
        """Sweep once and deliver its findings; return its requests."""
        recorder = bare.Recorder(self.client)
        before = await self._known()
        provider = provider_of(self.deps, SERVICE)
        spent, wait = await _cpu(sweep.sweep(self.deps, provider))
        self.spent.sweep_s, self.wait = self.spent.sweep_s + spent, wait or 0.0
        self.spent.delivery_s += (await _cpu(deliver(self.deps, await self._waiting())))[0]
        self.client.event_hooks = {"request": []}
        after = await self._known()
        self.spent.sweeps += 1
        if after.walked_at != before.walked_at:
            self.spent.walks.append((before, self.clock()))
        self.spent.requests += len(recorder.requests)
        return recorder.requests

    async def _known(self) -> Discovery:
        return (await self.deps.store.discovery.read((ACCOUNT, SERVICE)))[1]

    async def _waiting(self) -> Iterable[str]:
        """Return the destinations of the findings; once a minute all of them, as the bot visits them."""
        if passed(self.visited, VISIT, self.clock()):
            self.visited = self.clock()
            return CHANNELS
        return (await self.deps.store.tracked.state([(ACCOUNT, SERVICE)]))[0][2]

    async def fetch(self, requests: Sequence[httpx.Request], clients: Mapping[str, httpx.AsyncClient]) -> None:
        """Send the same requests bare, over each client."""
        account = next(each for each in self.where.accounts() if SERVICE in each.services)
        for name, client in clients.items():
            questions = bare.signed(requests, auth_of(account))
            self.spent.bare_s[name] += (await _cpu(bare.ask(client, questions, AT_ONCE)))[0]

    async def created(self) -> list[datetime]:
        """Return when each job was created."""
        asked = {"account": ACCOUNT, "service": SERVICE}
        jobs = (await self.control.get("/control/transitions", params=asked)).json()["jobs"]
        return [datetime.fromtimestamp(each["created"], UTC) for each in jobs]


async def _cpu(work: Awaitable[T]) -> tuple[float, T]:
    """Return the CPU seconds of this process for some work, and its result."""
    gc.collect()
    before = time.process_time()
    result = await work
    return time.process_time() - before, result


async def measure(folder: Path, *, an_hour: int = AN_HOUR, minutes: float = MINUTES) -> Arrived:
    """Let jobs arrive for some minutes, and compare each sweep with bare requests."""
    whole_s = WARM_S + minutes * 60 + LONGER_S
    number = round(an_hour * whole_s / 3600)
    early_s = whole_s / 2  # a signature is valid for 15 minutes before and after its date
    arriving = Arriving(SERVICE, number, ceil(number * FAILING), whole_s, early_s)
    with clouds(arriving, frozen=True) as where, process(take_posts, False) as slack:
        clock = Clock(datetime.now(UTC) - timedelta(seconds=early_s))
        async with (
            embedded_redis(folder) as redis_url,
            guard(where, redis_url, slack.recv(), clock) as (deps, client),
            httpx.AsyncClient(base_url=where.url) as control,
            httpx.AsyncClient() as plain,
            registry.http_client() as quick,
        ):
            run = Run(deps, client, where, control, clock)
            await add_watches(deps, WATCHES)
            await run.until(WARM_S)
            gc.freeze()  # as the bot does once it is ready
            run.spent, began = Spent(), clock()
            await run.until(minutes * 60, {"httpx": plain, "aiohttp": quick})
            created = await run.created()
            return Arrived(
                jobs=sum(began < at for at in created),
                decisions=await decided(deps, f"{ACCOUNT}/{SERVICE}"),
                least=run.spent.least(created),
                spent=run.spent,
            )
