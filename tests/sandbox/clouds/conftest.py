from collections.abc import AsyncIterator

import httpx
import pytest

from sandbox.clouds.world import World
from tests.sandbox.clouds.callers import Alibaba, Clock, Huawei, connect


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def world(clock: Clock) -> World:
    return World(seed=3, clock=clock, jobs_per_service=120)


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    async with connect(world) as client:
        yield client


@pytest.fixture
def huawei(client: httpx.AsyncClient, world: World) -> Huawei:
    return Huawei(client, world)


@pytest.fixture
def alibaba(client: httpx.AsyncClient, world: World) -> Alibaba:
    return Alibaba(client, world)
