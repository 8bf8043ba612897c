"""Tracked jobs: subscribed to by the thousand, swept until none is due."""

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from bench.clouds import Clouds
from bot.deps.deps import Deps, utc_now
from bot.domain.cards import Card, CardJob, SubscriptionOptions
from bot.domain.outbox import SubscribedEntry, encode
from bot.domain.tracked_jobs import record
from bot.polling import planner, sweep
from bot.store import Store
from bot.store.redis.connection import Part
from bot.store.redis.keys import CARDS, DUE, JOBS, LOST, OUTBOX, PENDING, PLACES, REPLY, SUBSCRIPTIONS
from bot.store.redis.scripts import script
from providers import registry
from providers.base import Provider
from providers.http.deadline import within
from providers.models import Job, JobQuery

ROUND_S = 600.0
"""A round that takes longer than this has failed."""
A_PLACE = 100
"""Tracked jobs per channel."""
PLACE = "C{:06}"
CARD = "{:010x}"
TS = "1700000000.{:06}"

Numbered = Callable[[int], str]


def _place(number: int) -> str:
    return PLACE.format(number // A_PLACE)


def _ts(number: int) -> str:
    return TS.format(number % 10**6)


@dataclass(slots=True)
class Clock:
    """A simulated clock."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@asynccontextmanager
async def opened(
    where: Clouds, redis_url: str, clock: Callable[[], datetime] = utc_now, *, limited: bool = False
) -> AsyncGenerator[tuple[Deps, httpx.AsyncClient]]:
    """Yield the `Deps` of sweeps, with a request budget in Redis, and their client."""
    async with Store.open(redis_url, Path()) as store, registry.http_client() as client:
        yield (
            Deps(registry.build(where.accounts(limited=limited), client, store.budget), store, clock=clock),
            client,
        )


def provider_of(deps: Deps, service: str) -> Provider:
    return next(each for each in deps.providers if each.service == service)


async def follow(deps: Deps, provider: Provider, where: Clouds, *, place: Numbered = _place, ts: Numbered = _ts) -> int:
    """Subscribe to every job of a service, each on a separate card.

    The records look as if all notifications were sent long ago. `place` returns the channel of the job with a number,
    `ts` the message of its card. Returns the number of jobs.
    """
    number = 0
    told: set[str] = set()
    async for jobs in _known(provider, where):
        commands: list[Sequence[Part]] = []
        for job in jobs:
            here = place(number)
            card = Card(
                id=CARD.format(number),
                place=here,
                terms=SubscriptionOptions(user="U0DANA", at=deps.clock()),
                jobs={str(job.ref): CardJob()},
                channel=here,
                ts=ts(number),
            )
            commands += _subscription(job, card)
            told.add(here)
            number += 1
        await deps.store.link.execute_many(commands)
    slot = f"{provider.account}/{provider.service}"
    await deps.store.link.execute_many([("DEL", PENDING.of(slot)), *(("DEL", OUTBOX.of(slot, here)) for here in told)])
    return number


async def _known(provider: Provider, where: Clouds) -> AsyncGenerator[Sequence[Job]]:
    kinds = {"vod-ai": where.vod_ai, "vod-jobs": where.vod_jobs}.get(provider.service, {})
    ids, cursor = list(kinds), None
    async with within(ROUND_S):
        while provider.capabilities.lists:
            page = await provider.page(JobQuery(), cursor)
            yield page.jobs
            if (cursor := page.cursor) is None:
                return
        for some in planner.look_ups(ids, provider.capabilities):
            yield (await provider.lookup(some, {one: kinds[one] for one in some})).found


def _subscription(job: Job, card: Card) -> list[Sequence[Part]]:
    """Return what subscribing writes, and the card once Slack has its message.

    The writes are the store's own. The reply, which lives for a minute, has expired.
    """
    slot, now = f"{job.account}/{job.service}", card.terms.at
    entry = SubscribedEntry(job=job.model_copy(update={"raw": None}), terms=card.terms).model_dump_json()
    beside = (JOBS.of(slot), DUE.of(slot), SUBSCRIPTIONS.of(slot), PENDING.of(slot))
    responder = REPLY.of(slot, f"{card.place}:{job.id}")
    keys = (*beside, OUTBOX.of(slot, card.place), responder, LOST.of(slot, job.id))
    told = (job.id, record(job, now - planner.OLDEST), 0, card.place, card.id, entry, REPLY.seconds)
    return [
        ("EVAL", script("subscribe"), 7, *keys, *told),
        ("HSET", CARDS.of(card.place), card.id, encode(card)),
        ("SADD", PLACES.of(), card.place),
        ("DEL", responder),
    ]


async def places(deps: Deps, provider: Provider) -> dict[str, str]:
    """Return the channel of each tracked job of a service, by job id."""
    kept = await deps.store.link.execute("HGETALL", SUBSCRIPTIONS.of(f"{provider.account}/{provider.service}"))
    return {job_id: next(iter(json.loads(followers))) for job_id, followers in kept.items()}


async def make_due(deps: Deps, provider: Provider) -> None:
    """Make every tracked job of a service due."""
    due = DUE.of(f"{provider.account}/{provider.service}")
    await deps.store.link.execute("ZUNIONSTORE", due, 1, due, "WEIGHTS", 0)


async def look_at_all(deps: Deps, provider: Provider) -> int:
    """Sweep a service until nothing is due, without pauses; return the number of sweeps."""
    sweeps = 0
    async with asyncio.timeout(ROUND_S):
        while True:
            await sweep.sweep(deps, provider)
            sweeps += 1
            if await due_in(deps, provider) > 0:
                return sweeps


async def due_in(deps: Deps, provider: Provider) -> float:
    """Return the seconds until the next job is due."""
    _, first, _ = (await deps.store.tracked.state([(provider.account, provider.service)]))[0]
    return (first - deps.clock()).total_seconds() if first else 0.0


async def memory(deps: Deps) -> int:
    """Return the bytes that Redis uses."""
    return int((await deps.store.link.execute("INFO", "memory"))["used_memory"])


async def redis_cpu(deps: Deps) -> float:
    """Return the CPU seconds that Redis has used."""
    cpu: Mapping[str, float] = await deps.store.link.execute("INFO", "cpu")
    return float(cpu["used_cpu_user"]) + float(cpu["used_cpu_sys"])


async def sent(where: Clouds) -> int:
    """Return how many requests the clouds have counted so far."""
    async with httpx.AsyncClient() as client:
        return int((await client.get(f"{where.url}/control/requests")).json()["total"])


async def quiet(deps: Deps, provider: Provider) -> bool:
    """Return whether no notification waits: every job was unchanged."""
    _, _, places = (await deps.store.tracked.state([(provider.account, provider.service)]))[0]
    return not places
