"""Slack's rate limits, when enforced."""

from collections import Counter
from pathlib import Path

import httpx
import pytest

from sandbox.slack.workspace.credentials import BOT_TOKEN
from sandbox.slack.workspace.manifest import read_manifest
from sandbox.slack.workspace.seed import MEDIA, ON_CALL
from sandbox.slack.workspace.workspace import Workspace
from tests.sandbox.slack.conftest import Slack


@pytest.fixture
async def strict(slack: Slack) -> Slack:
    await slack.hook("pace", enforced=True)
    return slack


async def call(slack: Slack, method: str, **arguments: str) -> httpx.Response:
    return await slack.http.post(f"/api/{method}", json=arguments, headers={"Authorization": f"Bearer {BOT_TOKEN}"})


async def post(slack: Slack, channel: str = ON_CALL.id) -> int:
    return (await call(slack, "chat.postMessage", channel=channel, text="x")).status_code


async def test_nothing_is_limited_by_default(slack: Slack) -> None:
    assert Counter([await post(slack) for _ in range(60)]) == {200: 60}
    assert Workspace(slack.workspace.manifest, (), ()).rate_limits.enforced is False


async def test_a_channel_accepts_a_burst_and_then_one_message_a_second(strict: Slack) -> None:
    assert [await post(strict) for _ in range(5)] == [200, 200, 200, 200, 429]
    assert await post(strict, MEDIA.id) == 200
    assert await post(strict, "#on-call") == 429
    strict.clock.now += 1
    assert [await post(strict) for _ in range(2)] == [200, 429]
    strict.clock.now += 60
    assert [await post(strict) for _ in range(5)] == [200, 200, 200, 200, 429]


async def test_a_rate_limited_call_has_a_wait_and_is_logged(strict: Slack) -> None:
    for _ in range(4):
        await post(strict)
    refused = await call(strict, "chat.postMessage", channel=ON_CALL.id, text="x")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert refused.json() == {"ok": False, "error": "ratelimited"}
    assert (await strict.calls())[-1]["error"] == "ratelimited"


async def test_fifty_updates_a_minute_in_the_whole_workspace(strict: Slack) -> None:
    places = [(await call(strict, "chat.postMessage", channel=each, text="x")).json() for each in ("C0MEDIA", "D0LEE")]

    async def update(place: int) -> httpx.Response:
        where = places[place % 2]
        return await call(strict, "chat.update", channel=where["channel"], ts=where["ts"], text="y")

    assert {(await update(place)).status_code for place in range(25)} == {200}
    strict.clock.now += 40
    assert {(await update(place)).status_code for place in range(25)} == {200}
    refused = await update(0)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "20")
    strict.clock.now += 20
    assert Counter([(await update(place)).status_code for place in range(26)]) == {200: 25, 429: 1}


async def test_a_workspace_can_be_strict_from_the_start(manifest: Path) -> None:
    assert Workspace(read_manifest(manifest), (), (), strict_rate_limits=True).rate_limits.enforced is True
