"""Channels are archived, made private, and left by the app: the page, and the app's errors."""

from typing import Any

import pytest

from sandbox.slack.workspace.seed import ON_CALL
from tests.sandbox.slack.conftest import Slack


async def refusal(slack: Slack, channel: str = ON_CALL.id) -> str | None:
    return (await slack.api("chat.postMessage", channel=channel, text="x")).get("error")


@pytest.mark.parametrize(
    ("change", "error", "line", "subtype"),
    [
        ({"archived": True}, "is_archived", "archived the channel", "channel_archive"),
        ({"bot_member": False}, "not_in_channel", "was removed from the channel by <@U0DANA>", "channel_leave"),
        ({"private": True}, None, "made this channel private", "channel_convert_to_private"),
        (
            {"private": True, "bot_member": False},
            "channel_not_found",
            "was removed from the channel by <@U0DANA>",
            "group_leave",
        ),
    ],
)
async def test_a_channel_changes_and_changes_back(
    slack: Slack, change: dict[str, bool], error: str | None, line: str, subtype: str
) -> None:
    answer = await slack.hook("channel", channel=ON_CALL.id, **change)
    assert {key: answer["channel"][key] for key in change} == change
    assert await refusal(slack) == error
    told = await slack.said(line)
    assert (told["subtype"], told["bot"]) == (subtype, False)
    await slack.hook("channel", channel="#on-call", user="U0LEE", **{key: not value for key, value in change.items()})
    assert await refusal(slack) is None


async def test_people_change_it_on_the_page(slack: Slack) -> None:
    await slack.ui("channel", channel=ON_CALL.id, archived=True)
    assert await refusal(slack) == "is_archived"
    await slack.ui("channel", channel=ON_CALL.id, archived=False)
    await slack.ui("channel", channel=ON_CALL.id, bot_member=False)
    assert await refusal(slack) == "not_in_channel"
    await slack.ui("channel", channel=ON_CALL.id, bot_member=True)
    assert await refusal(slack) is None
    lines = [each["text"] for each in await slack.seen() if each["subtype"]]
    assert lines == [
        "archived the channel",
        "un-archived the channel",
        "was removed from the channel by <@U0DANA>",
        "was added to the channel by <@U0DANA>",
    ]


async def test_an_existing_trait_is_not_announced(slack: Slack) -> None:
    await slack.hook("channel", channel=ON_CALL.id, archived=False, bot_member=True)
    assert [each for each in await slack.seen() if each["subtype"]] == []


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"channel": "C0NOWHERE", "archived": True}, "channel_not_found"),
        ({"channel": "C0ONCALL", "archived": True, "user": "U0NOBODY"}, "user_not_found"),
        ({"channel": "D0DANA", "archived": True}, "method_not_supported_for_channel_type"),
    ],
)
async def test_impossible_changes_of_a_channel(slack: Slack, body: dict[str, Any], error: str) -> None:
    response = await slack.http.post("/test/channel", json=body)
    assert (response.status_code, response.json()["error"]) == (400, error)
