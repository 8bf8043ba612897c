"""Ordered faults, and their effect on a caller."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from sandbox.slack.workspace.credentials import BOT_TOKEN
from sandbox.slack.workspace.seed import MEDIA, ON_CALL
from tests.sandbox.slack.conftest import Slack, until


@pytest.fixture
def over_sockets() -> bool:
    return True


async def post(slack: Slack, channel: str = ON_CALL.id, *, patience_s: float = 20) -> httpx.Response:
    headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
    said = {"channel": channel, "text": "said"}
    return await slack.http.post("/api/chat.postMessage", json=said, headers=headers, timeout=patience_s)


async def times_said(slack: Slack, channel: str = ON_CALL.id) -> int:
    return sum(each["text"] == "said" for each in await slack.seen(channel=channel))


async def order(slack: Slack, **fault: Any) -> None:
    await slack.hook("fault", method="chat.postMessage", **fault)


async def test_faults_happen_as_often_as_ordered(slack: Slack) -> None:
    await order(slack, error="ratelimited", retry_after=7)
    await order(slack, error="restricted_action", times=2)
    await order(slack)
    await order(slack, status=503)
    limited = await post(slack)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "7")
    refused = ["restricted_action", "restricted_action", "internal_error"]
    assert [(await post(slack)).json()["error"] for _ in range(3)] == refused
    assert (await post(slack)).status_code == 503
    assert (await post(slack)).json()["ok"] is True
    assert await times_said(slack) == 1
    calls = await slack.calls()
    assert [call["error"] for call in calls] == ["ratelimited", *refused, "http_503", None]
    assert BOT_TOKEN not in json.dumps(calls)


async def test_an_error_has_the_ordered_status(slack: Slack) -> None:
    await order(slack, error="internal_error", error_status=500, after=True)
    failed = await post(slack)
    assert (failed.status_code, failed.json()) == (500, {"ok": False, "error": "internal_error"})
    assert await times_said(slack) == 1


async def test_a_call_takes_effect_and_fails_afterwards(slack: Slack) -> None:
    await order(slack, after=True, status=502)
    await order(slack, after=True, error="ratelimited")
    await order(slack, after=True, error="fatal_error")
    assert [(await post(slack)).status_code for _ in range(3)] == [502, 429, 200]
    assert await times_said(slack) == 3
    assert all(call["stored"] for call in await slack.calls())


async def test_an_invalid_call_is_not_stored(slack: Slack) -> None:
    await order(slack, after=True, status=502)
    assert (await post(slack, "C0NOWHERE")).json()["error"] == "channel_not_found"
    assert [call["stored"] for call in await slack.calls()] == [False]


@pytest.mark.parametrize("after", [True, False])
async def test_a_call_hangs_until_the_caller_disconnects(slack: Slack, *, after: bool) -> None:
    await order(slack, hang_s=3600, after=after)
    with pytest.raises(httpx.ReadTimeout):
        await post(slack, patience_s=0.1)
    (call,) = await until(slack.calls)
    assert (call["error"], call["stored"]) == ("hung", after)
    assert await times_said(slack) == int(after)


@pytest.mark.parametrize("after", [True, False])
async def test_a_delayed_call_is_answered_late(slack: Slack, *, after: bool) -> None:
    await order(slack, hang_s=0.01, after=after)
    assert (await post(slack)).json()["ok"] is True
    await order(slack, hang_s=0.01, after=after, status=503)
    assert (await post(slack)).status_code == 503
    assert await times_said(slack) == 1 + after


@pytest.mark.parametrize("after", [True, False])
async def test_a_connection_is_closed_without_an_answer(slack: Slack, *, after: bool) -> None:
    await order(slack, drop=True, after=after)
    with pytest.raises(httpx.RemoteProtocolError):
        await post(slack)
    assert await times_said(slack) == int(after)
    assert [call["error"] for call in await slack.calls()] == ["dropped"]
    assert (await post(slack)).json()["ok"] is True


async def test_a_fault_can_be_of_one_channel(slack: Slack) -> None:
    await order(slack, error="restricted_action", channel="#media")
    assert (await post(slack)).json()["ok"] is True
    assert (await post(slack, MEDIA.id)).json()["error"] == "restricted_action"
    await order(slack, error="cannot_dm_bot", channel="U0LEE")
    assert (await post(slack, "D0DANA")).json()["ok"] is True
    assert (await post(slack, "D0LEE")).json()["error"] == "cannot_dm_bot"


async def test_a_response_url_can_fail(slack: Slack) -> None:
    token = slack.workspace.grants.response("U0DANA", ON_CALL.id)
    url = f"/response/T0SANDBOX/{token}"
    await slack.hook("fault", method="response_url", channel=MEDIA.id, status=500)
    await slack.hook("fault", method="response_url", channel=ON_CALL.id, status=502, after=True)
    assert (await slack.http.post(url, json={"text": "said"})).status_code == 502
    assert await times_said(slack) == 1
    assert (await slack.http.post(url, json={"text": "said"})).text == "ok"


async def test_faults_can_be_cleared(slack: Slack) -> None:
    await order(slack, hang_s=3600, after=True)
    await order(slack, status=503)
    hanging = asyncio.create_task(post(slack))
    await slack.said("said")
    assert (await slack.http.delete("/test/fault")).json() == {"ok": True}
    with pytest.raises(httpx.RemoteProtocolError):
        await hanging
    assert (await post(slack)).json()["ok"] is True


@pytest.mark.parametrize(
    "body",
    [
        {"methods": "chat.postMessage"},
        {"method": "chat.postMessage", "hang_s": -1},
        {"method": "chat.postMessage", "error": "fatal_error", "status": 500},
        {"method": "chat.postMessage", "error_status": 500},
        {"method": "chat.postMessage", "error": "ratelimited", "error_status": 500},
        {"method": "chat.postMessage", "channel": "nowhere"},
    ],
)
async def test_a_mistyped_fault_is_refused(slack: Slack, body: dict[str, Any]) -> None:
    assert (await slack.http.post("/test/fault", json=body)).status_code == 400
