"""The app's error handler, and forged payloads: each gets an answer."""

import json
import re

import pytest

from bot.domain.button_payloads import PICK_SERVICE, PICK_STATE, SELECTS, CommandPayload
from bot.store.redis.connection import RedisLink
from sandbox.slack.workspace.credentials import BOT_TOKEN
from sandbox.slack.workspace.faults import Fault
from tests.bot.memory import InMemory
from tests.desk import DANA, ON_CALL, Desk, Json, lost

TOO_OLD = "This button has expired"
SECRET = "hunter2"


class TestErrors:
    async def test_a_mistyped_command(self, desk: Desk):
        answer = await desk.command("lst")
        assert "Did you mean `/jobs list`" in answer.text
        assert desk.log.getvalue() == ""

    async def test_a_button_whose_data_has_expired(self, desk: Desk):
        answer = await desk.action(action_id="run:next", value=CommandPayload(key="gone").encode())
        assert TOO_OLD in answer.text
        assert answer.buttons() == ["List jobs"]

    async def test_a_button_that_needs_redis_during_an_outage(self, desk: Desk, nowhere: RedisLink, provider: InMemory):
        answer = await (await lost(desk, nowhere, provider)).action(
            action_id="run:next", value=CommandPayload(key="k").encode()
        )
        assert "Callboard's database (Redis) is unavailable" in answer.text

    async def test_a_short_button_works_without_redis(self, desk: Desk, nowhere: RedisLink, provider: InMemory):
        answer = await (await lost(desk, nowhere, provider)).action(action_id="open:details", value='{"text":"list"}')
        assert "job-0000" in answer.text

    async def test_our_own_errors_have_a_reference_to_the_log(self, desk: Desk, provider: InMemory):
        def bug(_: int) -> None:
            password = SECRET
            raise ZeroDivisionError(f"token=xoxb-{password} at https://host/?Signature={password}")

        provider.trouble = bug
        answer = await desk.command("list")
        reference = re.search(r"Reference: `([0-9a-f]{8})`", answer.text)
        assert reference
        assert "ZeroDivisionError" not in answer.text
        record = json.loads(desk.log.getvalue())
        assert (record["event"], record["reference"], record["kind"]) == ("unexpected error", reference[1], "command")
        assert "ZeroDivisionError" in record["exception"]
        assert SECRET not in f"{answer.text}{record}"
        assert BOT_TOKEN not in desk.log.getvalue()

    @pytest.mark.parametrize("gone", [True, False])
    async def test_an_answer_that_slack_refuses_is_logged(self, desk: Desk, *, gone: bool):
        url = f"{desk.slack}/response/T1/nonsense" if gone else "http://127.0.0.1:1/response/T1/nonsense"
        assert await desk.hand({"command": "/jobs", "text": "lst"}, url) == 200
        await desk.until(lambda: "not delivered" in desk.log.getvalue())
        assert json.loads(desk.log.getvalue())["level"] == "warning"

    async def test_a_refused_answer_is_reported_as_our_error(self, desk: Desk):
        desk.workspace.faults.order(Fault(method="response_url", error="invalid_blocks"))
        answer = await desk.command("list")
        assert "Something went wrong on our side" in answer.text
        assert "NotDelivered" in desk.log.getvalue()

    @pytest.mark.parametrize("fault", [{"status": 500}, {"error": "ratelimited", "retry_after": 0}, {"status": 503}])
    async def test_an_answer_is_retried_after_an_outage_of_slack(self, desk: Desk, fault: Json):
        desk.workspace.faults.order(Fault.model_validate({"method": "response_url", **fault}))
        answer = await desk.command("list")
        assert "job-0000" in answer.text
        assert [call.error for call in desk.workspace.calls if call.method == "response_url"][-1] is None
        assert desk.log.getvalue() == ""

    @pytest.mark.parametrize("fault", [{"error": "expired_url"}, {"error": "used_url"}, {"drop": True, "times": 9}])
    async def test_an_answer_with_an_expired_url_is_sent_as_an_ephemeral_message(self, desk: Desk, fault: Json):
        desk.workspace.faults.order(Fault.model_validate({"method": "response_url", **fault}))
        answer = await desk.command("list")
        assert "job-0000" in answer.text
        assert answer.json["ephemeral"]
        assert [call.method for call in desk.workspace.calls][-1] == "chat.postEphemeral"

    async def test_outside_the_channel_it_is_sent_as_a_direct_message(self, desk: Desk):
        desk.workspace.channels[ON_CALL].bot_member = False
        desk.workspace.faults.order(Fault(method="response_url", error="expired_url"))
        await desk.hand({"command": "/jobs", "text": "list", "user_id": DANA, "channel_id": ON_CALL})
        await desk.dana.hears("job-0000", channel="D0DANA")


class TestForged:
    VALUES = (
        None,
        5,
        {"text": "list"},
        "",
        "list",
        "null",
        "[]",
        "[" * 100_000,
        "x" * 100_000,
        '{"v":2,"text":"list"}',
        '{"v":1,"text":5}',
        '{"v":1,"text":"list","offset":-1}',
        '{"v":1,"text":"list","offset":"many"}',
        f'{{"v":1,"text":"list","offset":{"9" * 5000}}}',
        '{"v":1,"text":"list","more":true}',
        '{"v":1,"text":"list","shared_by":"<!channel>"}',
        '{"v":1,"key":"../../etc"}',
    )

    @pytest.mark.parametrize(
        "action_id", ["run:x", "open:x", "share:x", "raw:x", "refresh", "seek", "restore", "see-all", "see-all:next"]
    )
    async def test_a_foreign_value(self, desk: Desk, action_id: str):
        for value in self.VALUES:
            assert TOO_OLD in (await desk.action(action_id=action_id, value=value)).text, value
        assert TOO_OLD in (await desk.action(action_id=action_id)).text
        assert desk.log.getvalue() == ""

    @pytest.mark.parametrize("action_id", ["run:x", "open:x", "share:x", "raw:x", "refresh", "seek"])
    async def test_an_unknown_command(self, desk: Desk, action_id: str):
        answer = await desk.action(action_id=action_id, value='{"text":"rm -rf"}')
        assert "Unknown word" in answer.text

    @pytest.mark.parametrize("action_id", ["seek", "restore", "see-all", "see-all:next"])
    async def test_a_command_of_another_button(self, desk: Desk, action_id: str):
        assert TOO_OLD in (await desk.action(action_id=action_id, value='{"text":"list"}')).text

    async def test_a_click_outside_of_channels(self, desk: Desk):
        seen = len(await desk.dana.sees())
        await desk.hand({**desk.acted(action_id="open:x", value='{"text":"list"}'), "channel": None})
        await desk.until(lambda: any(call.method == "response_url" for call in desk.workspace.calls))
        assert TOO_OLD in (await desk.dana.sees())[seen].text

    @pytest.mark.parametrize("action_id", ["open:x", "raw:x", "subscribe"])
    async def test_a_click_in_a_view_is_answered_in_a_modal(self, desk: Desk, action_id: str):
        clicked = {**desk.acted(action_id=action_id, value="x"), "channel": None, "container": {"view_id": "V1"}}
        view = {"id": "V1", "type": "home"}
        assert await desk.modal({**clicked, "view": view}, until=TOO_OLD)

    async def test_an_offset_far_beyond_the_end(self, desk: Desk):
        answer = await desk.action(action_id="open:x", value=f'{{"text":"list","offset":{10**30}}}')
        assert "No jobs on this page" in answer.text

    @pytest.mark.parametrize("action_id", [PICK_STATE, PICK_SERVICE])
    @pytest.mark.parametrize(
        "option", [None, "list", {}, {"value": 5}, {"value": None}, {"value": "no such"}, {"value": "x" * 100_000}]
    )
    async def test_an_unknown_option(self, desk: Desk, action_id: str, option: object):
        block_id = f"{SELECTS}{CommandPayload(text='list').encode()}"
        answer = await desk.action(action_id=action_id, block_id=block_id, selected_option=option)
        assert any(words in answer.text for words in (TOO_OLD, "Unknown word", "isn't valid", "too long"))

    async def test_a_select_without_its_command(self, desk: Desk):
        answer = await desk.action(action_id=PICK_STATE, block_id="nonsense", selected_option={"value": "failed"})
        assert TOO_OLD in answer.text

    async def test_a_button_of_an_older_callboard(self, desk: Desk):
        assert TOO_OLD in (await desk.action(action_id="something:else", value="x")).text

    async def test_raw_without_a_job(self, desk: Desk):
        await desk.hand(desk.acted(action_id="raw:x", value='{"text":"list"}'))
        await desk.until(lambda: any(call.method == "views.update" for call in desk.workspace.calls))
        assert desk.log.getvalue() == ""


class TestRaw:
    @pytest.mark.parametrize("refused", ["not_found", "hash_conflict"])
    async def test_a_modal_that_was_closed_is_no_error(self, desk: Desk, refused: str):
        desk.workspace.faults.order(Fault(method="views.update", error=refused))
        await desk.hand(desk.acted(action_id="raw:x", value='{"text":"show acme/video/job-0000"}'))
        await desk.until(lambda: any(call.method == "views.update" for call in desk.workspace.calls))
        assert TOO_OLD in (await desk.action(action_id="old")).text  # answered after the modal's own requests
        assert not any("wrong on our side" in answer.text for answer in await desk.dana.sees())


class TestSnooze:
    @pytest.mark.parametrize("action_id", ["snooze", "unsnooze"])
    @pytest.mark.parametrize("payload", ["", "nonsense", '{"v":1,"text":"list"}', '{"v":1,"card":"<!channel>"}'])
    async def test_an_unknown_option(self, desk: Desk, action_id: str, payload: str):
        answer = await desk.action(
            action_id=action_id, block_id=f"{SELECTS}{payload}", value=payload, selected_option={"value": "1h"}
        )
        assert TOO_OLD in answer.text

    @pytest.mark.parametrize("option", [None, {"value": "for ever"}])
    async def test_an_invalid_duration_of_the_rest(self, desk: Desk, option: object):
        block_id = f"{SELECTS}{CommandPayload(card='c1').encode()}"
        assert TOO_OLD in (await desk.action(action_id="snooze", block_id=block_id, selected_option=option)).text

    async def test_a_card_that_is_long_over(self, desk: Desk):
        block_id = f"{SELECTS}{CommandPayload(card='c1').encode()}"
        answer = await desk.action(action_id="snooze", block_id=block_id, selected_option={"value": "morning"})
        assert "nothing to snooze" in answer.text
