"""Shortcuts: offered as the manifest declares them, delivered as Slack delivers them."""

from typing import Any

import pytest

from sandbox.slack.delivery.delivery import NotAcknowledgedError
from sandbox.slack.workspace.seed import ALERTS, DANA, LEE, MEDIA, ON_CALL
from tests.sandbox.slack.conftest import MENUS, Slack
from tests.sandbox.slack.recorder import Recorder


async def menu(slack: Slack, message: Any, callback_id: str = "look_up") -> Any:
    return await slack.ui("shortcut", callback_id=callback_id, channel=message["channel"], message_ts=message["ts"])


async def test_the_page_lists_them(slack: Slack, app: Recorder) -> None:
    state = (await slack.http.get("/ui/state", params={"user": DANA.id})).json()
    assert state["shortcuts"] == MENUS


async def test_a_messages_shortcut_contains_the_message_as_its_author_wrote_it(slack: Slack, app: Recorder) -> None:
    said = await slack.hook("say", user=LEE.id, channel=ON_CALL.id, text="see `abc` &amp; <https://x.test/?a=1&amp;b>")
    await menu(slack, said)
    payload = app.payloads[-1]
    assert (payload["type"], payload["callback_id"], payload["message_ts"]) == ("message_action", "look_up", said["ts"])
    assert payload["channel"] == {"id": ON_CALL.id, "name": "on-call"}
    assert payload["user"]["id"] == DANA.id
    assert payload["message"]["user"] == LEE.id
    assert payload["message"]["text"] == "see `abc` &amp; <https://x.test/?a=1&amp;b>"
    assert payload["message"]["blocks"][0]["elements"] == [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "see "},
                {"type": "text", "text": "abc", "style": {"code": True}},
                {"type": "text", "text": " & "},
                {"type": "link", "url": "https://x.test/?a=1&b"},
            ],
        }
    ]
    assert "api_app_id" not in payload
    answered = await slack.http.post(payload["response_url"].removeprefix(app.origin), json={"text": "found"})
    assert answered.text == "ok"
    assert (await slack.said("found"))["ephemeral"] is True
    assert slack.workspace.grants.exchange(payload["trigger_id"]) == DANA.id


async def test_an_alert_is_passed_on_with_its_attachments_and_blocks(slack: Slack, app: Recorder) -> None:
    alerts = [each for each in await slack.seen(channel=MEDIA.id) if each["user"] == ALERTS.id]
    for alert in alerts:
        await menu(slack, alert)
    attached, blocks = (payload["message"] for payload in app.payloads[-2:])
    assert (attached["bot_id"], attached["text"]) == ("B0ALERTS", "")
    assert "5c9dff751ba000000000059d50a967f6" in attached["attachments"][0]["text"]
    assert "8d4ae7c1000000000000f2b90c61e3a5" in blocks["blocks"][1]["text"]["text"]


async def test_the_apps_own_messages_and_replies_have_the_menu_too(slack: Slack, app: Recorder) -> None:
    ts = await slack.post("card")
    responder = await slack.post("reply", thread_ts=ts)
    await menu(slack, {"channel": ON_CALL.id, "ts": responder})
    message = app.payloads[-1]["message"]
    assert (message["bot_id"], message["thread_ts"]) == ("B0CALLBOARD", ts)


async def test_an_ephemeral_message_has_no_menu(slack: Slack, app: Recorder) -> None:
    hidden = await slack.api("chat.postEphemeral", channel=ON_CALL.id, user=DANA.id, text="psst")
    refused = await menu(slack, {"channel": ON_CALL.id, "ts": hidden["message_ts"]})
    assert (refused.status_code, refused.json()["error"]) == (400, "message_not_found")
    await slack.api("chat.postMessage", channel=LEE.id, text="for lee")
    theirs = (await slack.seen(LEE.id, channel=LEE.id))[-1]
    assert (await menu(slack, theirs)).json()["error"] == "message_not_found"
    assert app.payloads == []


async def test_a_global_shortcut_has_no_conversation(slack: Slack, app: Recorder) -> None:
    await slack.ui("shortcut", callback_id="find", channel=ON_CALL.id)
    payload = app.payloads[-1]
    assert (payload["type"], payload["callback_id"]) == ("shortcut", "find")
    assert {"channel", "response_url", "message", "api_app_id"} & set(payload) == set()
    assert slack.workspace.grants.exchange(payload["trigger_id"]) == DANA.id


@pytest.mark.parametrize("where", [{}, {"channel": "C0ONCALL", "message_ts": "any"}])
async def test_an_undeclared_shortcut_cannot_be_used(slack: Slack, app: Recorder, where: dict[str, str]) -> None:
    where = where and {**where, "message_ts": await slack.post("x")}
    wrong = "find" if where else "look_up"  # each exists, of the other kind
    assert (await slack.ui("shortcut", callback_id=wrong, **where)).json()["error"] == "no_such_shortcut"


async def test_an_unacknowledged_shortcut_shows_a_notice(slack: Slack, app: Recorder) -> None:
    app.fails.append(NotAcknowledgedError())
    await slack.ui("shortcut", callback_id="find", channel=ON_CALL.id)
    await slack.noticed("operation_timeout")
