"""Probes and metrics have their own port, which Slack's port does not expose."""

import socket
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest
from structlog.testing import capture_logs

from bot.background.tasks import tasks
from bot.runtime.runner import running
from handlers.slack import register
from tests.ports import FreePort
from tests.scenarios.conftest import Scene

PROBES = ("/healthz", "/readyz", "/metrics")


@asynccontextmanager
async def bot(scene: Scene, port: int, admin_port: int) -> AsyncGenerator[None]:
    http = scene.settings.http.model_copy(update={"port": port, "admin_port": admin_port})
    async with running(scene.settings.model_copy(update={"http": http}), register, tasks, works=False):
        if scene.balancer:
            scene.balancer.add(port)
        yield


async def statuses(port: int, paths: Sequence[str]) -> list[int]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as caller:
        return [(await caller.get(path)).status_code for path in paths]


@pytest.mark.mode("http")
async def test_each_port_has_its_own_addresses(scene: Scene, free_port: FreePort) -> None:
    port, admin_port = free_port(), free_port()
    async with bot(scene, port, admin_port):
        assert await statuses(admin_port, [*PROBES, "/slack/events"]) == [200, 200, 200, 404]
        assert await statuses(port, [*PROBES, "/slack/events"]) == [404, 404, 404, 405]
        assert (await scene.dana.types("/jobs list video-ocr")).says("video-ocr")


@pytest.mark.mode("socket")
async def test_in_socket_mode_there_is_no_other_port(scene: Scene, free_port: FreePort) -> None:
    port, admin_port = free_port(), free_port()
    with capture_logs() as told:
        async with bot(scene, port, admin_port):
            assert await statuses(admin_port, PROBES) == [200, 200, 200]
            with pytest.raises(httpx.ConnectError):
                await statuses(port, PROBES)
    ready = next(line for line in told if line["event"] == "ready")
    assert (ready["http"], ready["admin"]) == (None, f"127.0.0.1:{admin_port}")


@pytest.mark.mode("socket")
async def test_a_taken_port_is_a_warning_where_probes_alone_would_call(scene: Scene) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, capture_logs() as told:
        async with bot(scene, 0, taken.getsockname()[1]):
            assert (await scene.dana.types("/jobs help")).says("/jobs")
    assert [line["event"] for line in told][:1] == ["no /healthz, /readyz and /metrics"]
