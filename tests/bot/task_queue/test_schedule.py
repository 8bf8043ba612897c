"""Tasks run by fleet time, also on a machine with a wrong clock."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from docket import Docket

from bot.store import Store
from bot.task_queue import fleet_worker
from bot.task_queue.enqueue import enqueue_sweep, enqueue_sweep_now
from bot.task_queue.fleet_worker import Again, furthest_of
from bot.task_queue.worker import open_docket, supervise
from tests.bot.memory import services
from tests.bot.task_queue.test_worker import until

SOON = timedelta(milliseconds=100)
HOUR = timedelta(hours=1)
OFF = [-HOUR, timedelta(minutes=-5), timedelta(0), timedelta(minutes=5), HOUR]
"""How far fleet time is ahead of the clock of this machine."""


OFTEN, HOURLY, SHORTLY = Again(every=SOON), Again(every=HOUR, furthest=HOUR), Again(furthest=SOON)


class Fleet:
    """Fleet time, and tasks that count their runs."""

    def __init__(self, ahead: timedelta) -> None:
        self.ahead = ahead
        self.often = 0
        self.seldom = 0

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    async def again(self, perpetual: Again = OFTEN) -> None:
        """Run often."""
        self.often += 1
        if self.often % 2:
            perpetual.after(SOON)

    async def later(self, perpetual: Again = HOURLY) -> None:
        """Run once an hour."""
        assert perpetual is not HOURLY
        self.seldom += 1

    async def patient(self, perpetual: Again = SHORTLY) -> None:
        """Request a wait of a day."""
        self.often += 1
        perpetual.after(timedelta(days=1))


@pytest.fixture
async def docket(redis_url: str) -> AsyncGenerator[Docket]:
    async with open_docket(redis_url) as docket:
        yield docket


@pytest.mark.parametrize("ahead", OFF)
async def test_a_task_repeats_on_time_and_no_earlier(docket: Docket, ahead: timedelta):
    fleet = Fleet(ahead)
    async with supervise(docket, [fleet.again, fleet.later], clock=fleet.clock):
        await docket.add(fleet.later, key="later")()
        await docket.add(fleet.again, key="again")()
        await until(lambda: fleet.often >= 4)
        assert fleet.seldom == 1
        at = await _planned(docket, "later")
        assert HOUR - timedelta(minutes=1) < at - fleet.clock() <= HOUR


async def test_a_task_scheduled_by_a_fast_clock_starts_now(docket: Docket):
    fleet = Fleet(timedelta(0))
    for task in (fleet.again, fleet.later):
        await docket.add(task, when=fleet.clock() + 2 * HOUR, key=f"{task.__name__}:place")()
    async with supervise(docket, [fleet.again, fleet.later], clock=fleet.clock):
        await until(lambda: fleet.often >= 2 and fleet.seldom == 1)


async def test_a_name_in_the_schedule_that_is_not_utf8_is_harmless(docket: Docket):
    fleet = Fleet(timedelta(0))
    async with docket.redis() as redis:
        await redis.zadd(docket.queue_key, {b"\xff\xfe": (fleet.clock() + 2 * HOUR).timestamp()})
    async with supervise(docket, [fleet.again], clock=fleet.clock):
        await docket.add(fleet.again, key="again")()
        await until(lambda: fleet.often >= 3)


async def test_a_run_within_the_limit_of_its_task_stays_scheduled(docket: Docket):
    fleet = Fleet(timedelta(0))
    await docket.add(fleet.later, when=fleet.clock() + HOUR - SOON, key="later")()
    await docket.add(fleet.again, when=fleet.clock() + HOUR, key="again")()
    async with supervise(docket, [fleet.again, fleet.later], clock=fleet.clock):
        await until(lambda: fleet.often >= 2)
        assert fleet.seldom == 0


async def test_a_long_wait_is_split_into_short_ones(docket: Docket):
    fleet = Fleet(timedelta(0))
    async with supervise(docket, [fleet.patient], clock=fleet.clock):
        await docket.add(fleet.patient, key="patient")()
        await until(lambda: fleet.often >= 3)


async def test_it_checks_repeatedly_for_tasks_that_are_scheduled_too_far_ahead(
    docket: Docket, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(fleet_worker, "PUT_RIGHT_S", 0.05)
    fleet = Fleet(timedelta(0))
    async with supervise(docket, [fleet.again], clock=fleet.clock):
        await docket.add(fleet.again, key="again")()
        await until(lambda: fleet.often >= 1)
        await docket.replace(fleet.again, fleet.clock() + HOUR, "again")()
        before = fleet.often
        await until(lambda: fleet.often > before + 1)


async def test_workers_with_different_clocks_keep_each_other_alive(docket: Docket, redis_url: str):
    fleet, off = Fleet(timedelta(0)), Fleet(HOUR)
    async with (
        open_docket(redis_url) as elsewhere,
        supervise(docket, [fleet.again], clock=fleet.clock) as right,
        supervise(elsewhere, [off.again], clock=off.clock) as wrong,
    ):
        for worker in (right, wrong):
            async with asyncio.timeout(10):
                while await worker.trouble():  # noqa: ASYNC110  # no event for the first heartbeat
                    await asyncio.sleep(0.01)


def test_the_signature_of_a_task_limits_scheduling_ahead():
    fleet = Fleet(timedelta(0))
    assert furthest_of({"again": fleet.again, "later": fleet.later, "until": until}) == {
        "again": fleet_worker.FURTHEST,
        "later": HOUR,
    }


async def _planned(docket: Docket, key: str) -> datetime:
    """Return the scheduled time of a task in Redis."""
    async with docket.redis() as redis, asyncio.timeout(10):
        while True:
            planned = await redis.zrange(docket.queue_key, 0, -1, withscores=True)
            for name, at in planned:
                if name.decode() == key:
                    return datetime.fromtimestamp(at, UTC)
            await asyncio.sleep(0.01)


async def test_a_scheduled_sweep_is_moved_forward(docket: Docket, store: Store):
    fleet, swept = Fleet(timedelta(0)), list[str]()

    async def sweep(account: str, service: str) -> None:
        swept.append(f"{account}/{service}")

    deps = replace(services(store), docket=docket, clock=fleet.clock)
    async with supervise(docket, [sweep], clock=fleet.clock):
        await docket.add(sweep, when=fleet.clock() + HOUR, key="sweep:acme/video")("acme", "video")
        await enqueue_sweep(deps, ("acme", "video"))
        assert swept == []
        await enqueue_sweep_now(deps, ("acme", "video"))
        await until(lambda: swept == ["acme/video"])
