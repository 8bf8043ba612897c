"""A subscription is never lost in silence: where Slack takes nothing, its owner is told and can restore it."""

import pytest

from tests.scenarios.conftest import Stage

pytestmark = pytest.mark.usefixtures("quick")


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


async def test_a_deleted_card_does_not_swallow_the_end(stage: Stage):
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
    monkeypatch.setattr("bot.posting.RIPE_S", 0.5)
    job = stage.scene.job()
    await stage.dana.types(f"/jobs subscribe {job.id}")
    card = await stage.dana.hears("Subscribed by")
    await stage.dana.page.post("/test/fault", json={"method": "chat.postMessage", **fault})
    stage.world.end(job.id, "succeeded")
    await stage.dana.hears("Succeeded", thread_ts=card.ts)
    assert (await stage.dana.hears("Succeeded", thread_ts=None)).ts == card.ts
    assert len([answer for answer in await stage.dana.sees() if answer.json["thread_ts"]]) == 1
