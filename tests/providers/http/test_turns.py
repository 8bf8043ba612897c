"""Requesters take turns where a budget is short: one with many questions does not starve the others."""

import asyncio
from collections.abc import Callable

import pytest

from providers.http.deadline import within
from providers.http.rate_limit import BudgetLeft, FairBudget


class Narrow:
    """A budget that lets a request through on demand, and records its requester."""

    def __init__(self) -> None:
        self.let = asyncio.Semaphore(0)
        self.asked = 0

    async def acquire(self, key: str, per_second: float) -> None:
        del key, per_second
        self.asked += 1
        await self.let.acquire()

    async def left(self, key: str, per_second: float) -> BudgetLeft:
        del key
        return BudgetLeft(1, int(per_second))


class Requests:
    """Requests for a narrow budget; `sent` has their requesters in order; `after` runs when one is sent."""

    def __init__(self) -> None:
        self.narrow = Narrow()
        self.budget = FairBudget(self.narrow)
        self.sent: list[str] = []
        self.tasks: list[asyncio.Task[None]] = []
        self.after: dict[str, Callable[[], object]] = {}

    async def wait(self, name: str, number: int = 1, *, key: str = "video", what: str = "") -> None:
        """Wait with this many requests of one question."""
        async with within(60, requester=name):
            self.tasks += [asyncio.create_task(self._wait(name, key, what)) for _ in range(number)]
        await settled()

    async def _wait(self, name: str, key: str, what: str) -> None:
        await self.budget.acquire(key, 5)
        self.sent.append(name + what)
        if act := self.after.get(name):
            act()

    async def let(self, number: int) -> None:
        for _ in range(number):
            self.narrow.let.release()
            await settled()


async def settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


@pytest.fixture
def requests() -> Requests:
    return Requests()


async def test_a_requester_of_many_waits_like_a_requester_of_one(requests: Requests):
    await requests.wait("dana", 60)
    await requests.wait("lee")
    await requests.wait("sam", 2)
    await requests.let(63)
    assert requests.sent[:6] == ["dana", "dana", "lee", "sam", "dana", "sam"]
    assert requests.sent.count("dana") == 60


async def test_the_questions_of_one_requester_take_turns_too(requests: Requests):
    await requests.wait("dana", 7, what=": list")
    await requests.wait("dana", 2, what=": find")
    await requests.wait("lee", 2)
    await requests.let(11)
    order = ["dana: list", "dana: list", "lee", "dana: find", "lee", "dana: list", "dana: find"]
    assert requests.sent == [*order, *["dana: list"] * 4]


async def test_a_free_budget_is_asked_immediately(requests: Requests):
    requests.narrow.let = asyncio.Semaphore(3)
    await requests.wait("dana", 3)
    assert requests.sent == ["dana"] * 3


async def test_only_one_asks_the_budget_at_a_time_and_each_budget_has_its_own_turns(requests: Requests):
    await requests.wait("dana", 5)
    assert requests.narrow.asked == 1
    await requests.wait("dana", 5, key="ocr")
    assert requests.narrow.asked == 2
    await requests.let(10)
    assert len(requests.sent) == 10


@pytest.mark.parametrize("number", [0, 1, 3])
async def test_a_cancelled_request_passes_the_turn_on(requests: Requests, number: int):
    await requests.wait("dana", 3)
    await requests.wait("lee")
    requests.tasks[number].cancel()
    await settled()
    await requests.let(3)
    assert len(requests.sent) == 3


async def test_a_request_cancelled_at_the_moment_of_its_turn_passes_it_on(requests: Requests):
    await requests.wait("dana")
    await requests.wait("lee")
    await requests.wait("sam")
    requests.after["dana"] = requests.tasks[1].cancel
    await requests.let(2)
    assert requests.sent == ["dana", "sam"]


async def test_the_rest_is_the_budgets_own(requests: Requests):
    assert await requests.budget.left("video", 5) == (1, 5)
