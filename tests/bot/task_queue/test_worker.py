"""Tasks over a real Redis: they run, survive an outage, and finish or go to another worker."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from threading import Lock
from urllib.parse import parse_qs, urlsplit

import pytest
from docket import Docket

from bot.store.redis.connection import RedisLink
from bot.task_queue import worker as worker_module
from bot.task_queue.worker import open_docket, supervise
from tests.redis_server import Server

PATIENCE_S = 10


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not true():  # noqa: ASYNC110  # the awaited change is in Redis
            await asyncio.sleep(0.01)


class Diary:
    """Tasks that record their runs."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.done: list[str] = []
        self.go_on = asyncio.Event()

    async def quick(self, name: str) -> None:
        self.done.append(name)

    async def slow(self, name: str) -> None:
        self.begun.append(name)
        await self.go_on.wait()
        self.done.append(name)

    async def fails(self, name: str) -> None:
        raise LookupError(f"no {name}")

    async def fails_oddly(self, name: str) -> None:
        raise LookupError(f"no {name}", Lock())  # a lock cannot be pickled

    async def add(self, docket: Docket, task: str, *names: str) -> None:
        for name in names:
            await docket.add(getattr(self, task), key=name)(name)

    @asynccontextmanager
    async def works(
        self, docket: Docket, grace_s: float = PATIENCE_S
    ) -> AsyncGenerator[worker_module.WorkerSupervisor]:
        tasks = [self.quick, self.slow, self.fails, self.fails_oddly]
        async with supervise(docket, tasks, grace_s=grace_s) as worker:
            yield worker


@pytest.fixture
async def docket(redis_url: str) -> AsyncGenerator[Docket]:
    async with open_docket(redis_url) as docket:
        yield docket


@pytest.fixture
def server() -> Generator[Server]:
    with tempfile.TemporaryDirectory(prefix="callboard-test-") as folder:
        server = Server(Path(folder))
        yield server
        server.dies()


async def test_one_process_runs_the_tasks_of_another(docket: Docket, redis_url: str):
    diary = Diary()
    async with open_docket(redis_url) as elsewhere, diary.works(elsewhere):
        await diary.add(docket, "quick", "a", "b")
        await until(lambda: sorted(diary.done) == ["a", "b"])


async def test_none_of_many_tasks_gets_stuck(docket: Docket):
    diary, names = Diary(), [f"task {number}" for number in range(2000)]
    async with diary.works(docket):
        for part in range(0, len(names), 50):
            await asyncio.gather(*(diary.add(docket, "quick", name) for name in names[part : part + 50]))
        await until(lambda: len(diary.done) >= len(names))
    assert sorted(diary.done) == sorted(names)


async def test_a_shutdown_waits_for_running_tasks_and_starts_none(docket: Docket, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(worker_module, "LEASE", timedelta(seconds=1))
    diary = Diary()
    async with diary.works(docket) as worker:
        await diary.add(docket, "slow", "a")
        await until(lambda: diary.begun == ["a"])
        meanwhile = asyncio.create_task(_add_while_leaving(diary, docket, worker))
    await meanwhile
    assert diary.done == ["a"]
    async with diary.works(docket):
        await until(lambda: sorted(diary.done) == ["a", "b"])


async def _add_while_leaving(diary: Diary, docket: Docket, worker: worker_module.WorkerSupervisor) -> None:
    await until(lambda: worker.draining)
    await diary.add(docket, "quick", "b")
    diary.go_on.set()


async def test_a_task_that_does_not_finish_in_time_is_released(
    docket: Docket, redis_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(worker_module, "LEASE", timedelta(seconds=2))
    diary, other = Diary(), Diary()
    async with diary.works(docket, grace_s=0.05):
        await diary.add(docket, "slow", "a")
        await until(lambda: diary.begun == ["a"])
    assert diary.done == []
    other.go_on.set()
    async with open_docket(redis_url) as elsewhere, other.works(elsewhere):
        await until(lambda: other.done == ["a"])


async def test_no_other_worker_takes_a_finishing_task(docket: Docket, redis_url: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(worker_module, "LEASE", timedelta(seconds=0.4))
    diary, other = Diary(), Diary()
    async with open_docket(redis_url) as elsewhere:
        async with diary.works(docket) as worker:
            await diary.add(docket, "slow", "a")
            await until(lambda: diary.begun == ["a"])
            meanwhile = asyncio.create_task(_see_what_others_take(diary, other, elsewhere, worker))
        await meanwhile
    assert (diary.done, other.begun) == (["a"], ["dead"])


async def _see_what_others_take(
    diary: Diary, other: Diary, docket: Docket, leaving: worker_module.WorkerSupervisor
) -> None:
    """Start another worker, and wait until it takes a dead worker's task. `leaving` gave its last sign before."""
    await until(lambda: leaving.draining)
    await other.add(docket, "slow", "dead")
    async with docket.redis() as redis:
        while not await redis.xreadgroup(docket.worker_group_name, "dead", {docket.stream_key: ">"}, count=1):
            pass
    async with other.works(docket):
        await until(lambda: other.begun != [])
        diary.go_on.set()
        other.go_on.set()


async def test_redis_dies_and_comes_back(server: Server):
    diary = Diary()
    async with open_docket(server.url) as docket, diary.works(docket) as worker:
        await diary.add(docket, "quick", "before")
        await until(lambda: diary.done == ["before"])
        server.dies()
        assert await worker.trouble() == "the worker cannot reach Redis"
        server.start()
        await diary.add(docket, "quick", *(f"after {number}" for number in range(100)))
        await until(lambda: len(diary.done) == 101)


async def test_redis_dies_while_tasks_run(server: Server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(worker_module, "LEASE", timedelta(seconds=1))
    diary = Diary()
    async with open_docket(server.url) as docket, diary.works(docket):
        await diary.add(docket, "slow", "a", "b")
        await until(lambda: len(diary.begun) == 2)
        server.dies()
        diary.go_on.set()
        await until(lambda: len(diary.done) == 2)
        server.start()
        await diary.add(docket, "quick", "c")
        await until(lambda: "c" in diary.done)
    assert set(diary.done) == {"a", "b", "c"}


async def test_redis_hangs_and_recovers(server: Server, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(worker_module, "SILENT_S", 0.2)
    monkeypatch.setattr(worker_module, "HEARTBEAT_CHECK_S", 0.1)
    diary = Diary()
    async with open_docket(server.url) as docket, diary.works(docket) as worker:
        await diary.add(docket, "quick", "before")
        await until(lambda: diary.done == ["before"])
        server.hangs()
        assert await worker.trouble() == "the worker timed out waiting for Redis"
        server.goes_on()
        await diary.add(docket, "quick", "after")
        await until(lambda: diary.done == ["before", "after"])


@pytest.mark.parametrize("task", ["fails", "fails_oddly"])
async def test_a_failure_is_only_in_the_log(
    docket: Docket, link: RedisLink, task: str, caplog: pytest.LogCaptureFixture
):
    diary = Diary()
    async with diary.works(docket):
        await diary.add(docket, task, "hunter2")
        await until(lambda: "no hunter2" in caplog.text)
        await diary.add(docket, "quick", "next")
        await until(lambda: diary.done == ["next"])
    assert "LookupError" in caplog.text
    assert [key for key in await link.execute("KEYS", "*") if "results" in key] == []


async def test_a_crashed_worker_restarts(
    docket: Docket, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    monkeypatch.setattr(worker_module, "RECONNECT", timedelta(0))
    diary, crashed = Diary(), asyncio.Event()
    once = docket.wait_for_strikes_loaded

    async def crashes() -> None:
        if not crashed.is_set():
            crashed.set()
            raise ZeroDivisionError
        await once()

    monkeypatch.setattr(docket, "wait_for_strikes_loaded", crashes)
    async with diary.works(docket):
        await crashed.wait()
        await diary.add(docket, "quick", "a")
        await until(lambda: diary.done == ["a"])


async def test_it_reports_whether_it_works(docket: Docket):
    async with Diary().works(docket) as worker:
        async with asyncio.timeout(PATIENCE_S):
            while await worker.trouble() is not None:  # noqa: ASYNC110  # no event for the first heartbeat
                await asyncio.sleep(0.01)
    assert await worker.trouble() == "the worker has stopped"


def test_options_in_the_url_override_ours():
    url = worker_module._with_options("redis://host/0?max_connections=3")  # pyright: ignore[reportPrivateUsage]
    options = parse_qs(urlsplit(url).query)
    assert options["max_connections"][0] == "3"
    assert options["health_check_interval"] == ["0"]


@pytest.mark.parametrize("steps", range(12))
async def test_it_stops_at_any_moment_of_its_start(redis_url: str, steps: int):
    async with asyncio.timeout(PATIENCE_S), open_docket(redis_url) as docket, Diary().works(docket):
        for _ in range(steps):
            await asyncio.sleep(0)
