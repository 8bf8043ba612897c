"""Redis is emptied under the running bot, which reports it and continues to work."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import httpx
import pytest
from structlog.testing import capture_logs

from bot.background.reconcile import reconcile
from bot.delivery import context
from bot.runtime import database_reset
from bot.store.redis.connection import RedisLink
from bot.subscriptions import lost_card_search
from sandbox.clouds.jobs import Job
from sandbox.slack.workspace.faults import Fault
from tests.scenarios.conftest import Scene, Stage
from tests.scenarios.person import PATIENCE_S, Answer, Person

pytestmark = [pytest.mark.usefixtures("quick", "soon_noticed"), pytest.mark.mode("socket")]

RESET = "Callboard's database was reset on"
HOME = "T0SANDBOX"
T = TypeVar("T")


@pytest.fixture
def soon_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_reset, "CHECK_INTERVAL_S", 0.1)


@pytest.fixture
def unsearched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave old cards as they are."""
    monkeypatch.setattr(lost_card_search, "SHOWN_FOR", timedelta(0))


@pytest.fixture
async def probe(stage: Stage, http_port: int) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{http_port}") as client:
        yield client


async def card(scene: Scene, words: str = "", name: str = "lecture.mp4") -> tuple[Answer, Job]:
    """Subscribe to a new job, and return its card."""
    job = scene.job(name=name)
    await scene.dana.types(f"/jobs subscribe {job.id} {words}")
    answer = await scene.dana.hears(name, ephemeral=False)
    assert answer.says("Subscribed by")
    return answer, job


async def until(look: Callable[[], Awaitable[T | None]]) -> T:
    """Wait until there is a result, and return it."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.02)


async def says(probe: httpx.AsyncClient, path: str, words: str, *, there: bool = True) -> httpx.Response:
    """Wait until a page of the bot has this text, or no longer has it."""

    async def look() -> httpx.Response | None:
        answer = await probe.get(path)
        return answer if (words in answer.text) is there else None

    return await until(look)


async def edited(person: Person, message: Answer, words: str) -> Answer:
    """Wait until a message has this text."""

    async def look() -> Answer | None:
        return next((each for each in await person.sees() if each.ts == message.ts and each.says(words)), None)

    return await until(look)


async def test_an_operator_sees_it_and_new_subscriptions_are_notified(stage: Stage, probe: httpx.AsyncClient):
    with capture_logs() as logs:
        await stage.bot.store.link.execute("FLUSHALL")
        await says(probe, "/readyz", "ok\ndegraded: Callboard's database was reset on")
    assert (await probe.get("/readyz")).status_code == 200
    assert [each["log_level"] for each in logs if "the database was reset" in each["event"]] == ["error"]
    await says(probe, "/metrics", "callboard_database_reset_timestamp_seconds 1.")
    await stage.dana.types(f"/jobs subscribe {stage.scene.job(run_s=1).id} to:here")
    await stage.dana.hears("Succeeded")
    assert RESET in (await stage.dana.types("/jobs subscriptions")).text
    await stage.bot.store.epochs.acknowledge()
    await says(probe, "/readyz", "reset", there=False)
    await says(probe, "/metrics", "callboard_database_reset_timestamp_seconds 0.0")


async def test_old_cards_are_found_and_closed_with_one_notice(stage: Stage):
    old, job = await card(stage.scene, "mention:@lee to:here")
    await card(stage.scene, name="other.mp4")
    await stage.bot.store.link.execute("FLUSHALL")
    notice = await stage.dana.hears("2 cards here are no longer followed")
    assert "<@U0DANA>" in notice.text
    closed = await edited(stage.dana, old, f"*No longer followed*: {RESET}")
    assert closed.says("lecture.mp4")
    await stage.dana.starts("Subscribe again", closed)
    await stage.dana.hears("Each notification mentions <@U0LEE>")
    stage.world.end(job.id, "succeeded")
    ended = await stage.dana.hears("Succeeded", thread_ts=None)
    assert ended.says("lecture.mp4")
    assert ended.ts != old.ts
    assert [each.ts for each in await stage.dana.sees() if each.says("no longer followed")] == [notice.ts]


@pytest.mark.usefixtures("unsearched")
async def test_buttons_of_an_old_card_say_what_happened(stage: Stage):
    old, _ = await card(stage.scene)
    await stage.bot.store.link.execute("FLUSHALL")
    for label in ("Refresh", "Unsubscribe"):
        answer = await stage.lee.clicks(label, old)
        assert answer.says(f"No longer following: {RESET}")
        assert answer.buttons() == ["Subscribe again"]
    await stage.lee.starts_picking("For 1 hour", old)
    await stage.lee.hears("No longer following")
    assert "lecture.mp4" in (await stage.dana.clicks("Details", old)).text
    new = await stage.dana.types(f"/jobs unsubscribe {'0' * 32}")
    assert new.says("is not followed here")
    assert new.says(RESET)


@pytest.mark.usefixtures("unsearched")
async def test_a_suspended_place_of_before_is_not_restored(stage: Stage):
    job = stage.scene.job()
    await stage.dana.types(f"/jobs subscribe {job.id} to:here", "C0MEDIA")
    await stage.dana.hears("Subscribed by", "C0MEDIA")
    await stage.dana.page.post("/test/channel", json={"channel": "C0MEDIA", "archived": True})
    stage.world.end(job.id, "succeeded")
    note = await stage.dana.hears("<#C0MEDIA>", "D0DANA")
    await stage.bot.store.link.execute("FLUSHALL")
    assert (await stage.dana.clicks("Restore", note, "D0DANA")).says(f"No longer following: {RESET}")


@pytest.mark.usefixtures("unsearched")
async def test_a_post_whose_record_is_lost_on_the_way_stays(stage: Stage):
    await stage.dana.page.post("/test/fault", json={"method": "chat.postMessage", "hang_s": 1})
    with capture_logs() as logs:
        asking = asyncio.create_task(stage.dana.types(f"/jobs subscribe {stage.scene.job(name='lecture.mp4').id}"))
        await until(lambda: stage.bot.store.link.execute("KEYS", "*:begun"))
        await stage.bot.store.link.execute("FLUSHALL")
        await stage.dana.hears("Subscribed by")
        await asking
    assert "keeping a post whose record a database reset lost" in [each["event"] for each in logs]
    assert [each.says("lecture.mp4") for each in await stage.dana.sees() if not each.json["ephemeral"]] == [True]


async def test_a_reset_while_no_bot_ran_shows_in_slack(
    scene: Scene, link: RedisLink, http_port: int, monkeypatch: pytest.MonkeyPatch
):
    async with scene.bot():
        old, _ = await card(scene)
    await link.execute("FLUSHALL")
    async with scene.bot(http_port) as bot, httpx.AsyncClient(base_url=f"http://127.0.0.1:{http_port}") as probe:
        assert RESET in (await scene.dana.clicks("Refresh", old)).text
        assert "reset" not in (await probe.get("/readyz")).text
        monkeypatch.setattr(lost_card_search, "SETTLED", timedelta(0))
        await reconcile(bot)
        await edited(scene.dana, old, f"*No longer followed*: {RESET}")
        await says(probe, "/readyz", "degraded: Callboard's database was reset on")


async def test_a_search_that_slack_interrupts_goes_on(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lost_card_search, "RETRY_S", 0.1)
    monkeypatch.setattr(context, "RETRY_S", 0.1)
    old, _ = await card(stage.scene)
    for method in ("conversations.history", "chat.update"):
        for fault in ({"error": "ratelimited", "retry_after": 0.1}, {"status": 503}, {"drop": True}):
            await stage.dana.page.post("/test/fault", json={"method": method, **fault})
    await stage.bot.store.link.execute("FLUSHALL")
    await edited(stage.dana, old, f"*No longer followed*: {RESET}")
    assert len([each for each in await stage.dana.sees() if each.says("A card here is no longer followed")]) == 1


async def test_a_channel_that_cannot_be_read_is_left_out(stage: Stage):
    await card(stage.scene)
    stage.dana.workspace.faults.order(Fault(method="conversations.history", error="missing_scope", times=99))
    with capture_logs() as logs:
        await stage.bot.store.link.execute("FLUSHALL")
        await until(lambda: _searched(stage))
    assert {each["error"] for each in logs if "a search for lost cards" in each["event"]} == {"missing_scope"}


async def _searched(stage: Stage) -> bool:
    epoch = await stage.bot.store.epochs.read()
    return epoch is not None and HOME in await stage.bot.store.epochs.searched(epoch, HOME)
