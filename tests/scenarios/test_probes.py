"""The answers to a load balancer and Kubernetes while the bot's surroundings fail and recover."""

import asyncio
import tempfile
from collections.abc import AsyncGenerator, Generator
from pathlib import Path

import httpx
import pytest

from tests.redis_server import Server
from tests.scenarios.conftest import Stage
from tests.scenarios.person import PATIENCE_S

pytestmark = pytest.mark.mode("socket")


@pytest.fixture
def server() -> Generator[Server]:
    with tempfile.TemporaryDirectory(prefix="callboard-test-") as folder:
        server = Server(Path(folder))
        yield server
        server.dies()


@pytest.fixture
def redis_process(server: Server) -> str:
    """Return the server of `stage`, in place of the one that outlives the test."""
    return server.url


@pytest.fixture
async def probe(stage: Stage, http_port: int) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{http_port}") as client:
        yield client


async def told(probe: httpx.AsyncClient, status: int, line: str) -> None:
    """Wait until `/readyz` answers with that status and that line."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            answer = await probe.get("/readyz")
            if answer.status_code == status and line in answer.text.splitlines():
                return
            await asyncio.sleep(0.02)


async def test_redis_goes_and_comes_back(probe: httpx.AsyncClient, server: Server) -> None:
    await told(probe, 200, "ok")
    server.dies()
    await told(probe, 503, "Redis cannot be reached")
    await told(probe, 503, "the worker cannot reach Redis")
    assert (await probe.get("/healthz")).text == "ok\n"
    assert "callboard_outbox_depth" in (await probe.get("/metrics")).text
    server.start()
    await told(probe, 200, "ok")


async def test_a_redis_that_hangs_is_said_to_be_out_of_reach(probe: httpx.AsyncClient, server: Server) -> None:
    await told(probe, 200, "ok")
    server.hangs()
    await told(probe, 503, "Redis cannot be reached")
    server.goes_on()
    await told(probe, 200, "ok")
