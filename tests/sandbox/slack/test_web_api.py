"""What the Web API refuses, and how: raw requests, as a careless client would make them."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from sandbox.slack.credentials import APP_TOKEN, BOT_TOKEN
from sandbox.slack.model import Content
from sandbox.slack.seed import DANA, LEE, ON_CALL, seeded
from sandbox.slack.server import serving
from tests.sandbox.slack.conftest import Slack

SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 2900}}


async def test_an_unknown_method_is_refused(slack: Slack) -> None:
    assert (await slack.api("chat.shout"))["error"] == "unknown_method"


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({}, "not_authed"),
        ({"Authorization": "Bearer xoxb-stolen"}, "invalid_auth"),
        ({"Authorization": f"Bearer {APP_TOKEN}"}, "not_allowed_token_type"),
    ],
)
async def test_a_wrong_token_is_refused(slack: Slack, headers: dict[str, str], error: str) -> None:
    response = await slack.http.post("/api/auth.test", headers=headers)
    assert response.json() == {"ok": False, "error": error}


async def test_a_socket_is_not_opened_with_the_bots_token(slack: Slack) -> None:
    assert (await slack.api("apps.connections.open"))["error"] == "not_allowed_token_type"


async def test_a_missing_scope_is_named(tmp_path: Path) -> None:
    source = Path(__file__).parents[3] / "manifest.yml"
    document: Any = yaml.safe_load(source.read_text(encoding="utf-8"))
    document["oauth_config"]["scopes"]["bot"] = ["commands"]
    (tmp_path / "manifest.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
    headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
    async with serving(seeded(tmp_path / "manifest.yml")) as url, httpx.AsyncClient(base_url=url) as http:
        response = await http.post("/api/chat.postMessage", json={"channel": "C0ONCALL"}, headers=headers)
    assert response.headers["x-oauth-scopes"] == "commands"
    assert response.json() == {"ok": False, "error": "missing_scope", "needed": "chat:write", "provided": "commands"}


async def test_a_mistyped_argument_is_refused(slack: Slack) -> None:
    answer = await slack.api("chat.postMessage", channel=ON_CALL.id, text="x", threadts="1")
    assert answer["response_metadata"]["messages"] == ["[ERROR] unsupported argument: threadts"]


async def test_a_missing_argument_is_named(slack: Slack) -> None:
    answer = await slack.api("chat.postMessage", text="x")
    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == ["[ERROR] missing required field: channel"]


@pytest.mark.parametrize(
    ("content", "content_type", "error"),
    [
        (b"{", "application/json", "invalid_json"),
        (b"[]", "application/json", "json_not_object"),
        (b"<x/>", "application/xml", "invalid_post_type"),
    ],
)
async def test_an_unreadable_body_is_refused(slack: Slack, content: bytes, content_type: str, error: str) -> None:
    headers = {"Authorization": f"Bearer {BOT_TOKEN}", "Content-Type": content_type}
    response = await slack.http.post("/api/auth.test", content=content, headers=headers)
    assert response.json()["error"] == error


async def test_a_form_carries_blocks_as_json_and_the_token_as_a_field(slack: Slack) -> None:
    form = {"token": BOT_TOKEN, "channel": ON_CALL.id, "text": "form", "blocks": json.dumps([{"type": "divider"}])}
    assert (await slack.http.post("/api/chat.postMessage", data=form)).json()["ok"] is True
    assert (await slack.said("form"))["blocks"][0]["type"] == "divider"


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("C0NOWHERE", "channel_not_found"),
        ("C0LEGAL", "channel_not_found"),  # private, and the app is not in it
        ("#finance", "not_in_channel"),
        ("C0ARCHIVED", "is_archived"),
    ],
)
async def test_where_the_app_may_not_post(slack: Slack, channel: str, error: str) -> None:
    assert (await slack.api("chat.postMessage", channel=channel, text="x"))["error"] == error
    assert (await slack.api("chat.postEphemeral", channel=channel, user=DANA.id, text="x"))["error"] == error


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ({}, "no_text"),
        ({"blocks": []}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"blocks": {"type": "divider"}}, "invalid_blocks_format"),
        ({"blocks": "[{"}, "invalid_blocks_format"),
        ({"blocks": [SECTION] * 5}, "msg_blocks_too_long"),
        ({"text": "x", "thread_ts": "1.000001"}, "cannot_reply_to_message"),
        ({"text": "x", "metadata": "{"}, "invalid_metadata_format"),
        ({"text": "x", "metadata": {"event_type": "job"}}, "invalid_metadata_schema"),
        (
            {"text": "x", "metadata": {"event_type": "job", "event_payload": {"x": "x" * 20_000}}},
            "metadata_too_large",
        ),
    ],
)
async def test_what_cannot_be_posted(slack: Slack, said: dict[str, Any], error: str) -> None:
    assert (await slack.api("chat.postMessage", channel=ON_CALL.id, **said))["error"] == error


async def test_invalid_blocks_are_explained(slack: Slack) -> None:
    blocks = [{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}}]
    answer = await slack.api("chat.postMessage", channel=ON_CALL.id, text="x", blocks=blocks)
    assert answer["error"] == "invalid_blocks"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] failed to match all allowed schemas [json-pointer:/blocks/0/text]",
        "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]",
    ]


async def test_the_longest_text_is_accepted(slack: Slack) -> None:
    assert (await slack.api("chat.postMessage", channel=ON_CALL.id, text="x" * 40_000))["ok"] is True


async def test_a_reply_keeps_its_thread(slack: Slack) -> None:
    parent = await slack.api("chat.postMessage", channel=ON_CALL.id, text="parent")
    await slack.api("chat.postMessage", channel=ON_CALL.id, text="reply", thread_ts=parent["ts"])
    assert (await slack.said("reply"))["thread_ts"] == parent["ts"]


async def test_only_own_messages_that_everybody_sees_can_be_changed(slack: Slack) -> None:
    posted = await slack.api("chat.postMessage", channel=ON_CALL.id, text="mine")
    hidden = await slack.api("chat.postEphemeral", channel=ON_CALL.id, user=DANA.id, text="psst")
    theirs = next(each for each in await slack.seen() if each["user"] == DANA.id)

    async def errors(ts: str, text: str = "x") -> list[Any]:
        updated = await slack.api("chat.update", channel=ON_CALL.id, ts=ts, text=text)
        deleted = await slack.api("chat.delete", channel=ON_CALL.id, ts=ts)
        return [updated.get("error"), deleted.get("error")]

    assert await errors("1.000001") == ["message_not_found", "message_not_found"]
    assert await errors(hidden["message_ts"]) == ["message_not_found", "message_not_found"]
    assert await errors(theirs["ts"]) == ["cant_update_message", "cant_delete_message"]
    assert await errors(posted["ts"], "x" * 4001) == ["msg_too_long", None]


async def test_an_update_keeps_the_blocks_unless_it_brings_others(slack: Slack) -> None:
    posted = await slack.api("chat.postMessage", channel=ON_CALL.id, text="a", blocks=[{"type": "divider"}])
    await slack.api("chat.update", channel=ON_CALL.id, ts=posted["ts"], text="b")
    assert len((await slack.said("b"))["blocks"]) == 1
    await slack.api("chat.update", channel=ON_CALL.id, ts=posted["ts"], text="c", blocks=[])
    assert (await slack.said("c"))["blocks"] == []


async def test_a_message_to_a_person_is_a_direct_message(slack: Slack) -> None:
    answer = await slack.api("chat.postMessage", channel=DANA.id, text="for you")
    assert answer["channel"] == "D0DANA"
    state = (await slack.http.get("/ui/state", params={"user": DANA.id})).json()
    assert state["messages"]["D0DANA"][0]["text"] == "for you"
    assert "D0DANA" not in (await slack.http.get("/ui/state", params={"user": LEE.id})).json()["messages"]


async def test_somebody_who_is_not_there_gets_no_ephemeral_message(slack: Slack) -> None:
    answer = await slack.api("chat.postEphemeral", channel=ON_CALL.id, user="U0NOBODY", text="x")
    assert answer["error"] == "user_not_in_channel"


async def test_faults_come_when_ordered_and_as_often(slack: Slack) -> None:
    order = {"method": "chat.postMessage", "error": "ratelimited", "retry_after": 7}
    assert (await slack.http.post("/test/fault", json=order)).json() == {"ok": True}
    await slack.http.post("/test/fault", json={"method": "chat.postMessage", "error": "fatal_error", "times": 2})
    await slack.http.post("/test/fault", json={"method": "chat.postMessage", "status": 503})

    async def post() -> httpx.Response:
        headers = {"Authorization": f"Bearer {BOT_TOKEN}"}
        said = {"channel": ON_CALL.id, "text": "x"}
        return await slack.http.post("/api/chat.postMessage", json=said, headers=headers)

    limited = await post()
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "7")
    assert [(await post()).json()["error"] for _ in range(2)] == ["fatal_error", "fatal_error"]
    assert (await post()).status_code == 503
    assert (await post()).json()["ok"] is True
    calls = (await slack.http.get("/test/calls")).json()
    assert [call["error"] for call in calls] == ["ratelimited", "fatal_error", "fatal_error", "http_503", None]
    assert BOT_TOKEN not in json.dumps(calls)


async def test_a_mistyped_fault_is_refused(slack: Slack) -> None:
    response = await slack.http.post("/test/fault", json={"methods": "chat.postMessage"})
    assert response.status_code == 400


async def test_timestamps_grow_even_when_the_clock_stands_still(slack: Slack) -> None:
    slack.workspace.messages.post(ON_CALL.id, DANA.id, Content("again"))
    stamps = [float(each["ts"]) for each in await slack.seen()]
    assert stamps == sorted(set(stamps))
