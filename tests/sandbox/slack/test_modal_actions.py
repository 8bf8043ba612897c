"""Clicks inside modals, and everything that the acknowledgement of a submission may ask for."""

from typing import Any

import pytest

from sandbox.slack.seed import DANA
from tests.sandbox.slack.conftest import Slack
from tests.sandbox.slack.recorder import Recorder


def label(text: str) -> Any:
    return {"type": "plain_text", "text": text}


def option(value: str) -> Any:
    return {"text": label(value), "value": value}


def modal(title: str = "x", **more: Any) -> Any:
    return {"type": "modal", "title": label(title), "submit": label("Go"), "blocks": BLOCKS, **more}


BLOCKS = [
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
async def test_a_senseless_acknowledgement_keeps_the_modal_and_tells_the_user(
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


async def test_closing_a_modal_may_close_them_all_and_is_told_only_when_asked(slack: Slack, app: Recorder) -> None:
    await opened(slack, modal())
    top = modal(clear_on_close=True, notify_on_close=True)
    pushed = await slack.api("views.push", trigger_id=slack.workspace.grants.trigger(DANA.id), view=top)
    await slack.ui("view_close", view_id=pushed["view"]["id"])
    assert await slack.views() == []
    assert [(each["type"], each["is_cleared"]) for each in app.payloads] == [("view_closed", True)]


async def test_a_view_may_come_as_json(slack: Slack) -> None:
    trigger_id = slack.workspace.grants.trigger(DANA.id)
    answer = await slack.api("views.open", trigger_id=trigger_id, view="{")
    assert answer["response_metadata"]["messages"] == ["[ERROR] must provide an object [json-pointer:/view]"]
