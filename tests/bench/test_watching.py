"""The benchmark of watching services, small: what it counts is what it should be; its times are not looked at."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bench import arrivals, month, storms
from bench.apps import run_callboard
from bot.delivery import card_editor
from bot.store import Store
from bot.store.redis.embedded import embedded_redis
from bot.store.redis.keys import PREFIX

pytestmark = pytest.mark.heavy("measures a service with many new jobs")


def quick_callboard(*where: Any) -> None:
    """Run Callboard, with heads that are edited every second."""
    card_editor.GROWS = card_editor.GROWS_FAST = timedelta(seconds=1)
    run_callboard(*where)


async def test_a_storm_is_a_message_a_kind(tmp_path: Path):
    storm = await storms.measure(tmp_path, failures=45, within_s=5, after_s=0, bot=quick_callboard)
    assert (storm.posts, storm.refused, storm.listed) == (3, 0, 45)
    assert storm.first_lines <= 3
    assert len(storm.row) == len(storms.COLUMNS)


async def test_new_jobs_take_the_fewest_requests(tmp_path: Path):
    arrived = await arrivals.measure(tmp_path, an_hour=3_000, minutes=1)
    assert arrived.jobs > 20
    assert 0 < arrived.spent.requests <= arrived.least
    assert len(arrived.row) == len(arrivals.COLUMNS)


async def test_what_is_kept_of_days_is_bounded(tmp_path: Path):
    kept = await month.measure(tmp_path, days=0.25, an_hour=800)
    assert kept.decisions >= kept.failures * len(arrivals.CHANNELS)
    assert kept.bytes < month.TARGET_MIB * 2**20
    assert len(kept.row) == len(month.COLUMNS)


async def test_keys_expire_on_the_clock_that_is_put_forward(tmp_path: Path):
    async with embedded_redis(tmp_path) as url, Store.open(url, Path()) as store:
        for name, hours in (("over", 3), ("renewed", 3), ("kept", 9)):
            await store.link.execute("SET", PREFIX + name, "1", "EX", hours * 3600)
        expiry = month.Expiry(store.link)
        await expiry.put_forward(timedelta(hours=4))  # all are new to it
        await store.link.execute("EXPIRE", f"{PREFIX}renewed", 4 * 3600)
        await expiry.put_forward(timedelta(hours=4))
        there = await store.link.execute_many([("EXISTS", PREFIX + name) for name in ("over", "renewed", "kept")])
    assert there == [0, 1, 1]
