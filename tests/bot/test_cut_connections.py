"""Kills at the important moments: a story of watches, cut at each command that changes Redis.

The process dies of a cut, and a new one finishes its work; or its client connects again and repeats the command.
"""

from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import pytest
from redis.backoff import NoBackoff

from bot.delivery import sender
from bot.domain.decisions import Outcome
from bot.store import slack_rate_limits
from bot.store.redis import connection
from bot.store.redis.connection import RedisLink
from providers.models import JobState
from tests.bot.cut_connections import Cut, Proxy, cuts, proxied
from tests.bot.guard_story import ALL, SOME, Ending, RestartingBot, Story, ending
from tests.bot.samples import SLOT

COPY = """
redis.call('SELECT', ARGV[2])
redis.call('FLUSHDB')
redis.call('SELECT', ARGV[1])
for _, key in ipairs(redis.call('KEYS', '*')) do redis.call('COPY', key, key, 'DB', ARGV[2]) end
"""
"""Copies one database of the server over another."""
LIVE, BEFORE, AFTER = 0, 1, 2
"""The database that the bot uses, and copies of it before and after an act."""
SAMPLE = 50
"""One cut of so many is tried each time."""
TO_THE_END = 20
"""After one cut of so many, the whole rest of the story is played too."""


@dataclass
class Stage:
    """A story whose acts can be played again from their start."""

    bot: RestartingBot
    proxy: Proxy
    url: str
    link: RedisLink

    @property
    def acts(self) -> int:
        return len(Story(self.bot).acts)

    async def save(self, database: int) -> tuple[int, Any]:
        await self.link.execute("EVAL", COPY, 0, LIVE, database)
        return database, self.bot.copy()

    async def load(self, saved: tuple[int, Any]) -> None:
        await self.link.execute("EVAL", COPY, 0, saved[0], LIVE)
        self.bot.restore(saved[1])

    async def play(self, number: int, cut: Cut | None = None) -> Ending:
        """Play one act with its own process. Return the result."""
        self.proxy.begin(cut)
        await self.bot.start(self.url)
        await Story(self.bot).acts[number]()
        return await self.now()

    async def now(self) -> Ending:
        return await ending(self.bot, self.link)


def _at_once(_: float) -> NoBackoff:
    return NoBackoff()


@pytest.fixture
async def stage(
    link: RedisLink, redis_process: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> AsyncGenerator[Stage]:
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    monkeypatch.setattr(connection, "ConstantBackoff", _at_once)
    for limit in ("EDITS_A_MINUTE", "HEADS_A_MINUTE", "POSTS_A_MINUTE", "SEARCHES_A_MINUTE"):
        monkeypatch.setattr(slack_rate_limits, limit, 100_000)
    async with proxied(redis_process, tmp_path_factory.mktemp("cut")) as (proxy, url):
        bot = RestartingBot(proxy, redis_process)
        yield Stage(bot, proxy, url, link)
        await bot.stop()
        for database in (BEFORE, AFTER):
            await link.execute("EVAL", "redis.call('SELECT', ARGV[1]) redis.call('FLUSHDB')", 0, database)


def differences(wanted: Ending, found: Ending) -> list[str]:
    """Return in which parts two results differ, and how."""
    lines = list[str]()
    for part in ("messages", "groups", "logged", "left", "known"):
        before, after = Counter[Any](getattr(wanted, part)), Counter[Any](getattr(found, part))
        lines += [f"{part}: missing {dict(before - after)}, more {dict(after - before)}"] * (before != after)
    for key in wanted.decisions.keys() | found.decisions.keys():
        one, other = wanted.decisions.get(key), found.decisions.get(key)
        lines += [f"{key}: {one} became {other}"] * (one != other)
    return lines


async def cut_everywhere(stage: Stage, every: int) -> tuple[Ending, int]:
    """Play the story with one of so many cuts at a time. Return its result without a cut, and the number tried."""
    tried, last = 0, list[tuple[str, Ending]]()
    for number in range(stage.acts):
        before = await stage.save(BEFORE)
        wanted = await stage.play(number)
        assert not wanted.left
        points = cuts(stage.proxy.log)
        after = await stage.save(AFTER)
        for cut in points[-tried % every :: every]:
            await stage.load(before)
            where = f"act {number}, {cut}"
            assert not differences(wanted, await stage.play(number, cut)), where
            assert not stage.proxy.dead
            tried += 1
            if tried % TO_THE_END == 0:
                last.append((where, await _to_the_end(stage, number + 1)))
        await stage.load(after)
    ending = await stage.now()
    assert last
    for where, found in last:
        assert not differences(ending, found), where
    return ending, tried


async def _to_the_end(stage: Stage, number: int) -> Ending:
    for each in range(number, stage.acts):
        await stage.play(each)
    return await stage.now()


def check(ending: Ending, failed: set[str]) -> None:
    """Check that each failure was decided on once in each channel, and is a member of its group."""
    for job_id in failed:
        for channel in (ALL, SOME):
            *held, final = ending.decisions[channel, f"{SLOT}/{job_id}#1/failed"]
            assert final[0] != Outcome.HOLD
            assert len(held) <= 1
            assert all(outcome == Outcome.HOLD for outcome, _ in held)
    members = Counter(job_id for group in ending.groups if group[0] == ALL for job_id in group[4])
    assert members == Counter(failed)
    assert len(ending.logged) == len(set(ending.logged))


async def test_a_story_ends_the_same_wherever_it_is_cut(stage: Stage):
    story, _ = await cut_everywhere(stage, SAMPLE)
    check(story, {job.id for job in stage.bot.cloud.store.values() if job.state is JobState.FAILED} - {"old"})


@pytest.mark.heavy("cuts the connection to Redis at a thousand commands")
async def test_a_story_ends_the_same_at_every_cut(stage: Stage):
    _, tried = await cut_everywhere(stage, 1)
    assert tried > 500
