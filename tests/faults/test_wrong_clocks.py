"""Processes with wrong or stepping clocks post results in time, and once.

The bot runs with shorter intervals (`tests.faults.quick`).
"""

import asyncio
import json
import re
import shutil
import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.faults.clocks import HOUR_S, NEEDED, WallClock
from tests.faults.memory import Memory, memory
from tests.faults.people import Clouds, People
from tests.faults.processes import Cast, cast
from tests.faults.reading import Conversation, read
from tests.faults.world import CHANNELS

NORMAL_S = 25.0
"""The time limit for a result's post. A wrong clock used to delay it by its offset."""
SERVICE = "digital-human"
PARTS = ("serve-1", "worker-1")
CHANNEL = CHANNELS[1].id
MINUTES_S = 300.0

pytestmark = [NEEDED, pytest.mark.heavy("starts processes with clocks of their own")]


@dataclass
class Stage:
    """A bot of two processes, with its people and jobs."""

    cast: Cast
    people: People
    clouds: Clouds
    memory: Memory
    control: httpx.AsyncClient

    async def follow(self, number: int) -> list[str]:
        """Start jobs, and subscribe to each of them in the channel."""
        refs = [await self.clouds.add(SERVICE, f"clock-{index}.mp4", 0) for index in range(number)]
        for ref in refs:
            await self.people.types("U0DANA", CHANNEL, f"/jobs subscribe {ref}")
        await until(lambda: self._carded(refs))
        return refs

    async def end(self, refs: Sequence[str]) -> None:
        """Finish jobs, and return when no post is pending."""
        for ref in refs:
            await self.clouds.end(ref, "succeeded")
        await until(self._quiet)

    async def looked(self, times: int) -> None:
        """Return when the worker has requested the service this many times more."""
        before = await self._requests()

        async def more() -> bool:
            return await self._requests() >= before + times

        await until(more)

    async def conversation(self) -> Conversation:
        return await read(CHANNEL, self.people, self.memory)

    async def ready(self, part: str) -> httpx.Response:
        """Request a process's readiness."""
        lines = (json.loads(line) for line in self.cast.parts[part].log.read_text().splitlines() if line[:1] == "{")
        where = [line["http"] for line in lines if line.get("event") == "ready"][-1]
        async with httpx.AsyncClient(base_url=f"http://{where}") as probe:
            return await probe.get("/readyz")

    async def told_once(self, refs: Sequence[str]) -> None:
        """Check that the channel has each of these results once: in a reply, or counted in a storm message."""
        said = await self.conversation()
        told = [len(said.tellings[ref]) for ref in refs]
        assert max(told) <= 1, said
        assert sum(told) + said.counted["succeeded"] == len(refs), said
        assert [ids for ids in said.posts.values() if len(ids) > 1] == []

    async def _carded(self, refs: Sequence[str]) -> bool:
        said = await self.conversation()
        return all(said.card_of(ref) for ref in refs)

    async def _quiet(self) -> bool:
        return not await self.memory.waiting()

    async def _requests(self) -> int:
        return (await self.control.get("/control/requests")).json()["total"]


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(NORMAL_S):
        while not await true():  # noqa: ASYNC110  # other processes change it
            await asyncio.sleep(0.1)


@asynccontextmanager
async def staged(**ahead_s: float) -> AsyncGenerator[tuple[Stage, dict[str, WallClock]]]:
    """Start a bot whose processes have separate clocks, ahead by these seconds."""
    folder = Path(tempfile.mkdtemp(prefix="callboard-clock-"))  # short: a socket's path has 104 bytes at most
    clocks = {name: WallClock(folder / f"{name}.clock") for name in PARTS}
    for part, seconds in ahead_s.items():
        clocks[f"{part}-1"].set(seconds)
    async with AsyncExitStack() as stack:
        actors = await stack.enter_async_context(cast(folder, PARTS, clocks))
        looks = await stack.enter_async_context(memory(actors.redis.url))
        page = await stack.enter_async_context(httpx.AsyncClient(base_url=actors.slack, timeout=30))
        control = await stack.enter_async_context(httpx.AsyncClient(base_url=actors.clouds, timeout=30))
        stage = Stage(actors, People(page), Clouds(control), looks, control)

        async def ready() -> bool:
            return all(part.logged('"event": "ready"') for part in actors.parts.values())

        await until(ready)
        yield stage, clocks
    shutil.rmtree(folder)


@pytest.mark.parametrize("step_s", [HOUR_S, -HOUR_S])
async def test_a_clock_that_steps_and_steps_back_delays_nothing(step_s: float):
    async with staged() as (stage, clocks):
        first, second = refs = await stage.follow(2)
        for clock in clocks.values():
            clock.set(step_s)
        await stage.looked(2)
        for clock in clocks.values():
            clock.set(0)
        await stage.clouds.end(first, "succeeded")

        async def told() -> bool:
            return len((await stage.conversation()).tellings[first]) == 1

        await until(told)
        worker = stage.cast.parts["worker-1"]
        await worker.stop()
        worker.start()
        await stage.end([second])
        await stage.told_once(refs)


@pytest.mark.parametrize("ahead_s", [MINUTES_S, -MINUTES_S])
async def test_a_worker_with_a_wrong_clock_posts_in_time_and_once(ahead_s: float):
    async with staged(worker=ahead_s) as (stage, _):
        refs = await stage.follow(5)
        await stage.people.order("fault", method="chat.postMessage", channel=CHANNEL, drop=True, after=True, times=3)
        await stage.end(refs)
        await stage.people.calm()
        await stage.told_once(refs)
        ready = await stage.ready("worker-1")
        assert ready.status_code == 200
        side = "ahead of" if ahead_s > 0 else "behind"
        for other in ("fleet time", "Redis's clock", "Slack's clock"):
            assert re.search(rf"degraded: this machine's clock is (29[5-9]|30[0-5]) s {side} {other}", ready.text)
        assert (await stage.ready("serve-1")).text == "ok\n"
