"""People read their answer even if its own destination no longer exists."""

import pytest

from bot.domain.button_payloads import LOOK_UP, SUBSCRIBE, CommandPayload
from sandbox.slack.workspace.faults import Fault
from tests.desk import DANA, Desk, Json
from tests.scenarios.person import Answer, until

DIRECT = "D0DANA"
TOO_OLD, NO_PLACE = "This button has expired", "Slack no longer lets me reply there"
MODAL: Json = {"type": "modal", "title": {"type": "plain_text", "text": "Old"}, "blocks": []}


async def said_directly(desk: Desk) -> Answer:
    async def said() -> bool:
        return bool(await desk.dana.sees(DIRECT))

    await until(said)
    [answer] = await desk.dana.sees(DIRECT)
    return answer


async def test_a_form_that_does_not_know_where_it_was_opened(desk: Desk):
    view = desk.workspace.modals.push(DANA, MODAL)
    jobs = {"jobs": {"jobs": {"value": "acme/video/job-0000"}}}
    shown = {**MODAL, "id": view.id, "hash": view.hash, "callback_id": SUBSCRIBE, "state": {"values": jobs}}
    assert await desk.hand({"type": "view_submission", "user": {"id": DANA}, "view": shown}, "") == 200
    assert TOO_OLD in (await said_directly(desk)).text


async def test_an_option_that_is_not_offered_in_a_form(desk: Desk):
    view = desk.workspace.modals.push(DANA, MODAL)
    values = {"jobs": {"x": {"value": "acme/video/job-0000"}}, "to": {"x": {"selected_option": {"value": "mars"}}}}
    shown = {**MODAL, "id": view.id, "hash": view.hash, "callback_id": SUBSCRIBE, "state": {"values": values}}
    assert await desk.hand({"type": "view_submission", "user": {"id": DANA}, "view": shown}, "") == 200
    assert TOO_OLD in (await said_directly(desk)).text
    assert desk.log.getvalue() == ""


async def test_an_unknown_form(desk: Desk):
    view = desk.workspace.modals.push(DANA, MODAL)
    shown = {**MODAL, "id": view.id, "hash": view.hash, "callback_id": "of-another-callboard"}
    assert await desk.hand({"type": "view_submission", "user": {"id": DANA}, "view": shown}, "") == 200


@pytest.mark.parametrize("kind", ["shortcut", "message_action"])
async def test_an_unknown_shortcut(desk: Desk, kind: str):
    payload = {"type": kind, "callback_id": "of-another-callboard", "user": {"id": DANA}}
    await desk.modal(payload, until=TOO_OLD)


async def test_an_old_button_in_the_home_tab(desk: Desk):
    click = desk.acted(action_id="of-another-callboard") | {"view": {"id": "V1", "type": "home"}}
    await desk.modal(click, until=TOO_OLD)


async def test_a_click_whose_trigger_is_too_old(desk: Desk):
    click = {
        **desk.acted(action_id="raw:x", value=CommandPayload(text="show acme/video/job-0000").encode()),
        "trigger_id": "1.2.3",
    }
    assert NO_PLACE in (await desk.answers(click)).text


async def test_an_answer_whose_response_url_is_used_up(desk: Desk):
    desk.workspace.faults.order(Fault(method="response_url", error="used_url", times=2))
    await desk.hand({"command": "/jobs", "text": "help", "channel_id": "C0ONCALL"})
    assert (await desk.dana.hears("/jobs list", ephemeral=True)).json["ephemeral"]
    assert desk.log.getvalue().count("sending it another way") == 1


async def test_a_mention_that_was_deleted_before_its_answer_came(desk: Desk):
    event = {"type": "app_mention", "user": DANA, "channel": "C0ONCALL", "ts": "1.5", "text": "help"}
    await desk.hand({"type": "event_callback", "event_id": "Ev1", "event": event}, "")
    await desk.until(lambda: "not delivered" in desk.log.getvalue())
    assert "unexpected" not in desk.log.getvalue()


@pytest.mark.parametrize("event", [{"type": "link_shared"}, {"type": "app_mention"}, {"type": "app_home_opened"}])
async def test_an_event_that_says_nothing_is_passed_over(desk: Desk, event: dict[str, str]):
    assert await desk.hand({"type": "event_callback", "event_id": "Ev1", "event": event}, "") == 200
    await desk.hand({"type": "message_action", "callback_id": LOOK_UP, "trigger_id": "1"})  # answered after it
    assert desk.log.getvalue() == ""
