"""Repeated and late events: Slack's Delayed Events arrive for up to 24 hours."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from bot.domain.errors import StoreUnavailable
from bot.slack_app.deduplication import acting_once, happened_at
from bot.store import Store
from bot.store.redis.connection import RedisLink
from tests.bot.memory import NOW, InMemory, services
from tests.desk import Desk, lost
from tests.handlers.slack.test_messages import DIRECT, MEDIA, answers, told

Json = dict[str, Any]
DAY_S, HOUR_S = 86_400, 3_600
NOW_S = int(NOW.timestamp())
SAID: Json = {"text": "help", "channel": DIRECT, "channel_type": "im"}
LINK: Json = {
    "links": [{"url": f"https://vod.console.aliyun.com/#/media/video/detail/{MEDIA}/video"}],
    "unfurl_id": "C1-1.2-x",
    "source": "conversations_history",
}
ACTS: dict[str, Json] = {
    "app_mention": {"text": "<@U0CALLBOARD> help"},
    "message": SAID,
    "app_uninstalled": {},
    "tokens_revoked": {"tokens": {"bot": ["U0CALLBOARD"]}},
}
SHOWS: dict[str, Json] = {"app_home_opened": {"tab": "home"}, "link_shared": LINK}
UNREADABLE: list[Json] = [{}, {"event_time": None}, {"event_time": "now"}, {"event_time": True}, {"event_time": -1}]
ENDLESS: Json = {"event_time": 10**30}


def event_payload(kind: str, at: int = NOW_S, **event: Any) -> Json:
    return {**told(kind, **event), "event_time": at}


def at_odd_time(payload: Json, odd: Json) -> Json:
    return {name: value for name, value in payload.items() if name != "event_time"} | odd


async def remembered_s(link: RedisLink) -> list[int]:
    """Return how many seconds each accepted event is remembered."""
    return [await link.execute("TTL", name) for name in await link.execute("KEYS", "callboard:event:*")]


async def shown(desk: Desk, link: RedisLink, payload: Json) -> bool:
    """Whether the bot accepts an event that only shows something."""
    assert await desk.hand(payload, "") == 200
    await desk.under_way.nothing()
    published = any(call.method == "views.publish" for call in desk.workspace.calls)
    taken = bool(await remembered_s(link))
    assert published == (taken and payload["event"]["type"] == "app_home_opened")
    return taken


@pytest.mark.parametrize(("kind", "event"), ACTS.items(), ids=ACTS)
async def test_an_event_that_acts_is_remembered_for_longer_than_slack_sends_it(
    desk: Desk, link: RedisLink, kind: str, event: Json
):
    await answers(desk, event_payload(kind, **event))
    (seconds,) = await remembered_s(link)
    assert DAY_S < seconds <= DAY_S + HOUR_S


@pytest.mark.parametrize(("kind", "event"), SHOWS.items(), ids=SHOWS)
async def test_an_event_that_only_shows_something_is_remembered_for_an_hour(
    desk: Desk, link: RedisLink, kind: str, event: Json
):
    assert await shown(desk, link, event_payload(kind, NOW_S - HOUR_S + 60, **event))
    (seconds,) = await remembered_s(link)
    assert 0 < seconds <= HOUR_S


@pytest.mark.parametrize(("kind", "event"), SHOWS.items(), ids=SHOWS)
async def test_and_ignored_when_it_is_older_than_that(desk: Desk, link: RedisLink, kind: str, event: Json):
    assert not await shown(desk, link, event_payload(kind, NOW_S - HOUR_S - 60, **event))
    assert await remembered_s(link) == []
    assert desk.log.getvalue() == ""


@pytest.mark.parametrize("odd", [*UNREADABLE, ENDLESS, {"event_time": NOW_S + DAY_S}], ids=range(7))
async def test_one_at_an_odd_time_is_new(desk: Desk, link: RedisLink, odd: Json):
    assert await shown(desk, link, at_odd_time(event_payload("app_home_opened", tab="home"), odd))


async def test_an_old_mention_is_answered_all_the_same(desk: Desk):
    late = event_payload("app_mention", NOW_S - DAY_S, text="<@U0CALLBOARD> help", thread_ts=desk.says("root"))
    assert await answers(desk, late, late) == 1


@pytest.mark.parametrize(("kind", "event"), list(ACTS.items())[2:], ids=list(ACTS)[2:])
async def test_a_farewell_is_taken_once(desk: Desk, kind: str, event: Json):
    await answers(desk, event_payload(kind, **event), event_payload(kind, **event))
    assert desk.log.getvalue().count("app token revoked by workspace") == 1


@pytest.mark.parametrize("odd", [{}, ENDLESS], ids=str)
@pytest.mark.parametrize(("kind", "event"), list(ACTS.items())[2:], ids=list(ACTS)[2:])
async def test_a_farewell_at_an_odd_time_is_one_of_now(desk: Desk, kind: str, event: Json, odd: Json, store: Store):
    farewell = at_odd_time(event_payload(kind, **event), odd)
    await answers(desk, farewell)
    assert desk.log.getvalue().count("app token revoked by workspace") == 1
    assert happened_at(services(store), farewell) == NOW


async def test_what_failed_is_not_taken(store: Store, link: RedisLink):
    farewell = event_payload("app_uninstalled")
    with suppress(StoreUnavailable):
        async with acting_once(services(store), farewell) as first:
            assert first
            raise StoreUnavailable
    assert await remembered_s(link) == []
    async with acting_once(services(store), farewell) as first:
        assert first
    async with acting_once(services(store), farewell) as first:
        assert not first


async def test_without_redis_an_event_is_taken(desk: Desk, nowhere: RedisLink, provider: InMemory):
    blind = await lost(desk, nowhere, provider)
    assert (
        await answers(blind, event_payload("app_mention", text="<@U0CALLBOARD> help", thread_ts=desk.says("root"))) == 1
    )
    await answers(blind, event_payload("tokens_revoked", tokens={"bot": ["U0CALLBOARD"]}))
    assert "app token revoked by workspace" in desk.log.getvalue()
    assert happened_at(services(Store.over(nowhere)), event_payload("app_uninstalled", NOW_S - 60)) == NOW - timedelta(
        minutes=1
    )
