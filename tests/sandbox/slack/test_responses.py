"""response_urls: five answers in thirty minutes, about the message of the interaction."""

from typing import Any

import httpx
import pytest

from sandbox.slack.workspace.model import Content
from sandbox.slack.workspace.seed import DANA, LEE, ON_CALL
from tests.sandbox.slack.conftest import Slack


async def post(slack: Slack, token: str, **body: Any) -> httpx.Response:
    return await slack.http.post(f"/response/T0SANDBOX/{token}", json=body)


async def test_the_sixth_answer_is_refused(slack: Slack) -> None:
    token = slack.workspace.grants.response(DANA.id, ON_CALL.id)
    for _ in range(5):
        assert (await post(slack, token, text="x")).text == "ok"
    refused = await post(slack, token, text="x")
    assert (refused.status_code, refused.json()) == (404, {"ok": False, "error": "used_url"})


async def test_an_answer_after_half_an_hour_is_refused(slack: Slack) -> None:
    token = slack.workspace.grants.response(DANA.id, ON_CALL.id)
    slack.clock.now += 30 * 60 - 1
    assert (await post(slack, token, text="x")).status_code == 200
    slack.clock.now += 1
    refused = await post(slack, token, text="x")
    assert (refused.status_code, refused.json()["error"]) == (404, "expired_url")


async def test_an_invented_url_is_refused(slack: Slack) -> None:
    assert (await post(slack, "invented", text="x")).json()["error"] == "invalid_url"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "no_text"),
        ({"text": "x", "blocks": [{"type": "banner"}]}, "invalid_blocks"),
        ({"text": "x", "response_type": "loud"}, "invalid_payload"),
        ({"text": "x", "replace_orignal": True}, "invalid_payload"),
        ({"delete_original": True}, "message_not_found"),
    ],
)
async def test_a_wrong_answer_is_refused(slack: Slack, body: dict[str, Any], error: str) -> None:
    token = slack.workspace.grants.response(DANA.id, ON_CALL.id)
    refused = await post(slack, token, **body)
    assert (refused.status_code, refused.json()["error"]) == (400, error)


async def test_an_ephemeral_message_is_replaced_and_deleted_only_for_its_viewer(slack: Slack) -> None:
    messages = slack.workspace.messages
    hidden = messages.post(ON_CALL.id, "U0CALLBOARD", Content("old"), by_app=True, viewer=DANA.id)
    token = slack.workspace.grants.response(DANA.id, ON_CALL.id, hidden.ts)
    await post(slack, token, text="new", replace_original=True)
    assert (await slack.said("new"))["ephemeral"] is True
    assert "new" not in [each["text"] for each in await slack.seen(LEE.id)]
    await post(slack, token, delete_original=True)
    assert "new" not in [each["text"] for each in await slack.seen()]
    assert (await post(slack, token, text="x", replace_original=True)).json()["error"] == "message_not_found"


async def test_a_command_has_no_original_to_replace(slack: Slack) -> None:
    token = slack.workspace.grants.response(DANA.id, ON_CALL.id)
    await post(slack, token, text="first")
    await post(slack, token, text="second", replace_original=True)
    assert [each["text"] for each in await slack.seen()][-2:] == ["first", "second"]


async def test_answers_do_not_have_the_size_limit_of_chat(slack: Slack) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}
    token = slack.workspace.grants.response(DANA.id, ON_CALL.id)
    assert (await post(slack, token, text="x", blocks=[section] * 6)).status_code == 200


async def test_a_fault_can_be_ordered(slack: Slack) -> None:
    await slack.http.post("/test/fault", json={"method": "response_url", "error": "ratelimited", "retry_after": 2})
    token = slack.workspace.grants.response(DANA.id, ON_CALL.id)
    refused = await post(slack, token, text="x")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "2")
    assert (await post(slack, token, text="x")).status_code == 200
    calls = (await slack.http.get("/test/calls")).json()
    assert [(call["method"], call["error"]) for call in calls] == [
        ("response_url", "ratelimited"),
        ("response_url", None),
    ]
