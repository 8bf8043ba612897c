"""Slack's message events: repeated, from anyone, in every conversation."""

from typing import Any

import pytest

from bot.store.redis.connection import RedisLink
from handlers.slack.unfurls import media_of
from tests.bot.memory import InMemory
from tests.desk import DANA, ON_CALL, Desk, lost

DIRECT = "D0DANA"
MEDIA = "30e5d7000000000000bd900764de7c01"


def told(kind: str, event_id: str = "Ev1", **event: Any) -> dict[str, Any]:
    """Return the payload of an event, as Slack documents it."""
    said = {"type": kind, "user": DANA, "ts": "1.2", "channel": ON_CALL, "event_ts": "1.2", **event}
    return {"type": "event_callback", "event_id": event_id, "event_time": 1, "api_app_id": "A1", "event": said}


def mention(event_id: str = "Ev1", **event: Any) -> dict[str, Any]:
    return told("app_mention", event_id, text="<@U0CALLBOARD> help", ts="1.2", **event)


async def answers(desk: Desk, *payloads: dict[str, Any]) -> int:
    """Return how many messages the bot posts for these payloads."""
    for payload in payloads:
        assert await desk.hand(payload, "") == 200
    await desk.under_way.nothing()
    return sum(call.method == "chat.postMessage" for call in desk.workspace.calls)


async def test_a_repeated_event_is_answered_once(desk: Desk):
    root = desk.says("root")
    again = mention("Ev1", thread_ts=root)
    assert await answers(desk, again, again, again, mention("Ev2", thread_ts=root)) == 2


async def test_bots_changes_and_other_conversations_are_not_answered(desk: Desk):
    said = {"text": "help", "channel": DIRECT, "channel_type": "im"}
    assert await answers(
        desk,
        mention("Ev1", bot_id="B1"),
        told("message", "Ev2", **said, bot_id="B1", subtype="bot_message"),
        told("message", "Ev3", **said, subtype="message_changed"),
        told("message", "Ev4", **said | {"user": "U0CALLBOARD"}),
        told("message", "Ev5", **said | {"channel": ON_CALL, "channel_type": "channel"}),
        told("message", "Ev6", **said | {"user": None}),
    ) == 0  # fmt: skip
    assert desk.log.getvalue() == ""


async def test_a_direct_message_is_answered(desk: Desk):
    assert await answers(desk, told("message", text="help", channel=DIRECT, channel_type="im")) == 1


async def test_without_redis_it_is_answered_all_the_same(desk: Desk, nowhere: RedisLink, provider: InMemory):
    assert await answers(await lost(desk, nowhere, provider), mention(thread_ts=desk.says("root"))) == 1


@pytest.mark.parametrize("links", [[], [{"url": "https://vod.console.aliyun.com/#/media/video/list", "domain": "x"}]])
async def test_links_of_which_nothing_is_known_stay_as_they_are(desk: Desk, links: list[Any], provider: InMemory):
    shared = told("link_shared", links=links, unfurl_id="C1-1.2-x", source="conversations_history", message_ts="1.2")
    assert await answers(desk, shared) == 0
    assert provider.asked == []


@pytest.mark.parametrize(
    ("url", "media"),
    [
        (f"https://vod.console.aliyun.com/?a=1&amp;b#/media/video/detail/{MEDIA}/video", MEDIA),
        (f"https://vod.console.alibabacloud.com/#/media/video/detail/{MEDIA}/video", MEDIA),
        (f"https://vod.console.aliyun.com/#/jobs/{MEDIA}", None),
        (f"https://elsewhere.example/#/media/video/detail/{MEDIA}/video", None),
        ("https://vod.console.aliyun.com/", None),
    ],
)
def test_which_links_show_a_media(url: str, media: str | None):
    found = media_of(url)
    assert (found and found.id) == media
