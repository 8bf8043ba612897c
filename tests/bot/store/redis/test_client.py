"""The same store and tasks on a cluster, behind Sentinels, and over TLS; real servers on loopback."""

import asyncio
import subprocess
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.connection import SSLConnection
from redis.exceptions import CrossSlotTransactionError

from bot.domain.answers import ServiceError
from bot.domain.errors import StoreUnavailable
from bot.store import Outcome, Store
from bot.store.redis import connection
from bot.store.redis.connection import RedisLink, connect
from bot.task_queue.worker import open_docket, supervise
from providers.http.rate_limit import BudgetLeft
from providers.models import Job, JobState
from tests.redis_fleets import Process, redis_cluster, redis_sentinels, with_tls

pytestmark = pytest.mark.xdist_group("topology")  # one cluster for all of them

NOW = datetime.now(UTC)
PATIENCE_S = 20


@pytest.fixture(scope="module")
def cluster() -> Generator[tuple[str, list[Process]]]:
    with redis_cluster() as (url, nodes):
        yield url, nodes


@pytest.fixture
async def clustered(cluster: tuple[str, list[Process]]) -> AsyncGenerator[Store]:
    async with connect(cluster[0]) as redis:
        await RedisLink(redis).execute_everywhere("FLUSHALL")
        yield Store.over(RedisLink(redis), cluster[0])


def job(service: str) -> Job:
    return Job(account="media", service=service, id="a", state=JobState.RUNNING)


async def use_everything(store: Store) -> None:
    """Use every part of the store, with keys of several services."""
    services = ["video-ocr", "image-moderation", "digital-human", "vod-ai"]
    await store.recent.remember([job(service) for service in services], NOW)
    assert [[job.id for job in await store.recent.recent("media", service)] for service in services] == [["a"]] * 4
    failed = ServiceError(account="media", service="vod-ai", code="x", message="x", kind="unavailable", retryable=True)
    outcomes = [Outcome("media", service, 0.1) for service in services[:3]]
    since = await store.health.record([*outcomes, Outcome("media", "vod-ai", 0.1, failed)], NOW)
    assert since == {("media", "vod-ai"): NOW}
    health = await store.health.read([("media", service) for service in services])
    assert [each.error is None for each in health.values()] == [True, True, True, False]
    assert await store.payloads.get(await store.payloads.put("list")) == "list"
    assert await store.freshness.claim("view", NOW)
    await store.budget.acquire("media/video-ocr", 0.01)
    assert await store.budget.left("media/video-ocr", 0.01) == BudgetLeft(0, 1)


@asynccontextmanager
async def tasks_run(url: str) -> AsyncGenerator[Callable[[str], Awaitable[None]]]:
    """Run a worker; yield a function that checks that it runs a task by name."""
    done: asyncio.Queue[str] = asyncio.Queue()

    async def write_down(name: str) -> None:
        done.put_nowait(name)

    async with open_docket(url) as docket, supervise(docket, [write_down]):

        async def run_one(name: str) -> None:
            await docket.add(write_down, when=datetime.now(UTC) + timedelta(milliseconds=1), key=name)(name)
            async with asyncio.timeout(PATIENCE_S):
                assert await done.get() == name

        yield run_one


async def runs_tasks(url: str) -> None:
    async with tasks_run(url) as run_one:
        await run_one("a")


class TestCluster:
    async def test_everything_is_kept(self, clustered: Store):
        await use_everything(clustered)

    async def test_it_is_described(self, clustered: Store):
        server = await clustered.link.describe()
        assert (server.supported, server.durable, server.fsync) == (True, True, "everysec")

    async def test_an_atomic_step_has_one_slot(self, clustered: Store):
        link = clustered.link
        steps = [("SET", "{a/b}:x", 1, "EX", 9), ("INCR", "{a/b}:x"), ("EVAL", "return KEYS[1]", 1, "{a/b}:y")]
        assert await link.execute_many(steps, atomic=True) == [True, 2, "{a/b}:y"]
        with pytest.raises(CrossSlotTransactionError):
            await link.execute_many([("SET", "{a/b}:x", 1), ("SET", "{c/d}:x", 1)], atomic=True)
        await link.ping()

    async def test_tasks_run(self, clustered: Store):
        await runs_tasks(clustered.url)

    async def test_every_key_of_a_service_and_of_the_tasks_shares_a_slot(self, clustered: Store):
        assert isinstance(clustered.link.redis, RedisCluster)
        await runs_tasks(clustered.url)
        kept = [key for keys in await clustered.link.execute_everywhere("KEYS", "*") for key in keys]
        assert {key.partition(":")[0] + ":" + key.split(":")[1] for key in kept} == {"{callboard:tasks}"}

    async def test_a_lost_server_is_reported_soon_and_found_again(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(connection, "PAUSE_S", 0.0)
        with redis_cluster() as (url, nodes):
            async with connect(url) as redis, tasks_run(url) as run_one:
                link = RedisLink(redis)
                await link.ping()
                await run_one("before")
                for node in nodes:
                    node.dies()
                with pytest.raises(StoreUnavailable):
                    await link.execute("GET", "x")
                with pytest.raises(StoreUnavailable):
                    await link.execute_many([("GET", "x"), ("GET", "y")])
                for node in nodes:
                    node.start()
                await back(link)
                await run_one("after")


async def back(link: RedisLink) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                await link.execute_many([("SET", name, 1, "EX", 9) for name in "abcdef"])
            except StoreUnavailable:
                await asyncio.sleep(0.05)
            else:
                return


class TestSentinels:
    async def test_the_master_is_found_and_followed(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(connection, "PAUSE_S", 0.0)
        with redis_sentinels() as (url, master, replica):
            async with connect(url) as redis:
                store = Store.over(RedisLink(redis), url)
                await use_everything(store)
                await runs_tasks(url)
                assert await store.link.execute("WAIT", 1, 1000) == 1
                master.dies()
                await back(store.link)
                assert replica.ask("ROLE")[0] == "master"
                await runs_tasks(url)

    @pytest.mark.parametrize(
        "url", ["redis+sentinel://:hunter2@h:1", "redis+sentinel:///ours", "redis+sentinel://h:x/a"]
    )
    def test_an_unreadable_url_is_not_repeated(self, url: str):
        with pytest.raises(ValueError, match="cannot be read") as caught:
            connect(url)
        assert "hunter2" not in f"{caught.value!r}{caught.value.__context__!r}"

    def test_passwords_go_where_they_belong(self):
        redis = connect("rediss+sentinel://me:p%40ss@a:1,b/ours/2?sentinel_password=theirs&ssl_check_hostname=no")
        assert not isinstance(redis, RedisCluster)
        pool = cast("Any", redis.connection_pool)
        asked, made = pool.sentinel_manager.sentinel_kwargs, pool.connection_kwargs
        assert (made["username"], made["password"], made["db"]) == ("me", "p@ss", 2)
        assert (asked["password"], asked["ssl"], asked["ssl_check_hostname"]) == ("theirs", True, False)
        assert "username" not in asked


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    files = folder / "certificate.pem", folder / "key.pem"
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    made = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-out", str(files[0]), "-keyout", str(files[1])]
    subprocess.run(["openssl", "req", "-x509", *names, *made], check=True, capture_output=True)
    return files


class TestTls:
    """The wheel's server is built without TLS, so a proxy before it speaks TLS."""

    async def test_a_server_with_a_known_certificate(self, redis_url: str, certificate: tuple[Path, Path]):
        async with with_tls(urlsplit(redis_url).path, *certificate) as port:
            url = f"rediss://127.0.0.1:{port}?ssl_ca_certs={certificate[0]}"
            async with connect(url) as redis:
                await use_everything(Store.over(RedisLink(redis), url))
            await runs_tasks(url)

    async def test_a_stranger_is_not_trusted(self, redis_url: str, certificate: tuple[Path, Path]):
        async with (
            with_tls(urlsplit(redis_url).path, *certificate) as port,
            connect(f"rediss://127.0.0.1:{port}") as redis,
        ):
            with pytest.raises(StoreUnavailable, match="CERTIFICATE_VERIFY_FAILED"):
                await RedisLink(redis).ping()

    @pytest.mark.parametrize("url", ["rediss+cluster://h:1", "rediss+sentinel://h:1/ours"])
    def test_cluster_and_sentinels_speak_tls_too(self, url: str):
        redis = connect(url)
        if isinstance(redis, RedisCluster):
            assert redis.connection_kwargs["connection_class"] is SSLConnection
        else:
            assert issubclass(redis.connection_pool.connection_class, SSLConnection)
