"""Budgets: a number of requests per second, and no wait beyond the question's deadline."""

import pytest

from providers.errors import Throttled
from providers.http.deadline import within
from providers.http.rate_limit import WindowBudget


async def test_the_rest_is_counted_by_key():
    budget = WindowBudget()
    for _ in range(3):
        await budget.acquire("media-cn/video-ocr", 5)
    assert await budget.left("media-cn/video-ocr", 5) == (2, 5)
    assert await budget.left("media-cn/digital-human", 5) == (5, 5)


async def test_a_request_over_the_budget_waits_its_turn():
    budget = WindowBudget()
    await budget.acquire("key", 1)
    await budget.acquire("key", 1)
    assert (await budget.left("key", 1)).left == 0


async def test_a_wait_beyond_the_deadline_is_refused_and_says_how_long():
    budget = WindowBudget()
    async with within(0.2):
        await budget.acquire("key", 0.1)
        with pytest.raises(Throttled) as caught:
            await budget.acquire("key", 0.1)
    assert caught.value.code == "budget"
    assert caught.value.retry_after is not None
    assert 0 < caught.value.retry_after <= 10.1


@pytest.mark.parametrize(("per_second", "of"), [(15, 15), (2.5, 2), (1, 1), (0.1, 1)])
async def test_a_fraction_is_rounded_to_the_careful_side(per_second: float, of: int):
    assert (await WindowBudget().left("key", per_second)).of == of


@pytest.mark.parametrize(("per_second", "seconds"), [(0.7, 2), (0.5, 2), (0.3, 4), (0.1, 10)])
async def test_less_than_one_a_second_is_one_in_as_many_seconds_as_it_takes(per_second: float, seconds: int):
    budget = WindowBudget()
    async with within(0.2):
        await budget.acquire("key", per_second)
        with pytest.raises(Throttled) as caught:
            await budget.acquire("key", per_second)
    assert seconds - 0.5 < (caught.value.retry_after or 0) <= seconds + 0.1


async def test_part_of_a_window_can_be_kept_for_urgent_requests():
    budget = WindowBudget()
    assert [await budget.take("edits", 3, 60, keep=1) for _ in range(2)] == [0, 0]
    assert 0.5 <= await budget.take("edits", 3, 60, keep=1) <= 60
    assert await budget.take("edits", 3, 60) == 0
    assert 0.5 <= await budget.take("edits", 3, 60) <= 60
