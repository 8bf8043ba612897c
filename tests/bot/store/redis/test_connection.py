"""Redis may be down, full, slow or back again: every use reports it the same way, fast, and recovers."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from redis.exceptions import ResponseError

from bot.domain.errors import StoreUnavailable
from bot.domain.redis_support import Server
from bot.store import Outcome, Store
from bot.store.redis import connection
from bot.store.redis.connection import RedisLink, connect
from bot.store.redis.embedded import embedded_redis
from providers.models import Job, JobState

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
JOB = Job(account="vod", service="vod-ai", id="a", state=JobState.RUNNING)

USES: list[Callable[[Store], Awaitable[object]]] = [
    lambda store: store.ping(),
    lambda store: store.link.describe(),
    lambda store: store.recent.remember([JOB], NOW),
    lambda store: store.recent.recent("vod", "vod-ai"),
    lambda store: store.recent.kinds("vod", "vod-ai", ["a"]),
    lambda store: store.health.record([Outcome("vod", "vod-ai", 0.1)], NOW),
    lambda store: store.health.read([("vod", "vod-ai")]),
    lambda store: store.payloads.put("list"),
    lambda store: store.payloads.get("key"),
    lambda store: store.freshness.claim("view", NOW),
]


@pytest.mark.parametrize("use", USES)
async def test_every_use_reports_a_lost_redis_in_one_way(nowhere: RedisLink, use: Callable[[Store], Awaitable[object]]):
    with pytest.raises(StoreUnavailable):
        await use(Store.over(nowhere))


@pytest.mark.parametrize("use", USES)
async def test_every_use_works_when_redis_is_there(store: Store, use: Callable[[Store], Awaitable[object]]):
    await use(store)


async def test_after_a_failure_no_use_waits_again_until_the_pause_is_over(
    nowhere: RedisLink,
):
    with pytest.raises(StoreUnavailable, match="cannot be used"):
        await nowhere.ping()
    with pytest.raises(StoreUnavailable, match="a moment ago"):
        await nowhere.ping()


async def test_more_questions_at_once_than_connections_wait_for_their_turn(store: Store):
    """redis-py would raise MaxConnectionsError, as if Redis were down."""
    at_once = connection.MAX_CONNECTIONS + 50
    await asyncio.gather(*(store.link.ping() for _ in range(at_once)))
    budgets = [store.budget.left(f"media/{number}", 5) for number in range(at_once)]
    questions = [store.link.execute_many([("GET", "a"), ("GET", "b")]) for _ in range(at_once)]
    await asyncio.gather(*budgets, *questions)


async def test_it_recovers_automatically(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connection, "PAUSE_S", 0.0)
    async with embedded_redis(tmp_path) as url:
        client = connect(url)
        await RedisLink(client).ping()
    async with client:
        with pytest.raises(StoreUnavailable):
            await RedisLink(client).ping()
        async with embedded_redis(tmp_path):
            await RedisLink(client).ping()


async def test_a_redis_that_never_answers_costs_a_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connection, "ANSWER_S", 0.05)
    monkeypatch.setattr(connection, "CONNECT_S", 0.05)
    path = tmp_path / "redis.sock"
    finished = asyncio.Event()

    async def silent(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await finished.wait()
        writer.close()

    async with await asyncio.start_unix_server(silent, path), connect(f"unix://{path}") as redis:
        with pytest.raises(StoreUnavailable, match="Timeout"):
            await RedisLink(redis).ping()
        finished.set()


async def test_a_redis_that_cannot_write_counts_as_down(link: RedisLink):
    # The answer of Redis with a full disk, given here by the test's own script.
    refusal = "return redis.error_reply('MISCONF Errors writing to the AOF file: No space left on device')"
    with pytest.raises(StoreUnavailable, match="MISCONF"):
        await link.execute("EVAL", refusal, 0)


async def test_a_mistake_of_ours_is_not_taken_for_a_lost_redis(link: RedisLink):
    with pytest.raises(ResponseError, match="unknown command"):
        await link.execute("NONSENSE")
    await link.ping()


async def test_the_server_is_described(link: RedisLink):
    server = await link.describe()
    assert server.supported
    assert server.durable


@pytest.mark.parametrize(
    ("version", "supported"), [("6.0.16", False), ("6.2.0", True), ("7.0.15", True), ("10.1", True)]
)
def test_the_oldest_version(version: str, supported: bool):  # noqa: FBT001  # a table's column
    assert Server(version, durable=True).supported is supported


@pytest.mark.parametrize(
    "url", ["http://:hunter2@host", "redis://:hunter2@host:port/0", "redis://[:hunter2@x", "hunter2"]
)
def test_an_unreadable_url_is_not_repeated(url: str):
    with pytest.raises(ValueError, match="cannot be read") as caught:
        connect(url)
    assert "hunter2" not in f"{caught.value!r}{caught.value.__context__!r}"
