"""Notices for an operator do not take a process out of service."""

import httpx

from bot.deps.metrics import Metrics
from bot.runtime.http_server import Reason, probes, site


async def ready(reason: str | None) -> tuple[int, str]:
    async def told() -> str | None:
        return reason

    async def reset() -> str | None:
        return "the database was reset"

    transport = httpx.ASGITransport(site(*probes([Reason("told", told)], Metrics(), [Reason("reset", reset)])))
    async with httpx.AsyncClient(transport=transport, base_url="http://bot") as client:
        answer = await client.get("/readyz")
    return answer.status_code, answer.text


async def test_a_notice_keeps_a_process_in_service():
    assert await ready(None) == (200, "ok\ndegraded: the database was reset\n")
    assert await ready("Redis is gone") == (503, "Redis is gone\ndegraded: the database was reset\n")
