"""Answers start only while the event loop keeps up."""

import asyncio
import time

from bot.deps.admission import LATE_S, AdmissionGate


async def test_a_free_loop_admits_all_in_order():
    pace, came = AdmissionGate(), list[int]()

    async def take(number: int) -> None:
        await pace.turn()
        came.append(number)

    await asyncio.gather(*(take(number) for number in range(5)))
    assert came == [0, 1, 2, 3, 4]


async def test_a_busy_loop_keeps_answers_waiting_until_it_is_free():
    pace, busy = AdmissionGate(), True

    async def work() -> None:
        for _ in range(5):
            time.sleep(3 * LATE_S)  # noqa: ASYNC251  # the test needs a blocked loop
            await asyncio.sleep(0)
        nonlocal busy
        busy = False

    working = asyncio.create_task(work())
    await pace.turn()
    assert not busy
    await working
