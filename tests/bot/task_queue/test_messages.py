"""Messages of other programs in Redis never run as code, and stop no worker."""

import ast
import asyncio
import json
import pickle
import pickletools
import random
import subprocess
import sys
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import cloudpickle
import docket as pydocket
import pytest
from docket import Docket
from redis.asyncio import Redis
from structlog.testing import capture_logs

from bot.task_queue.messages import MOST_ARGUMENTS, MOST_BYTES, NotPlainError, arguments
from bot.task_queue.worker import open_docket, supervise
from tests.bot.task_queue.test_worker import Diary, until

STOCK = """
import asyncio, sys
from docket import Docket, Worker

url, *jobs = sys.argv[1:]

async def quick(name: str) -> None:
    print(name)

async def main():
    async with Docket("callboard:tasks", url) as docket:
        docket.register(quick)
        for job in jobs:
            await docket.add(quick, key=job)(job)
        if not jobs:
            async with Worker(docket, schedule_automatic_tasks=False) as worker:
                await worker.run_until_finished()

asyncio.run(main())
"""
"""A process of the previous version, which reads and writes messages like pydocket."""


class Attack:
    """Creates the file at `path` when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[Any, ...]]:
        return Path.touch, (self.path,)


@pytest.fixture
async def redis(redis_url: str) -> AsyncGenerator["Redis"]:
    async with Redis.from_url(redis_url) as client:  # pyright: ignore[reportUnknownMemberType]
        yield client


def message(**fields: bytes) -> dict[Any, Any]:
    plain = {
        "key": b"forged",
        "when": b"2026-01-01T00:00:00+00:00",
        "function": b"quick",
        "args": cloudpickle.dumps(("forged",)),
        "kwargs": cloudpickle.dumps({}),
        "attempt": b"1",
        "generation": b"0",
    }
    return {name: value for name, value in (plain | fields).items() if value != b"left out"}


async def empty(docket: Docket, redis: "Redis") -> None:
    """Wait until no task is queued or running."""

    async def is_empty() -> bool:
        return not await redis.xlen(docket.stream_key) and not await redis.zcard(docket.queue_key)

    await until_true(is_empty)


async def until_true(asked: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(10):
        while not await asked():  # noqa: ASYNC110  # the awaited change is in Redis
            await asyncio.sleep(0.01)


async def test_a_pickle_of_another_program_never_runs(redis_url: str, redis: "Redis", tmp_path: Path):
    made, diary, dropped = tmp_path / "made", Diary(), list[int]()
    harmful = cloudpickle.dumps((Attack(made),))
    with capture_logs() as log:
        async with open_docket(redis_url, lambda: dropped.append(1)) as docket:
            strike: dict[Any, Any] = {
                "direction": "strike",
                "function": "quick",
                "parameter": "name",
                "operator": "==",
                "value": harmful,
            }
            await redis.xadd(docket.strike_list.strike_key, strike)
            await redis.xadd(docket.stream_key, message(args=harmful))
            await redis.xadd(docket.stream_key, message(kwargs=harmful, key=b"other"))
            await redis.hset(docket.parked_task_key("later"), mapping=message(args=harmful, key=b"later"))
            await redis.zadd(docket.queue_key, {"later": 0.0})
            await redis.hset(docket.runs_key("read"), mapping=message(args=harmful) | {"when": "1"})
            with pytest.raises(NotPlainError):
                await docket.get_execution("read")
            async with diary.works(docket):
                await diary.add(docket, "quick", "good")
                await until(lambda: diary.done == ["good"] and len(dropped) == 3)
                await empty(docket, redis)
                await diary.add(docket, "quick", "forged", "later")  # the keys of dropped messages are free
                await until(lambda: sorted(diary.done) == ["forged", "good", "later"])
        await redis.delete(docket.strike_list.strike_key, docket.runs_key("read"))
    assert not made.exists()
    assert [(line["log_level"], line["event"]) for line in log] == [("error", "unreadable task messages dropped")]
    assert "made" not in str(log)


@pytest.mark.parametrize(
    "fields",
    [
        {"args": b""},
        {"args": b"left out"},
        {"args": cloudpickle.dumps({})},
        {"kwargs": cloudpickle.dumps(())},
        {"kwargs": cloudpickle.dumps({"name": "again"})},
        {"when": b"soon"},
        {"when": b"0001-01-01T00:00:00"},
        {"attempt": b"x"},
        {"generation": b"9" * 5000},
        {"key": b"left out"},
        {"key": b"\xff"},
        {"function": b"left out"},
        {"function": b"\xff"},
    ],
    ids=str,
)
async def test_an_unreadable_message_is_dropped_and_the_worker_continues(
    redis_url: str, redis: "Redis", fields: dict[str, bytes]
):
    diary, dropped = Diary(), list[int]()
    async with open_docket(redis_url, lambda: dropped.append(1)) as docket:
        await redis.xadd(docket.stream_key, message(**fields))
        with capture_logs() as log:
            async with diary.works(docket):
                await diary.add(docket, "quick", "good")
                await empty(docket, redis)
    assert (diary.done, dropped) == (["good"], [1])
    assert [line["event"] for line in log] == ["unreadable task messages dropped"]


async def test_strikes_in_redis_stop_no_task(redis_url: str):
    diary = Diary()
    async with Docket("callboard:tasks", redis_url) as forger:
        await forger.strike("quick")
        async with open_docket(redis_url) as docket, diary.works(docket):
            await diary.add(docket, "quick", "good")
            await until(lambda: diary.done == ["good"])
            await forger.restore("quick")
        await forger.clear()


async def test_messages_of_the_previous_version_run_and_its_workers_run_ours(redis_url: str, redis: "Redis"):
    diary = Diary()
    async with open_docket(redis_url) as docket:
        await stock(redis_url, "theirs")
        async with diary.works(docket):
            await until(lambda: diary.done == ["theirs"])
        await diary.add(docket, "quick", "ours")
        assert await stock(redis_url) == "ours\n"


async def stock(*words: str) -> str:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", STOCK, *words, stdout=subprocess.PIPE)
    written, _ = await process.communicate()
    assert process.returncode == 0
    return written.decode()


async def test_a_task_of_a_newer_version_waits_for_a_worker_of_that_version(
    redis_url: str, redis: "Redis", monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bot.task_queue.worker.LEASE", timedelta(milliseconds=200))
    older, newer, done = Diary(), Diary(), list[str]()

    async def added_later(name: str) -> None:
        done.append(name)

    async with open_docket(redis_url) as docket:
        docket.register(added_later)
        await docket.add(added_later, key="new")("new")
        async with open_docket(redis_url) as elsewhere, older.works(elsewhere):
            await until_true(lambda: redis.zcard(docket.queue_key))
        async with supervise(docket, [added_later, newer.quick]):
            await until(lambda: done == ["new"])


@pytest.mark.parametrize(
    "plain",
    [(), ("a",), ("a", "a", "b"), (["x", "y", "x"], "p", "{}"), (1, -5, 1 << 70, 2.5, None, True, "é😀"), {}],
    ids=str,
)
def test_plain_arguments_are_read(plain: Any):
    assert arguments(cloudpickle.dumps(plain)) == plain


def hostile() -> dict[str, bytes]:
    return {
        **{f"protocol {number}": pickle.dumps((Attack(Path("x")),), number) for number in range(6)},
        "global": b"cos\nsystem\n(S'true'\ntR.",
        "inst": b"(S'true'\nios\nsystem\n.",
        "object": b"(cos\nsystem\nS'true'\no.",
        "extension": b"\x82\x01.",
        "persistent": b"Pid\n.",
        "build": b"\x80\x05}}b.",
        "memo of 32 GB": b"\x80\x05)r\xff\xff\xff\x7f.",
        "set": cloudpickle.dumps(({"a"},)),
        "bytes": cloudpickle.dumps((b"a",)),
        "dictionary": cloudpickle.dumps({"a": "b"}),
        "dictionary inside": cloudpickle.dumps(({"a": "b"},)),
        "tuple inside": cloudpickle.dumps((("a",),)),
        "deep": b"\x80\x05)" + b"\x85" * 30_000 + b".",
        "list of lists": cloudpickle.dumps(([["a"]],)),
        "class": cloudpickle.dumps((str,)),
        "function": cloudpickle.dumps((lambda: None,)),
        "string": cloudpickle.dumps("a"),
        "long": cloudpickle.dumps(("a" * MOST_BYTES,)),
        "many": cloudpickle.dumps(("a",) * (MOST_ARGUMENTS + 1)),
        "no stop": b"\x80\x05)",
        "empty": b"",
        "text": b"hello",
        "json": json.dumps(["a"]).encode(),
    }


@pytest.mark.parametrize("name", hostile())
def test_other_arguments_are_refused(name: str):
    with pytest.raises(NotPlainError) as refused:
        arguments(hostile()[name])
    assert "true" not in str(refused.value)


def test_damaged_arguments_are_read_as_plain_or_refused():
    chance, whole = random.Random(3), cloudpickle.dumps((["one", "two", "one"], "C024BE91L", 7))
    for _ in range(500):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            read = arguments(bytes(damaged))
        except NotPlainError:
            continue
        assert {code.name for code, _, _ in pickletools.genops(bytes(damaged))} & {"REDUCE", "STACK_GLOBAL"} == set()
        assert isinstance(read, tuple | dict)


def test_pydocket_reads_pickles_only_by_the_replaced_function():
    """A new version of pydocket may read pickles in another way."""
    assert cloudpickle.loads is arguments
    found = set[tuple[str, str]]()
    for path in Path(pydocket.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr in {"loads", "load", "Unpickler"}:
                found.add((path.name, ast.unparse(node)))
            if isinstance(node, ast.Import | ast.ImportFrom):
                named = {getattr(node, "module", ""), *(each.name for each in node.names)}
                assert not named & {"pickle", "_pickle", "marshal", "shelve", "dill", "copyreg"}
                assert getattr(node, "module", "") != "cloudpickle"
            if isinstance(node, ast.Call):
                assert ast.unparse(node.func) not in {"eval", "exec"}
    assert {how for _, how in found} == {"json.loads", "cloudpickle.loads"}
    assert {name for name, how in found if how == "cloudpickle.loads"} == {"docket.py", "execution.py", "strikelist.py"}
