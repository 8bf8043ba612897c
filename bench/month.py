"""Thirty days of a watched service on a simulated clock: what Redis keeps of them."""

import time
from collections import Counter
from collections.abc import Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from unittest.mock import patch

from bench.arrivals import ACCOUNT, AN_HOUR, FAILING, SERVICE, WATCHES
from bench.clouds import clouds
from bench.followed import memory, provider_of
from bench.guard import CHANNELS, Clock, add_watches, decided, deliver, guard
from bench.processes import process
from bench.telling import take_posts
from bot.delivery import sender
from bot.deps.deps import Deps
from bot.domain.walks import Discovery, Mark
from bot.polling import discovery
from bot.polling.service_sweep import ServiceSweep
from bot.store import slack_rate_limits
from bot.store.redis.connection import RedisLink
from bot.store.redis.embedded import embedded_redis
from bot.store.redis.keys import PREFIX
from providers.models import Job, JobError, JobState
from sandbox.clouds.failure_causes import CAUSES
from sandbox.clouds.job_orders import new_id

DAYS = 30
STEP = timedelta(minutes=55)
"""The time between two sweeps. All its failures happen just before the second."""
KINDS = 3
WHOLE = timedelta(hours=2)
"""For this long before the month finishes, every job exists. Before, one success a minute represents all."""
TARGET_MIB = 100
EXPIRY_STEPS = 13
"""Steps between two rounds of expiring keys and editing heads."""
CHUNK = 1_000
FAMILIES = 8
RUNNING = 100
"""Jobs that still run when the month finishes."""


@dataclass(frozen=True, slots=True)
class Month:
    """What is kept after some days, and the peak of it, in bytes."""

    days: float
    failures: int
    decisions: int
    most: int
    bytes: int
    families: Sequence[tuple[str, int, int]]
    wall_s: float

    @property
    def row(self) -> list[str]:
        sizes = (f"{each / 2**20:.1f}" for each in (self.most, self.bytes))
        return [f"{self.days:g}", f"{self.failures:,}", f"{self.decisions:,}", *sizes, f"{self.wall_s:.0f}"]

    @property
    def family_rows(self) -> list[list[str]]:
        """Return the largest families of keys."""
        return [[name, f"{number:,}", f"{size / 2**20:.2f}"] for name, number, size in self.families[:FAMILIES]]


COLUMNS = ("days", "failures", "jobs with decisions", "most MiB", "MiB", "wall s")
FAMILY_COLUMNS = ("keys", "number", "MiB")


@dataclass(slots=True)
class Expiry:
    """Expires keys on a clock that Redis does not have, by shortening their remaining lifetimes.

    A key that was written or renewed since the last time is skipped once. So it may live longer than in reality, never
    shorter.
    """

    link: RedisLink
    _left: dict[str, int] = field(default_factory=dict[str, int])

    async def put_forward(self, by: timedelta) -> None:
        """Advance the clock."""
        milliseconds, before, self._left = int(by.total_seconds() * 1000), self._left, {}
        names = await _names(self.link)
        for start in range(0, len(names), CHUNK):
            chunk = names[start : start + CHUNK]
            lifetimes = await self.link.execute_many([("PTTL", name) for name in chunk])
            shorter = {
                name: left - milliseconds
                for name, left in zip(chunk, lifetimes, strict=True)
                if 0 < left <= before.get(name, 0)
            }
            await self.link.execute_many([("PEXPIRE", name, max(0, left)) for name, left in shorter.items()])
            self._left |= {name: left for name, left in zip(chunk, lifetimes, strict=True) if left > 0} | shorter


class Jobs:
    """Makes jobs as the provider's list has them, on the clouds' clock."""

    def __init__(self, region: str) -> None:
        self._random = Random(7)
        self._region = region
        self._number = 0

    def job(self, at: datetime, state: JobState, cause: int = 0) -> Job:
        """Return a job that reached a state at a time."""
        self._number += 1
        failure = CAUSES[SERVICE][cause].failure(self._random, at.timestamp()) if state is JobState.FAILED else None
        life = timedelta(seconds=self._random.uniform(24, 60))
        return Job(
            account=ACCOUNT,
            service=SERVICE,
            region=self._region,
            id=new_id(SERVICE),
            name=f"clip-{self._number}.mp4",
            state=state,
            raw_state=state.value.upper(),
            created_at=(at - life).replace(microsecond=0),
            finished_at=at if state.ended else None,
            updated_at=at,
            input=f"obs://obs-media-cn/input/{self._number}.mp4",
            output=f"obs://obs-media-cn/output/{self._number}/",
            error=JobError.of(failure.code, failure.message) if failure else None,
        )

    def of_step(self, now: datetime, failures: int, step: timedelta, succeeded: int) -> Iterator[Job]:
        """Yield the jobs of a step that ends now: failures in its last seconds, and others evenly."""
        for number in range(failures):
            yield self.job(now - timedelta(seconds=20 * number / failures), JobState.FAILED, number % KINDS)
        for number in range(succeeded):
            yield self.job(now - step * ((number + 0.5) / succeeded), JobState.SUCCEEDED)


async def measure(folder: Path, *, days: float = DAYS, an_hour: int = AN_HOUR) -> Month:
    """Simulate some days with that many jobs per hour, and count what remains."""
    began, start, most = time.perf_counter(), datetime.now(UTC), 0
    clock = Clock(start)
    with clouds(1) as where, process(take_posts, False) as slack, _without_limits():
        async with (
            embedded_redis(folder) as redis_url,
            guard(where, redis_url, slack.recv(), clock) as (deps, _),
        ):
            await deps.store.link.execute("CONFIG", "SET", "appendonly", "no")  # the disk is not measured
            expiry = Expiry(deps.store.link)
            provider = provider_of(deps, SERVICE)
            jobs, known = Jobs(provider.region), Discovery(since=start, unfinished=True, mark=Mark(start))
            await add_watches(deps, WATCHES)
            await deps.store.discovery.begin((ACCOUNT, SERVICE), known, [])
            failures = round(an_hour * FAILING * STEP / timedelta(hours=1))
            steps = round(timedelta(days=days) / STEP)
            for step in range(steps):
                clock.now = start + (step + 1) * STEP
                whole = (steps - step) * STEP <= WHOLE
                succeeded = round(an_hour * STEP / timedelta(hours=1)) - failures if whole else 30
                listed = [*jobs.of_step(clock(), failures, STEP, succeeded)]
                if step == steps - 1:
                    listed += [jobs.job(clock(), JobState.RUNNING) for _ in range(RUNNING)]
                await _look(deps, listed)
                halts = (step + 1) % EXPIRY_STEPS == 0 or step == steps - 1
                await deliver(deps, CHANNELS, clock.advance, edits=halts)
                if halts:
                    most = max(most, await memory(deps))
                    await expiry.put_forward(EXPIRY_STEPS * STEP)
            return Month(
                days=days,
                failures=failures * steps,
                decisions=await decided(deps, f"{ACCOUNT}/{SERVICE}"),
                most=max(most, await memory(deps)),
                bytes=await memory(deps),
                families=await _families(deps),
                wall_s=time.perf_counter() - began,
            )


@contextmanager
def _without_limits() -> Generator[None]:
    """Lift Slack's limits: Redis counts them on the real clock."""
    with ExitStack() as stack:
        stack.enter_context(patch.object(sender, "POST_INTERVAL_S", 0.001))
        for limit in ("POSTS_A_MINUTE", "EDITS_A_MINUTE", "HEADS_A_MINUTE"):
            stack.enter_context(patch.object(slack_rate_limits, limit, 1_000_000))
        yield


async def _look(deps: Deps, listed: Sequence[Job]) -> None:
    """Process a list page by page, as the walk that found it does."""
    sweep = ServiceSweep(deps, provider_of(deps, SERVICE))
    await discovery.begin(sweep)
    newest = sorted(listed, key=lambda job: job.updated_at or deps.clock(), reverse=True)
    for start in range(0, len(newest), 100):
        await discovery.take_list(sweep, newest[start : start + 100], deps.clock())
    if sweep.discovery:
        mark = Mark(max(job.created_at for job in listed if job.created_at))
        await deps.store.discovery.write(sweep.service, sweep.discovery._replace(mark=mark, walked_at=deps.clock()))
        await deps.store.discovery.trim(sweep.service, mark.mark)


async def _families(deps: Deps) -> list[tuple[str, int, int]]:
    """Return each family of keys with their number and bytes, the largest first."""
    names = await _names(deps.store.link)
    sizes = await deps.store.link.execute_many([("MEMORY", "USAGE", name) for name in names])
    number, taken = Counter[str](), Counter[str]()
    for name, size in zip(names, sizes, strict=True):
        family = _family(name)
        number[family] += 1
        taken[family] += size or 0
    return [(family, number[family], size) for family, size in taken.most_common()]


def _family(name: str) -> str:
    """Return a key's family: `decisions` for `callboard:{C1}:decisions:media-cn/video-ocr/f183…`."""
    after = name.rpartition("}:")[2] or name
    return after.removeprefix(PREFIX).partition(":")[0]


async def _names(link: RedisLink) -> list[str]:
    """Return the names of all keys, page by page. Reading them lets Redis drop expired ones."""
    names, cursor = list[str](), "0"
    while True:
        cursor, page = await link.execute("SCAN", cursor, "MATCH", f"{PREFIX}*", "COUNT", CHUNK)
        names += page
        if int(cursor) == 0:
            return names
