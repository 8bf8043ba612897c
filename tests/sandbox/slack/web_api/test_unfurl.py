"""chat.unfurl: cards under links, and where they are not allowed."""

from typing import Any

import pytest

from sandbox.slack.workspace.seed import ALERTS, DANA, FINANCE, LEE, ON_CALL
from tests.sandbox.slack.conftest import ALL_SCOPES, Slack, until
from tests.sandbox.slack.recorder import Recorder

URL = "https://console.example/job?a=1&b=2"
CARD = {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": "*ocr* running"}}]}


async def shared(slack: Slack, app: Recorder, channel: str = ON_CALL.id) -> Any:
    """Return the event of a link that dana has just posted."""
    await slack.type(URL, channel=channel)

    async def told() -> Any:
        return next((each for each in app.events if each["type"] == "link_shared"), None)

    return await until(told)


@pytest.mark.parametrize("escaped", [True, False])
@pytest.mark.parametrize("by_id", [True, False])
async def test_a_card_appears_under_the_message(slack: Slack, app: Recorder, *, escaped: bool, by_id: bool) -> None:
    event = await shared(slack, app, FINANCE.id)
    by_unfurl_id = {"unfurl_id": event["unfurl_id"], "source": event["source"]}
    where = by_unfurl_id if by_id else {"channel": event["channel"], "ts": event["message_ts"]}
    url = event["links"][0]["url"] if escaped else URL
    for card in ({"text": "first"}, CARD):  # the second replaces the first
        assert (await slack.api("chat.unfurl", unfurls={url: card}, **where)) == {"ok": True}
    [card] = (await slack.seen(LEE.id, channel=FINANCE.id))[-1]["attachments"]
    assert (card["from_url"], card["is_app_unfurl"], card["id"]) == (URL, True, 1)
    assert card["blocks"][0]["text"]["text"] == "*ocr* running"
    assert card["blocks"][0]["block_id"]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"unfurls": {URL: CARD}}, "missing_channel"),
        ({"unfurls": {URL: CARD}, "channel": ON_CALL.id}, "missing_ts"),
        ({"unfurls": {URL: CARD}, "channel": "C0NOWHERE", "ts": "1.000001"}, "cannot_find_channel"),
        ({"unfurls": {URL: CARD}, "channel": ON_CALL.id, "ts": "1.000001"}, "cannot_find_message"),
        ({"unfurls": {URL: CARD}, "unfurl_id": "x"}, "missing_source"),
        ({"unfurls": {URL: CARD}, "source": "composer"}, "missing_unfurl_id"),
        ({"unfurls": {URL: CARD}, "unfurl_id": "x", "source": "elsewhere"}, "invalid_source"),
        ({"unfurls": {URL: CARD}, "unfurl_id": "x", "source": "composer"}, "invalid_unfurl_id"),
    ],
)
async def test_where_no_card_can_be_shown(slack: Slack, asked: dict[str, Any], error: str) -> None:
    assert (await slack.api("chat.unfurl", **asked))["error"] == error


async def test_nothing_is_shown_under_a_deleted_message(slack: Slack, app: Recorder) -> None:
    event = await shared(slack, app)
    message = slack.workspace.messages.find(event["channel"], event["message_ts"])
    assert message is not None
    slack.workspace.messages.delete(message)
    where = {"unfurl_id": event["unfurl_id"], "source": event["source"]}
    assert (await slack.api("chat.unfurl", unfurls={URL: CARD}, **where))["error"] == "cannot_find_message"


@pytest.mark.parametrize(
    ("unfurls", "error"),
    [
        ({}, "missing_unfurls"),
        ("{", "invalid_unfurls_format"),
        ({URL: "card"}, "invalid_unfurls_format"),
        ({"https://console.example/other": CARD}, "cannot_unfurl_url"),
        ({URL: {"blocks": [{"type": "banner"}]}}, "cannot_parse_attachment"),
    ],
)
async def test_what_cannot_be_shown(slack: Slack, app: Recorder, unfurls: Any, error: str) -> None:
    event = await shared(slack, app)
    where = {"channel": event["channel"], "ts": event["message_ts"]}
    assert (await slack.api("chat.unfurl", unfurls=unfurls, **where))["error"] == error


class TestWithoutTheScope:
    @pytest.fixture
    def scopes(self) -> list[str]:
        return [each for each in ALL_SCOPES if each != "links:write"]

    async def test_it_is_named(self, slack: Slack) -> None:
        assert (await slack.api("chat.unfurl", unfurls={URL: CARD}))["needed"] == "links:write"


@pytest.mark.parametrize(
    ("attachments", "error"),
    [
        ("{", "invalid_attachments"),
        (["x"], "invalid_attachments"),
        ([{"text": "x"}] * 101, "too_many_attachments"),
        ([{"blocks": [{"type": "banner"}]}], "invalid_blocks"),
    ],
)
async def test_attachments_are_checked(slack: Slack, attachments: Any, error: str) -> None:
    answer = await slack.api("chat.postMessage", channel=ON_CALL.id, text="x", attachments=attachments)
    assert answer["error"] == error


async def test_attachments_are_kept_and_need_no_text(slack: Slack) -> None:
    ts = await slack.post("", attachments=[{"text": "one", "color": "#c0392b"}])
    history = await slack.api("conversations.history", channel=ON_CALL.id, limit=1)
    assert history["messages"][0]["attachments"] == [
        {"fallback": "[no preview available]", "text": "one", "color": "#c0392b", "id": 1}
    ]
    await slack.api("chat.update", channel=ON_CALL.id, ts=ts, text="", attachments=[{"text": "two"}])
    assert [each["text"] for each in (await slack.seen())[-1]["attachments"]] == ["two"]


async def test_a_group_lists_its_members(slack: Slack) -> None:
    assert (await slack.api("usergroups.users.list", usergroup="S0ONCALL"))["users"] == [DANA.id, LEE.id]
    assert (await slack.api("usergroups.users.list", usergroup="S0NONE"))["error"] == "no_such_subteam"
    group, *_ = (await slack.api("usergroups.list", include_users=True, include_count=True))["usergroups"]
    assert (group["handle"], group["users"], group["user_count"]) == ("on-call", [DANA.id, LEE.id], 2)
    await slack.type("@on-call please look, @lee too")
    assert await slack.said("<!subteam^S0ONCALL> please look, <@U0LEE> too")


async def test_a_channel_lists_its_members(slack: Slack) -> None:
    members = await slack.api("conversations.members", channel=ON_CALL.id, limit=4)
    assert members["members"] == [DANA.id, LEE.id, "U0SAM", ALERTS.id]
    rest = await slack.api(
        "conversations.members", channel=ON_CALL.id, cursor=members["response_metadata"]["next_cursor"]
    )
    assert rest["members"] == ["U0CALLBOARD"]
    assert (await slack.api("conversations.members", channel="D0DANA"))["members"] == [DANA.id, "U0CALLBOARD"]
    assert "U0CALLBOARD" not in (await slack.api("conversations.members", channel=FINANCE.id))["members"]
    assert (await slack.api("conversations.members", channel=ON_CALL.id, cursor="x"))["error"] == "invalid_cursor"
