"""Messages as the app reads them back: pages, threads, metadata, scopes."""

from typing import Any

import pytest

from sandbox.slack.workspace.model import Content, Json
from sandbox.slack.workspace.seed import DANA, GENERAL, ON_CALL
from tests.sandbox.slack.conftest import ALL_SCOPES, HISTORY, Slack

JOB = {"event_type": "card", "event_payload": {"key": "a1"}}


async def history(slack: Slack, channel: str = GENERAL.id, **more: Any) -> Json:
    return await slack.api("conversations.history", channel=channel, **more)


async def replies(slack: Slack, ts: str, **more: Any) -> Json:
    return await slack.api("conversations.replies", channel=GENERAL.id, ts=ts, **more)


def texts(answer: Json) -> list[str]:
    return [message["text"] for message in answer["messages"]]


async def talk(slack: Slack, count: int) -> list[str]:
    return [await slack.post(f"m{number}", GENERAL.id) for number in range(count)]


async def test_the_newest_comes_first_and_ephemeral_messages_never(slack: Slack) -> None:
    await talk(slack, 3)
    await slack.api("chat.postEphemeral", channel=GENERAL.id, user=DANA.id, text="psst")
    answer = await history(slack)
    assert texts(answer) == ["m2", "m1", "m0"]
    assert answer["has_more"] is False
    assert "response_metadata" not in answer
    first = answer["messages"][0]
    assert (first["type"], first["user"], first["bot_id"]) == ("message", "U0CALLBOARD", "B0CALLBOARD")


async def test_pages_hold_every_message_once_despite_new_ones(slack: Slack) -> None:
    await talk(slack, 5)
    answer = await history(slack, limit=2)
    pages = [texts(answer)]
    while answer["has_more"]:
        await slack.post("meanwhile", GENERAL.id)
        answer = await history(slack, limit=2, cursor=answer["response_metadata"]["next_cursor"])
        pages.append(texts(answer))
    assert pages == [["m4", "m3"], ["m2", "m1"], ["m0"]]


@pytest.mark.parametrize(
    ("oldest", "latest", "inclusive", "expected"),
    [
        (1, 3, False, ["m2"]),
        (1, 3, True, ["m3", "m2", "m1"]),
        (3, None, False, ["m4"]),
        (None, 1, False, ["m0"]),
    ],
)
async def test_a_time_range(
    slack: Slack, oldest: int | None, latest: int | None, *, inclusive: bool, expected: list[str]
) -> None:
    stamps = await talk(slack, 5)
    ends = {"oldest": oldest, "latest": latest}
    between = {name: stamps[place] for name, place in ends.items() if place is not None}
    assert texts(await history(slack, inclusive=inclusive, **between)) == expected


async def test_replies_are_in_the_thread_and_only_broadcast_ones_in_the_channel(slack: Slack) -> None:
    parent = await slack.post("card", GENERAL.id)
    await slack.post("one", GENERAL.id, thread_ts=parent)
    shout = await slack.post("two", GENERAL.id, thread_ts=parent, reply_broadcast=True)
    slack.workspace.messages.post(GENERAL.id, DANA.id, Content("three"), thread_ts=parent)
    answer = await history(slack)
    assert texts(answer) == ["two", "card"]
    broadcast, card = answer["messages"]
    assert (broadcast["subtype"], broadcast["thread_ts"]) == ("thread_broadcast", parent)
    assert (card["thread_ts"], card["reply_count"], card["reply_users"]) == (parent, 3, ["U0CALLBOARD", DANA.id])
    assert card["latest_reply"] > shout
    answer = await replies(slack, parent)
    assert texts(answer) == ["card", "one", "two", "three"]
    assert answer["messages"][1]["parent_user_id"] == "U0CALLBOARD"


async def test_a_reply_to_a_reply_is_one_to_its_parent(slack: Slack) -> None:
    parent = await slack.post("card", GENERAL.id)
    reply = await slack.post("one", GENERAL.id, thread_ts=parent)
    await slack.post("two", GENERAL.id, thread_ts=reply)
    assert texts(await replies(slack, reply)) == ["card", "one", "two"]


async def test_a_thread_in_pages(slack: Slack) -> None:
    parent = await slack.post("card", GENERAL.id)
    stamps = [await slack.post(f"r{number}", GENERAL.id, thread_ts=parent) for number in range(4)]
    answer = await replies(slack, parent, limit=3)
    assert texts(answer) == ["card", "r0", "r1"]
    more = answer["response_metadata"]["next_cursor"]
    assert texts(await replies(slack, parent, limit=3, cursor=more)) == ["r2", "r3"]
    assert texts(await replies(slack, parent, oldest=stamps[1])) == ["card", "r2", "r3"]
    assert texts(await replies(slack, parent, oldest=stamps[1], inclusive=True, latest=stamps[2])) == [
        "card",
        "r1",
        "r2",
    ]


async def test_a_reply_can_be_broadcast_later(slack: Slack) -> None:
    parent = await slack.post("card", GENERAL.id)
    reply = await slack.post("one", GENERAL.id, thread_ts=parent)

    async def broadcast(ts: str, **more: Any) -> str | None:
        where = {"channel": GENERAL.id, "ts": ts, "reply_broadcast": True}
        return (await slack.api("chat.update", **where, **more)).get("error")

    assert await broadcast(parent) == "cant_broadcast_message"
    assert await broadcast(reply, text="two") == "no_dual_broadcast_content_update"
    assert texts(await history(slack)) == ["card"]
    assert await broadcast(reply) is None
    assert texts(await history(slack)) == ["one", "card"]


async def test_metadata_is_returned_on_request(slack: Slack) -> None:
    ts = await slack.post("card", GENERAL.id, metadata=JOB)
    assert "metadata" not in (await history(slack))["messages"][0]
    assert (await history(slack, include_all_metadata=True))["messages"][0]["metadata"] == JOB
    assert (await slack.seen(channel=GENERAL.id))[0]["metadata"] == JOB
    await slack.api("chat.update", channel=GENERAL.id, ts=ts, text="kept")
    assert (await history(slack, include_all_metadata=True))["messages"][0]["metadata"] == JOB
    await slack.api("chat.update", channel=GENERAL.id, ts=ts, text="removed", metadata={})
    assert "metadata" not in (await history(slack, include_all_metadata=True))["messages"][0]


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"channel": "C0NOWHERE"}, "channel_not_found"),
        ({"channel": "C0LEGAL"}, "channel_not_found"),
        ({"channel": "U0DANA"}, "channel_not_found"),
        ({"channel": "C0FINANCE"}, "not_in_channel"),
        ({"oldest": "yesterday"}, "invalid_ts_oldest"),
        ({"latest": "NaN"}, "invalid_ts_latest"),
        ({"cursor": "%"}, "invalid_cursor"),
        ({"cursor": "bmV4dA=="}, "invalid_cursor"),
        ({"limit": 1000}, "invalid_arguments"),
        ({"limit": 0}, "invalid_arguments"),
    ],
)
async def test_what_cannot_be_read(slack: Slack, asked: dict[str, Any], error: str) -> None:
    assert (await history(slack, **{"channel": GENERAL.id, **asked}))["error"] == error


async def test_a_missing_thread(slack: Slack) -> None:
    assert (await replies(slack, "1.000001"))["error"] == "thread_not_found"


async def test_an_archived_channel_can_still_be_read(slack: Slack) -> None:
    assert texts(await history(slack, "C0ARCHIVED")) == ["We moved to <#C0GENERAL|general>."]


class TestScopes:
    @pytest.fixture(params=HISTORY)
    def missing(self, request: pytest.FixtureRequest) -> str:
        return request.param

    @pytest.fixture
    def scopes(self, missing: str) -> list[str]:
        return [scope for scope in ALL_SCOPES if scope != missing]

    async def test_each_type_of_conversation_needs_its_own(self, slack: Slack, missing: str) -> None:
        await slack.hook("channel", channel=ON_CALL.id, private=True)
        places = {"channels:history": GENERAL.id, "groups:history": ON_CALL.id, "im:history": "D0DANA"}
        for scope, channel in places.items():
            answer = await history(slack, channel)
            assert answer.get("error") == ("missing_scope" if scope == missing else None)
            assert answer.get("needed") == (missing if scope == missing else None)
