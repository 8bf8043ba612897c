"""No subscription is lost silently: if Slack accepts no posts, the subscriber is notified and can restore it."""

import asyncio

import pytest

from bot.delivery.dispatcher import deliver
from tests.scenarios.conftest import Stage
from tests.scenarios.person import PATIENCE_S, Answer

pytestmark = [pytest.mark.usefixtures("quick"), pytest.mark.mode("socket")]


async def order(stage: Stage, channel: str, **change: object) -> None:
    (await stage.dana.page.post("/test/channel", json={"channel": channel, **change})).raise_for_status()


@pytest.mark.parametrize("trouble", [{"archived": True}, {"bot_member": False}])
async def test_the_owner_hears_of_it_and_restores_it(stage: Stage, trouble: dict[str, bool]):
    job = stage.scene.job(name="lecture.mp4")
    await stage.dana.types(f"/jobs subscribe {job.id} to:here", "C0MEDIA")
    await stage.dana.hears("Subscribed by", "C0MEDIA")
    await order(stage, "C0MEDIA", **trouble)
    stage.world.end(job.id, "succeeded")
    note = await stage.dana.hears("<#C0MEDIA>", "D0DANA")
    assert note.says("lecture.mp4")
    await order(stage, "C0MEDIA", **{name: not value for name, value in trouble.items()})
    await stage.dana.starts("Restore", note, "D0DANA")
    await stage.dana.hears("Succeeded", "C0MEDIA", broadcast=True)
    notes = [
        each for each in await stage.dana.sees("D0DANA") if each.says("lecture.mp4") and "Restore" in each.buttons()
    ]
    assert len(notes) == 1


async def test_subscribing_where_the_bot_is_no_member_says_what_to_do(stage: Stage):
    job = stage.scene.job()
    answer = await stage.dana.types(f"/jobs subscribe {job.id}", "C0FINANCE")
    assert answer.says("/invite")
    await order(stage, "C0FINANCE", bot_member=True)
    await stage.dana.starts("Restore", answer, "C0FINANCE")
    await stage.dana.hears("Subscribed by", "C0FINANCE")


async def test_a_deleted_card_does_not_swallow_the_final_notification(stage: Stage):
    job = stage.scene.job()
    await stage.dana.types(f"/jobs subscribe {job.id}")
    card = await stage.dana.hears("Subscribed by")
    workspace = stage.dana.workspace
    message = workspace.messages.find("C0ONCALL", card.ts)
    assert message
    workspace.messages.delete(message)
    stage.world.end(job.id, "failed")
    await stage.dana.hears("Failed")


@pytest.mark.parametrize(
    "fault",
    [
        {"error": "ratelimited", "retry_after": 1},
        {"status": 503, "times": 2},
        {"error": "internal_error", "after": True},
        {"status": 500, "after": True},
        {"drop": True, "after": True},
        {"error": "msg_too_long"},
    ],
)
async def test_a_post_that_slack_refuses_or_loses_arrives_once(
    stage: Stage, fault: dict[str, object], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bot.delivery.sender.IN_FLIGHT_TIMEOUT_S", 0.5)
    job = stage.scene.job()
    await stage.dana.types(f"/jobs subscribe {job.id}")
    card = await stage.dana.hears("Subscribed by")
    await stage.dana.page.post("/test/fault", json={"method": "chat.postMessage", **fault})
    stage.world.end(job.id, "succeeded")
    await stage.dana.hears("Succeeded", thread_ts=card.ts)
    assert (await stage.dana.hears("Succeeded", thread_ts=None)).ts == card.ts
    assert len([answer for answer in await stage.dana.sees() if answer.json["thread_ts"]]) == 1


@pytest.mark.parametrize("missing", ["", "im:write"])
async def test_a_direct_message_in_doubt_is_looked_for(stage: Stage, missing: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.delivery.sender.IN_FLIGHT_TIMEOUT_S", 0.5)
    manifest = stage.dana.workspace.manifest
    scopes = tuple(each for each in manifest.scopes if each != missing)
    stage.dana.workspace.manifest = manifest.model_copy(update={"scopes": scopes})
    job = stage.scene.job()
    await stage.dana.types(f"/jobs subscribe {job.id} to:dm")
    card = await stage.dana.hears("Subscribed by", "D0DANA")
    await stage.dana.page.post("/test/fault", json={"method": "chat.postMessage", "status": 500, "after": True})
    stage.world.end(job.id, "succeeded")
    await stage.dana.hears("Succeeded", "D0DANA", thread_ts=card.ts)
    assert (await stage.dana.hears("Succeeded", "D0DANA", thread_ts=None)).ts == card.ts
    assert len([answer for answer in await stage.dana.sees("D0DANA") if answer.json["thread_ts"]]) == 1


async def test_a_late_post_is_deleted_whatever_slack_answers(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.delivery.sender.IN_FLIGHT_TIMEOUT_S", 0.2)
    monkeypatch.setattr("bot.delivery.sender.RETRY_S", 0.1)
    job = stage.scene.job()
    await stage.dana.types(f"/jobs subscribe {job.id}")
    card = await stage.dana.hears("Subscribed by")
    for fault in (
        {"method": "chat.postMessage", "hang_s": 1},
        {"method": "chat.delete", "status": 500},
        {"method": "chat.delete", "drop": True},
    ):
        await stage.dana.page.post("/test/fault", json=fault)
    stage.world.end(job.id, "succeeded")
    with stage.dana.workspace.feed.page("U0DANA") as events:
        while not (told := _replies(await stage.dana.sees(), card)):
            await deliver(stage.bot, "T0SANDBOX/C0ONCALL")  # another worker assumes that the first is dead
        async with asyncio.timeout(PATIENCE_S):
            while (await events.get())["type"] != "message_deleted":
                pass
    assert _replies(await stage.dana.sees(), card) == told


def _replies(answers: list[Answer], card: Answer) -> list[str]:
    return [answer.ts for answer in answers if answer.json["thread_ts"] == card.ts]
