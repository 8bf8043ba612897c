"""Modals: their limits, their triggers, their stack."""

from typing import Any

import pytest

from sandbox.slack.workspace.seed import DANA, LEE
from tests.sandbox.slack.conftest import Slack

DIVIDER = {"type": "divider"}
INPUT = {
    "type": "input",
    "label": {"type": "plain_text", "text": "x"},
    "element": {"type": "plain_text_input"},
}


def plain(length: int) -> dict[str, str]:
    return {"type": "plain_text", "text": "x" * length}


def modal(**more: Any) -> dict[str, Any]:
    return {"type": "modal", "title": plain(5), "blocks": [DIVIDER], **more}


async def open_view(slack: Slack, view: Any, method: str = "views.open") -> Any:
    return await slack.api(method, trigger_id=slack.workspace.grants.trigger(DANA.id), view=view)


@pytest.mark.parametrize(
    ("within", "beyond", "problem"),
    [
        (
            {"title": plain(24)},
            {"title": plain(25)},
            "must be less than 25 characters [json-pointer:/view/title/text]",
        ),
        (
            {"submit": plain(24)},
            {"submit": plain(25)},
            "must be less than 25 characters [json-pointer:/view/submit/text]",
        ),
        ({"close": plain(24)}, {"close": plain(25)}, "must be less than 25 characters [json-pointer:/view/close/text]"),
        (
            {"private_metadata": "x" * 3000},
            {"private_metadata": "x" * 3001},
            "must be less than 3001 characters [json-pointer:/view/private_metadata]",
        ),
        (
            {"callback_id": "x" * 255},
            {"callback_id": "x" * 256},
            "must be less than 256 characters [json-pointer:/view/callback_id]",
        ),
        (
            {"blocks": [DIVIDER] * 100},
            {"blocks": [DIVIDER] * 101},
            "no more than 100 items allowed [json-pointer:/view/blocks]",
        ),
        (
            {"blocks": [INPUT], "submit": plain(1)},
            {"blocks": [INPUT]},
            "must define `submit` to use an `input` block in modals [json-pointer:/view/blocks/0/input]",
        ),
        (
            {},
            {"blocks": [{"type": "markdown", "text": "x"}]},
            "unsupported type: markdown [json-pointer:/view/blocks/0/type]",
        ),
        ({}, {"type": "home", "title": None}, "invalid additional property: title [json-pointer:/view]"),
    ],
)
async def test_limits(slack: Slack, within: dict[str, Any], beyond: dict[str, Any], problem: str) -> None:
    assert (await open_view(slack, modal(**within)))["ok"] is True
    answer = await open_view(slack, modal(**beyond))
    assert answer["error"] == "invalid_arguments"
    assert f"[ERROR] {problem}" in answer["response_metadata"]["messages"]


async def test_a_view_has_at_most_250_kb(slack: Slack) -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3000}}
    assert (await open_view(slack, modal(blocks=[section] * 84)))["error"] == "view_too_large"


async def test_a_trigger_works_once_for_three_seconds(slack: Slack) -> None:
    grants = slack.workspace.grants
    late, used = grants.trigger(DANA.id), grants.trigger(DANA.id)
    assert (await slack.api("views.open", trigger_id=used, view=modal()))["ok"] is True
    assert (await slack.api("views.open", trigger_id=used, view=modal()))["error"] == "exchanged_trigger_id"
    assert (await slack.api("views.open", trigger_id="1.2.3", view=modal()))["error"] == "invalid_trigger_id"
    slack.clock.now += 3
    assert (await slack.api("views.open", trigger_id=late, view=modal()))["error"] == "expired_trigger_id"


async def test_three_modals_stack_and_closing_shows_the_one_below(slack: Slack) -> None:
    bottom = await open_view(slack, modal())
    middle = await open_view(slack, modal(), "views.push")
    top = await open_view(slack, modal(), "views.push")
    assert (await open_view(slack, modal(), "views.push"))["error"] == "push_limit_reached"
    assert top["view"]["previous_view_id"] == middle["view"]["id"]
    assert top["view"]["root_view_id"] == bottom["view"]["id"]
    await slack.ui("view_close", view_id=top["view"]["id"])
    assert [view["id"] for view in await slack.views()] == [bottom["view"]["id"], middle["view"]["id"]]


async def test_an_update_with_an_old_hash_changes_nothing(slack: Slack) -> None:
    opened = (await open_view(slack, modal()))["view"]
    first = await slack.api("views.update", view_id=opened["id"], hash=opened["hash"], view=modal(title=plain(3)))
    second = await slack.api("views.update", view_id=opened["id"], hash=opened["hash"], view=modal(title=plain(4)))
    assert (first["ok"], second["error"]) == (True, "hash_conflict")
    assert (await slack.views())[0]["title"]["text"] == "xxx"


async def test_a_view_is_found_by_external_id_or_not_at_all(slack: Slack) -> None:
    await open_view(slack, modal(external_id="raw"))
    assert (await slack.api("views.update", external_id="raw", view=modal()))["ok"] is True
    assert (await slack.api("views.update", view_id="V0", view=modal()))["error"] == "not_found"


async def test_an_external_id_names_one_view(slack: Slack) -> None:
    opened = await open_view(slack, modal(external_id="raw"))
    assert (await open_view(slack, modal(external_id="raw"), "views.push"))["error"] == "duplicate_external_id"
    again = await slack.api("views.update", view_id=opened["view"]["id"], view=modal(external_id="raw"))
    assert again["ok"] is True


async def test_a_home_tab_is_published_and_replaced(slack: Slack) -> None:
    home = {"type": "home", "blocks": [DIVIDER]}
    first = await slack.api("views.publish", user_id=LEE.id, view=home)
    again = await slack.api("views.publish", user_id=LEE.id, view=home, hash=first["view"]["hash"])
    assert again["view"]["id"] == first["view"]["id"]
    assert (await slack.api("views.publish", user_id=LEE.id, view=modal()))["error"] == "invalid_arguments"
