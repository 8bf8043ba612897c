"""Probes: `/healthz` reports that the event loop is alive, `/readyz` why the process is not ready."""

import asyncio
from functools import partial

import httpx
import pytest

from bot.config.settings import Http
from bot.deps.metrics import Metrics
from bot.domain.errors import ConfigError
from bot.runtime import http_server
from bot.runtime.http_server import Look, Reason, listen, probes, site


async def fine() -> None:
    return None


async def redis_is_gone() -> str | None:
    return "Redis cannot be reached"


async def sweeps_are_late() -> str | None:
    return "sweeps are late"


async def says_nothing() -> str | None:
    await asyncio.Event().wait()


async def ask(path: str, **looks: Look) -> tuple[int, str]:
    reasons = [Reason(name, look) for name, look in looks.items()]
    transport = httpx.ASGITransport(site(*probes(reasons, Metrics())))
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
        answer = await client.get(path)
    return answer.status_code, answer.text


async def test_it_is_ready_if_all_checks_pass():
    assert await ask("/readyz", redis=fine) == (200, "ok\n")


async def test_each_failed_check_is_a_line():
    said = await ask("/readyz", redis=redis_is_gone, slack=fine, sweeps=sweeps_are_late)
    assert said == (503, "Redis cannot be reached\nsweeps are late\n")


async def test_a_check_that_times_out_has_failed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(http_server, "READY_S", 0.05)
    assert await ask("/readyz", worker=says_nothing, redis=redis_is_gone) == (
        503,
        "worker timed out after 0.05 s\nRedis cannot be reached\n",
    )


async def test_a_check_that_times_out_is_named(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(http_server, "READY_S", 0.05)
    assert await ask("/readyz", redis=partial(says_nothing)) == (503, "redis timed out after 0.05 s\n")


async def test_it_is_alive_even_if_it_is_not_ready():
    assert await ask("/healthz", redis=redis_is_gone) == (200, "ok\n")


async def test_without_slack_there_are_no_other_routes():
    assert (await ask("/slack/events"))[0] == 404


def test_a_taken_port_is_an_error():
    with (
        listen(Http(host="127.0.0.1", port=0)) as taken,
        pytest.raises(ConfigError, match="Address already in use"),
    ):
        listen(Http(host="127.0.0.1", port=taken.getsockname()[1]))
