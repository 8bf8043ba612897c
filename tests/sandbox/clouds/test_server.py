"""Behavior that only a real connection shows."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from sandbox.clouds.faults import Fault, FaultKind
from sandbox.clouds.server import run, serving
from sandbox.clouds.world import World
from tests.sandbox.clouds.callers import Huawei

TASKS = "/v2/{p}/services/video-ocr/tasks"


@pytest.fixture
async def caller(world: World) -> AsyncIterator[Huawei]:
    async with serving(world) as url, httpx.AsyncClient(base_url=url, timeout=5, trust_env=False) as client:
        yield Huawei(client, world)


def set_fault(caller: Huawei, fault: FaultKind, seconds: float = 2.0) -> None:
    caller.world.faults.add(Fault(fault=fault, seconds=seconds, count=1), caller.world.now())


async def test_requests_are_answered_over_a_kept_connection(caller: Huawei):
    assert [(await caller.get(TASKS)).status_code for _ in range(3)] == [200] * 3


async def test_a_cloud_that_is_down_hangs_up(caller: Huawei):
    set_fault(caller, "down")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        await caller.get(TASKS)
    assert (await caller.get(TASKS)).status_code == 200


async def test_a_cut_off_body_is_shorter_than_announced(caller: Huawei):
    set_fault(caller, "cut")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        await caller.get(TASKS)
    assert (await caller.get(TASKS)).status_code == 200


async def test_a_cloud_that_hangs_never_answers(caller: Huawei):
    set_fault(caller, "hang")
    with pytest.raises(httpx.ReadTimeout):
        await caller.client.get(TASKS.format(p=caller.project), timeout=0.05)
    assert (await caller.get(TASKS)).status_code == 200


async def test_a_slow_cloud_answers_late(caller: Huawei):
    set_fault(caller, "slow", seconds=600)
    with pytest.raises(httpx.ReadTimeout):
        await caller.client.get(TASKS.format(p=caller.project), timeout=0.05)
    set_fault(caller, "slow", seconds=0.01)
    assert (await caller.get(TASKS)).status_code == 200


async def test_no_fault_is_an_error_of_the_server(caller: Huawei, caplog: pytest.LogCaptureFixture):
    for fault in ("down", "cut"):
        set_fault(caller, fault)
        with pytest.raises(httpx.RemoteProtocolError):
            await caller.get(TASKS)
    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_hung_request_does_not_keep_the_server_from_stopping(world: World):
    async with httpx.AsyncClient(timeout=30, trust_env=False) as client:
        async with serving(world) as url:
            world.faults.add(Fault(fault="hang"), world.now())
            waiting = asyncio.create_task(client.get(f"{url}{TASKS.format(p='any')}"))
            while not world.requests:  # noqa: ASYNC110  # the server has no event for a new request
                await asyncio.sleep(0)
        with pytest.raises(httpx.RemoteProtocolError):
            await waiting


async def test_a_port_in_use_is_an_error(caller: Huawei):
    with pytest.raises(OSError, match="in use"):
        await run(caller.client.base_url.port or 0, caller.world)


async def test_run_serves_until_it_is_canceled(world: World, unused_tcp_port: int):
    running = asyncio.create_task(run(unused_tcp_port, world))
    async with httpx.AsyncClient(trust_env=False) as client:
        url = f"http://127.0.0.1:{unused_tcp_port}/control/requests"
        while True:
            try:
                assert (await client.get(url)).status_code == 200
                break
            except httpx.ConnectError:
                await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        with pytest.raises(httpx.ConnectError):
            await client.get(url)
