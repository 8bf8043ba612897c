"""Records as other versions or accidents leave them, and what is reported about them."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from bot.deps.metrics import Metrics
from bot.diagnostics import checks
from bot.domain.findings import Finding
from bot.polling.sweep import sweep
from bot.runtime.record_notices import notice
from bot.store.redis.connection import RedisLink
from bot.subscriptions.subscribe import subscribe
from providers.models import JobState
from tests.bot.delivery_world import World
from tests.bot.samples import SERVICE, TERMS

OTHER = "C2"


def newer(text: str) -> str:
    """Return the record as a newer version writes it, with other fields."""
    line, _, record = text.rpartition("\n")
    number = json.loads(record).get("v", 1) + 1
    return f"{line}\n" * bool(line) + json.dumps({"v": number, "layout": "another", "was": record})


async def rewrite(link: RedisLink, key: str, change: Callable[[str], str], name: str = "") -> str:
    """Change a stored record, and return its new text."""
    kind = await link.execute("TYPE", key)
    if kind == "string":
        text = change(await link.execute("GET", key))
        await link.execute("SET", key, text, "KEEPTTL")
    elif kind == "hash":
        name = name or (await link.execute("HKEYS", key))[0]
        text = change(await link.execute("HGET", key, name))
        await link.execute("HSET", key, name, text)
    else:
        entries = await link.execute("XRANGE", key, "-", "+")
        text = change(entries[-1][1]["entry"])
        await link.execute("XDEL", key, entries[-1][0])
        await link.execute(
            "XADD", key, entries[-1][0].split("-")[0] + "-99", "card", entries[-1][1]["card"], "entry", text
        )
    return text


async def dump(link: RedisLink, *keys: str) -> list[Any]:
    return await link.execute_many([("DUMP", key) for key in keys])


def texts(world: World, channel: str) -> list[str]:
    return [said.text for said in world.slack.said if said.channel == channel and said.there]


async def other_place(world: World) -> None:
    """Follow a job in another destination, which must continue to work."""
    job = world.provider.job("other")
    world.provider.jobs = [*world.provider.jobs, job]
    await subscribe(world.deps, [job.ref], OTHER, TERMS)
    world.provider.jobs = [each.model_copy(update={"state": JobState.FAILED}) for each in world.provider.jobs]
    await sweep_now(world)


async def sweep_now(world: World) -> None:
    world.now += timedelta(minutes=5)
    await sweep(world.deps, world.provider)


async def degraded(world: World) -> str:
    """Return what `/readyz` says."""
    return await notice(world.deps) or ""


def figures(metrics: Metrics) -> dict[str, float]:
    found = text_string_to_metric_families(metrics.text().decode())
    samples = [sample for family in found for sample in family.samples if sample.name.endswith("_records")]
    return {f"{sample.name} {sample.labels['kind']}": sample.value for sample in samples if sample.value}


async def checked(world: World) -> list[Finding]:
    """Return the findings of `callboard check` about records."""
    return await checks.records(world.store, [SERVICE])
