"""The Web API's errors, for raw requests of a careless client."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.slack.server import serving
from sandbox.slack.workspace.credentials import APP_TOKEN, BOT_TOKEN
from sandbox.slack.workspace.model import Content
from sandbox.slack.workspace.seed import DANA, LEE, ON_CALL, seeded
from tests.sandbox.manifest import manifest_document, write_manifest
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
    document = manifest_document()
    document["oauth_config"]["scopes"]["bot"] = ["commands"]
    write_manifest(document, tmp_path / "manifest.yml")
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
async def test_where_the_app_cannot_post(slack: Slack, channel: str, error: str) -> None:
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
        ({"text": "x", "metadata": {"event_type": "job", "event_payload": "{}"}}, "invalid_metadata_schema"),
        ({"text": "x", "metadata": {}}, "invalid_metadata_schema"),
        ({"text": "x", "reply_broadcast": True}, "invalid_arguments"),
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


async def test_only_own_visible_messages_can_be_changed(slack: Slack) -> None:
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


async def test_an_update_with_only_text_removes_the_blocks(slack: Slack) -> None:
    ts = await slack.post("a", blocks=[{"type": "divider"}])
    await slack.api("chat.update", channel=ON_CALL.id, ts=ts, text="b", blocks=[{"type": "divider"}] * 2)
    assert len((await slack.said("b"))["blocks"]) == 2
    await slack.api("chat.update", channel=ON_CALL.id, ts=ts, metadata={"event_type": "x", "event_payload": {}})
    assert len((await slack.said(""))["blocks"]) == 2
    await slack.api("chat.update", channel=ON_CALL.id, ts=ts, text="c")
    assert (await slack.said("c"))["blocks"] == []


async def test_a_message_in_an_archived_channel_cannot_be_changed(slack: Slack) -> None:
    ts = await slack.post("a")
    await slack.hook("channel", channel=ON_CALL.id, archived=True)
    assert (await slack.api("chat.update", channel=ON_CALL.id, ts=ts, text="b"))["error"] == "is_inactive"


async def test_a_direct_message_has_its_own_id(slack: Slack) -> None:
    ts = await slack.post("for you", channel=DANA.id)
    assert (await slack.api("chat.postMessage", channel="D0DANA", text="more"))["channel"] == "D0DANA"
    by_person = await slack.api("chat.update", channel=DANA.id, ts=ts, text="x")
    assert by_person["error"] == "channel_not_found"
    assert (await slack.api("chat.update", channel="D0DANA", ts=ts, text="x"))["ok"] is True
    assert [each["text"] for each in await slack.seen(channel=DANA.id)] == ["x", "more"]


@pytest.mark.parametrize("method", ["chat.postMessage", "conversations.open"])
async def test_bots_get_no_direct_messages(slack: Slack, method: str) -> None:
    arguments = {"users": "U0ALERTS"} if method == "conversations.open" else {"channel": "U0ALERTS", "text": "x"}
    assert (await slack.api(method, **arguments))["error"] == "cannot_dm_bot"


async def test_a_permalink_leads_to_the_channel(slack: Slack) -> None:
    ts = await slack.post("look")
    reply = await slack.post("closer", thread_ts=ts)
    link = await slack.api("chat.getPermalink", channel=ON_CALL.id, message_ts=ts)
    assert link == {
        "ok": True,
        "channel": ON_CALL.id,
        "permalink": f"http://slack.test/archives/{ON_CALL.id}/p{ts.replace('.', '')}",
    }
    assert (await slack.http.get(link["permalink"])).headers["location"] == f"/#{ON_CALL.id}"
    link = await slack.api("chat.getPermalink", channel=ON_CALL.id, message_ts=reply)
    assert link["permalink"].endswith(f"?thread_ts={ts}&cid={ON_CALL.id}")
    lost = await slack.api("chat.getPermalink", channel=ON_CALL.id, message_ts="1.000001")
    assert lost["error"] == "message_not_found"


async def test_a_message_to_a_person_is_a_direct_message(slack: Slack) -> None:
    answer = await slack.api("chat.postMessage", channel=DANA.id, text="for you")
    assert answer["channel"] == "D0DANA"
    state = (await slack.http.get("/ui/state", params={"user": DANA.id})).json()
    assert state["messages"]["D0DANA"][0]["text"] == "for you"
    assert "D0DANA" not in (await slack.http.get("/ui/state", params={"user": LEE.id})).json()["messages"]


async def test_an_absent_person_gets_no_ephemeral_message(slack: Slack) -> None:
    answer = await slack.api("chat.postEphemeral", channel=ON_CALL.id, user="U0NOBODY", text="x")
    assert answer["error"] == "user_not_in_channel"


async def test_timestamps_grow_even_when_the_clock_stops(slack: Slack) -> None:
    slack.workspace.messages.post(ON_CALL.id, DANA.id, Content("again"))
    stamps = [float(each["ts"]) for each in await slack.seen()]
    assert stamps == sorted(set(stamps))
