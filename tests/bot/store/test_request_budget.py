"""A budget that replicas share, and a separate one per process while Redis is down."""

from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from tenacity import wait_none

from bot.domain.errors import StoreUnavailable
from bot.store import SharedBudget, Store
from bot.store.redis import connection
from bot.store.redis.connection import Part, RedisLink, connect
from bot.store.redis.embedded import embedded_redis
from providers.errors import Throttled
from providers.http.deadline import within
from providers.http.rate_limit import BudgetLeft
from providers.models import JobQuery
from providers.registry import build
from tests.contracts.huawei import account


async def test_two_replicas_share_one_budget(redis_url: str, store: Store):
    async with connect(redis_url) as other:
        for _ in range(3):
            await store.budget.acquire("media/video-ocr", 0.01)
            break
        async with within(0.5):
            with pytest.raises(Throttled):
                await SharedBudget(RedisLink(other)).acquire("media/video-ocr", 0.01)
        assert await SharedBudget(RedisLink(other)).left("media/video-ocr", 0.01) == BudgetLeft(0, 1)
        assert await SharedBudget(RedisLink(other)).left("media/digital-human", 0.01) == BudgetLeft(1, 1)


async def test_requests_within_the_budget_are_free(store: Store):
    for _ in range(5):
        await store.budget.acquire("media/video-ocr", 5)


async def test_without_redis_the_process_has_its_own_budget(nowhere: RedisLink):
    budget = SharedBudget(nowhere)
    await budget.acquire("media/video-ocr", 0.01)
    assert await budget.left("media/video-ocr", 0.01) == BudgetLeft(0, 1)
    async with within(0.5):
        with pytest.raises(Throttled):
            await budget.acquire("media/video-ocr", 0.01)


MISFORTUNES: dict[str, tuple[Part, ...]] = {
    "it ends": ("SHUTDOWN", "NOSAVE"),
    "it says nothing": ("CLIENT", "PAUSE", 60_000),
    "it is full": ("CONFIG", "SET", "maxmemory", 1),
    "it is a replica now": ("REPLICAOF", "127.0.0.1", 1),
    "it forgets its scripts": ("SCRIPT", "FLUSH"),
    "it forbids scripts": ("ACL", "SETUSER", "default", "-evalsha", "-eval"),
}


@pytest.mark.parametrize("misfortune", MISFORTUNES.values(), ids=MISFORTUNES)
async def test_a_question_outlives_its_redis(
    misfortune: tuple[Part, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(connection, "ANSWER_S", 0.2)
    monkeypatch.setattr("providers.http.transport._backoff", wait_none())
    monkeypatch.setenv("CONTRACT_AK", "ak")
    monkeypatch.setenv("CONTRACT_SK", "sk")
    requests = 0

    async with embedded_redis(tmp_path) as url, connect(url) as redis, connect(url) as other:

        async def answer(request: httpx.Request) -> httpx.Response:
            nonlocal requests
            requests += 1
            if requests > 1:
                return httpx.Response(200, json={"count": 1, "tasks": [{"id": "task12345678", "state": "RUNNING"}]})
            with suppress(StoreUnavailable):  # SHUTDOWN has no answer
                await RedisLink(other).execute(*misfortune)
            return httpx.Response(503)

        budget = SharedBudget(RedisLink(redis))
        client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
        (provider,) = build([account("video-ocr")], client, budget)
        assert (await provider.budget_left()).of == 5
        page = await provider.page(JobQuery())
        assert [job.id for job in page.jobs] == ["task12345678"]
        assert (await provider.budget_left()).of == 5
    assert requests == 2
