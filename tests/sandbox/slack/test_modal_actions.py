"""Clicks inside modals, and every response action of a submission."""

from typing import Any

import pytest

from sandbox.slack.delivery.delivery import NotAcknowledgedError
from sandbox.slack.workspace.seed import DANA, LEE
from tests.sandbox.slack.conftest import Slack
from tests.sandbox.slack.recorder import Recorder


def label(text: str) -> Any:
    return {"type": "plain_text", "text": text}


def option(value: str) -> Any:
    return {"text": label(value), "value": value}


def modal(title: str = "x", **more: Any) -> Any:
    return {"type": "modal", "title": label(title), "submit": label("Go"), "blocks": BLOCKS, **more}


BLOCKS: Any = [
    {
        "type": "actions",
        "block_id": "row",
        "elements": [
            {"type": "static_select", "action_id": "state", "options": [option("failed"), option("running")]},
            {"type": "users_select", "action_id": "who", "initial_user": DANA.id},
            {"type": "datepicker", "action_id": "day"},
            {"type": "button", "action_id": "go", "text": label("Go"), "value": "v"},
        ],
    },
    {
        "type": "section",
        "block_id": "boxes",
        "text": label("x"),
        "accessory": {"type": "checkboxes", "action_id": "box", "options": [option("a"), option("b")]},
    },
]


async def opened(slack: Slack, view: Any) -> str:
    trigger_id = slack.workspace.grants.trigger(DANA.id)
    return (await slack.api("views.open", trigger_id=trigger_id, view=view))["view"]["id"]


async def test_a_click_in_a_modal_carries_the_view_and_every_value_in_it(slack: Slack, app: Recorder) -> None:
    view_id = await opened(slack, modal())
    form = {
        "row": {"state": {"selected_option": {"value": "failed"}}, "day": {"value": "2026-11-20"}},
        "boxes": {"box": {"selected_options": ["b"]}},
    }
    await slack.ui("action", view_id=view_id, block_id="row", action_id="go", state_values=form)
    payload = app.payloads[0]
    assert payload["container"] == {"type": "view", "view_id": view_id}
    assert payload["actions"][0]["value"] == "v"
    values = payload["view"]["state"]["values"]
    assert values["row"]["state"]["selected_option"]["text"]["text"] == "failed"
    assert values["row"]["who"]["selected_user"] == DANA.id
    assert values["row"]["day"]["selected_date"] == "2026-11-20"
    assert [each["value"] for each in values["boxes"]["box"]["selected_options"]] == ["b"]
    assert slack.workspace.grants.exchange(payload["trigger_id"]) == DANA.id
    assert "response_url" not in payload


@pytest.mark.parametrize(
    ("answer", "titles"),
    [
        (None, []),
        ({"response_action": "clear"}, []),
        ({"response_action": "update", "view": modal("next")}, ["next"]),
        ({"response_action": "push", "view": modal("next")}, ["first", "next"]),
        ({"response_action": "errors", "errors": {"row": "no"}}, ["first"]),
    ],
)
async def test_a_submission_does_what_its_acknowledgement_says(
    slack: Slack, app: Recorder, answer: Any, titles: list[str]
) -> None:
    app.answer = answer
    await slack.ui("view_submit", view_id=await opened(slack, modal("first")))
    assert app.payloads[0]["type"] == "view_submission"
    assert [view["title"]["text"] for view in await slack.views()] == titles


@pytest.mark.parametrize(
    "answer",
    [{"response_action": "update", "view": {"type": "modal"}}, {"response_action": "explode"}],
)
async def test_an_invalid_acknowledgement_keeps_the_modal_and_shows_a_notice(
    slack: Slack, app: Recorder, answer: Any
) -> None:
    app.answer = answer
    await slack.ui("view_submit", view_id=await opened(slack, modal("first")))
    await slack.noticed("We had some trouble connecting")
    assert len(await slack.views()) == 1


async def test_a_modal_without_a_submit_button_cannot_be_submitted(slack: Slack, app: Recorder) -> None:
    view = modal()
    del view["submit"]
    response = await slack.ui("view_submit", view_id=await opened(slack, view))
    assert (response.status_code, app.payloads) == (400, [])


async def test_closing_a_modal_can_close_them_all_and_is_sent_only_on_request(slack: Slack, app: Recorder) -> None:
    await opened(slack, modal())
    top = modal(clear_on_close=True, notify_on_close=True)
    pushed = await slack.api("views.push", trigger_id=slack.workspace.grants.trigger(DANA.id), view=top)
    await slack.ui("view_close", view_id=pushed["view"]["id"])
    assert await slack.views() == []
    assert [(each["type"], each["is_cleared"]) for each in app.payloads] == [("view_closed", True)]


async def test_a_view_can_come_as_json(slack: Slack) -> None:
    trigger_id = slack.workspace.grants.trigger(DANA.id)
    answer = await slack.api("views.open", trigger_id=trigger_id, view="{")
    assert answer["response_metadata"]["messages"] == ["[ERROR] must provide an object [json-pointer:/view]"]


def field(element: Any, **more: Any) -> Any:
    return {"type": "input", "block_id": "in", "label": label("x"), "element": {"action_id": "it", **element}, **more}


TEXT = {"type": "plain_text_input", "min_length": 3, "max_length": 5}
CHOICES = {"type": "multi_static_select", "options": [option("a"), option("b")], "max_selected_items": 1}


@pytest.mark.parametrize(
    ("block", "value", "error"),
    [
        (field(TEXT), {}, "required field"),
        (field(TEXT), {"value": "ab"}, "at least 3"),
        (field(TEXT), {"value": "abcdef"}, "at most 5"),
        (field(TEXT), {"value": "abcd"}, None),
        (field(TEXT, optional=True), {}, None),
        (field(CHOICES), {}, "required field"),
        (field(CHOICES), {"selected_options": ["a", "b"]}, "at most 1"),
        (field({"type": "checkboxes", "options": [option("a")]}), {"selected_options": ["a"]}, None),
        (field({"type": "radio_buttons", "options": [option("a")]}), {}, "required field"),
        (field({"type": "multi_users_select", "max_selected_items": 2}), {"selected_users": [DANA.id]}, None),
        (field({"type": "channels_select"}), {"selected_channel": "C0ONCALL"}, None),
        (field({"type": "datepicker"}), {"selected_date": "2026-11-20"}, None),
    ],
)
async def test_a_form_is_checked_before_it_is_sent(
    slack: Slack, app: Recorder, block: Any, value: Any, error: str | None
) -> None:
    view_id = await opened(slack, modal(blocks=[block]))
    await slack.ui("view_submit", view_id=view_id, state_values={"in": {"it": value}})
    if error:
        assert error in (await slack.views())[0]["errors"]["in"]
        assert app.payloads == []
    else:
        sent = app.payloads[0]["view"]["state"]["values"]["in"]["it"]
        assert sent["type"] == block["element"]["type"]


async def test_a_form_starts_with_its_conversation(slack: Slack, app: Recorder) -> None:
    place = {"type": "conversations_select", "default_to_current_conversation": True, "response_url_enabled": True}
    await slack.ui("shortcut", callback_id="find", channel="C0MEDIA")
    view = modal(blocks=[field(place)])
    shown = await slack.api("views.open", trigger_id=app.payloads[0]["trigger_id"], view=view)
    assert (await slack.views())[0]["channel"] == "C0MEDIA"
    await slack.ui("view_submit", view_id=shown["view"]["id"])
    submitted = app.payloads[1]
    assert submitted["view"]["state"]["values"]["in"]["it"]["selected_conversation"] == "C0MEDIA"
    [url] = submitted["response_urls"]
    assert (url["block_id"], url["action_id"], url["channel_id"]) == ("in", "it", "C0MEDIA")
    await slack.http.post(url["response_url"], json={"text": "here"})
    assert await slack.said("here", channel="C0MEDIA")


async def test_errors_are_about_inputs_of_the_view(slack: Slack, app: Recorder) -> None:
    app.answer = {"response_action": "errors", "errors": {"elsewhere": "no"}}
    await slack.ui("view_submit", view_id=await opened(slack, modal(blocks=[field(TEXT, optional=True)])))
    await slack.noticed("invalid_response_errors")


async def test_an_external_select_offers_what_the_app_suggests(slack: Slack, app: Recorder) -> None:
    view_id = await opened(slack, modal(blocks=[field({"type": "external_select"})]))
    menu = {"view_id": view_id, "block_id": "in", "action_id": "it"}
    app.answer = {"options": [option("job 7")]}
    suggested = (await slack.ui("suggest", **menu, value="jo")).json()
    assert suggested == {"ok": True, "options": [option("job 7")]}
    asked = app.payloads[0]
    assert (asked["type"], asked["value"], asked["view"]["id"]) == ("block_suggestion", "jo", view_id)
    app.answer = None
    form = {"in": {"it": {"selected_option": {"value": "forged"}}}}
    refused = await slack.ui("view_submit", view_id=view_id, state_values=form)
    assert refused.json()["error"] == "no_such_option"
    form["in"]["it"]["selected_option"]["value"] = "job 7"
    await slack.ui("view_submit", view_id=view_id, state_values=form)
    assert app.payloads[-1]["view"]["state"]["values"]["in"]["it"]["selected_option"] == option("job 7")


async def test_a_suggestion_can_fail(slack: Slack, app: Recorder) -> None:
    view_id = await opened(slack, modal(blocks=[field({"type": "external_select"})]))
    menu = {"view_id": view_id, "block_id": "in", "action_id": "it", "value": "x"}
    app.answer = {"options": [{"text": "bare", "value": "x"}]}
    assert (await slack.ui("suggest", **menu)).json()["error"] == "invalid_options"
    app.fails.append(NotAcknowledgedError())
    assert (await slack.ui("suggest", **menu)).json()["error"] == "operation_timeout"
    assert (await slack.ui("suggest", view_id=view_id)).json()["error"] == "invalid_arguments"
    theirs = {**menu, "user": LEE.id}
    assert (await slack.ui("suggest", **theirs)).json()["error"] == "not_found"


async def test_a_card_under_a_link_can_be_used(slack: Slack, app: Recorder) -> None:
    await slack.type("https://console.example/1")
    said = (await slack.seen())[-1]
    card = {"blocks": [{"type": "actions", "block_id": "row", "elements": BLOCKS[0]["elements"][3:]}]}
    where = {"channel": said["channel"], "ts": said["ts"]}
    await slack.api("chat.unfurl", unfurls={"https://console.example/1": card}, **where)
    click = {"channel": said["channel"], "message_ts": said["ts"], "block_id": "row", "action_id": "go"}
    assert (await slack.ui("action", **click)).json()["error"] == "no_such_element"
    await slack.ui("action", **click, attachment_id=1)
    payload = app.payloads[-1]
    assert payload["container"]["type"] == "message_attachment"
    assert payload["container"]["app_unfurl_url"] == payload["app_unfurl"]["from_url"] == "https://console.example/1"
    assert "message" not in payload
