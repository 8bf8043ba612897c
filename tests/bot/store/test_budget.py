"""A budget that replicas share, and a process's own while Redis is gone."""

import pytest

from bot.store import SharedBudget, Store
from bot.store.connection import Link, connect
from providers.budget import BudgetLeft
from providers.deadline import within
from providers.errors import Throttled


async def test_two_replicas_share_one_budget(redis_url: str, store: Store):
    async with connect(redis_url) as other:
        for _ in range(3):
            await store.budget.acquire("media/video-ocr", 0.01)
            break
        async with within(0.5):
            with pytest.raises(Throttled):
                await SharedBudget(Link(other)).acquire("media/video-ocr", 0.01)
        assert await SharedBudget(Link(other)).left("media/video-ocr", 0.01) == BudgetLeft(0, 1)
        assert await SharedBudget(Link(other)).left("media/digital-human", 0.01) == BudgetLeft(1, 1)


async def test_requests_within_the_budget_are_free(store: Store):
    for _ in range(5):
        await store.budget.acquire("media/video-ocr", 5)


async def test_without_redis_the_process_has_its_own_budget(nowhere: Link):
    budget = SharedBudget(nowhere)
    await budget.acquire("media/video-ocr", 0.01)
    assert await budget.left("media/video-ocr", 0.01) == BudgetLeft(0, 1)
    async with within(0.5):
        with pytest.raises(Throttled):
            await budget.acquire("media/video-ocr", 0.01)
