"""A person subscribes to a job and is notified when it changes."""

from datetime import timedelta

import pytest

from tests.scenarios.conftest import Stage

pytestmark = pytest.mark.usefixtures("quick")


async def test_the_card_follows_the_job_and_its_thread_posts_the_finish(stage: Stage):
    job = stage.scene.job(name="lecture.mp4")
    answer = await stage.dana.types(f"/jobs subscribe {job.id}")
    assert answer.has({"ephemeral": True})
    assert answer.says("lecture.mp4")

    card = await stage.lee.hears("Subscribed by <@U0DANA>")
    assert "Running" in card.text
    assert "STARTING" in card.text or "RUNNING" in card.text
    assert (await stage.lee.hears("next check")).ts == card.ts

    stage.world.end(job.id, "succeeded")
    told = await stage.lee.hears("Succeeded", thread_ts=card.ts)
    assert told.has({"broadcast": False})
    over = await stage.lee.hears("Succeeded", thread_ts=None)
    assert over.ts == card.ts
    assert over.buttons() == ["Details"]


async def test_a_failure_is_posted_to_the_channel_with_its_reason(stage: Stage):
    job = stage.scene.job("digital-human")
    await stage.dana.types(f"/jobs subscribe {job.id}")
    stage.world.end(job.id, "failed")
    told = await stage.lee.hears("Failed", broadcast=True)
    failed = await stage.dana.clicks("Details", told)
    assert "Why it failed" in failed.text


async def test_a_cancelled_job_is_posted_as_cancelled(stage: Stage):
    job = stage.scene.job()
    await stage.dana.types(f"/jobs subscribe {job.id}")
    card = await stage.dana.hears("Subscribed by")
    stage.world.end(job.id, "cancelled")
    assert (await stage.dana.hears("Cancelled", thread_ts=card.ts)).says("STOPPED")


@pytest.mark.parametrize(("to", "broadcast"), [("here", True), ("thread", False)])
async def test_the_place_of_the_final_notification_can_be_chosen(stage: Stage, to: str, broadcast: bool):  # noqa: FBT001
    job = stage.scene.job()
    await stage.dana.types(f"/jobs subscribe {job.id} to:{to}")
    card = await stage.dana.hears("Subscribed by")
    stage.world.end(job.id, "failed" if to == "thread" else "succeeded")
    await stage.dana.hears("Failed" if to == "thread" else "Succeeded", thread_ts=card.ts, broadcast=broadcast)


async def test_to_dm_tells_the_subscriber_alone(stage: Stage):
    job = stage.scene.job(name="secret.mp4")
    await stage.dana.types(f"/jobs subscribe {job.id} to:dm")
    await stage.dana.hears("Subscribed by", "D0DANA")
    stage.world.end(job.id, "succeeded")
    await stage.dana.hears("Succeeded", "D0DANA", broadcast=True)
    assert not [answer for answer in await stage.lee.sees() if answer.says("secret.mp4")]


async def test_people_are_mentioned_when_it_ends(stage: Stage):
    job = stage.scene.job()
    await stage.dana.types(f"/jobs subscribe {job.id} mention:@lee")
    card = await stage.dana.hears("Subscribed by")
    stage.world.end(job.id, "succeeded")
    assert "<@U0LEE>" in (await stage.dana.hears("Succeeded", thread_ts=card.ts)).text


async def test_on_failed_tells_nothing_of_a_success_but_the_card_shows_it(stage: Stage):
    job = stage.scene.job()
    await stage.dana.types(f"/jobs subscribe {job.id} on:failed")
    card = await stage.dana.hears("Subscribed by")
    stage.world.end(job.id, "succeeded")
    assert (await stage.dana.hears("Succeeded")).ts == card.ts
    assert not [answer for answer in await stage.dana.sees() if answer.json["thread_ts"]]


async def test_on_any_tells_each_change(stage: Stage):
    job = stage.scene.job(wait_s=2)
    await stage.dana.types(f"/jobs subscribe {job.id} on:any")
    card = await stage.dana.hears("Subscribed by")
    await stage.dana.hears("Running", thread_ts=card.ts)
    stage.world.end(job.id, "succeeded")
    await stage.dana.hears("Succeeded", thread_ts=card.ts)


async def test_progress_shows_on_the_card_alone(stage: Stage):
    job = stage.scene.job("vod-jobs", kind="transcode", run_s=1200)
    await stage.dana.types(f"/jobs subscribe {job.id}")
    card = await stage.dana.hears("Subscribed by")
    stage.world.advance(600)  # less than what the cloud takes for a clock that is wrong
    assert (await stage.dana.hears("50 %")).ts == card.ts
    stage.world.end(job.id, "succeeded")
    await stage.dana.hears("Succeeded", thread_ts=card.ts)
    assert len([answer for answer in await stage.dana.sees() if answer.json["thread_ts"]]) == 1


async def test_subscribing_twice_changes_the_one_subscription(stage: Stage):
    job = stage.scene.job()
    await stage.dana.types(f"/jobs subscribe {job.id}")
    card = await stage.dana.hears("Subscribed by <@U0DANA>")
    again = await stage.lee.types(f"/jobs subscribe {job.id} to:here")
    assert again.says("The settings of <@U0DANA> are unchanged")
    assert (await stage.dana.hears("Subscribed by <@U0DANA> and <@U0LEE>")).ts == card.ts
    stage.world.end(job.id, "succeeded")
    await stage.dana.hears("Succeeded", broadcast=True)
    await stage.dana.hears("Succeeded", thread_ts=None)
    assert len([answer for answer in await stage.dana.sees() if answer.json["thread_ts"]]) == 1


async def test_a_job_that_has_ended_says_so_and_offers_its_details(stage: Stage):
    answer = await stage.dana.types("/jobs subscribe 2dc1634e00000000003f1d22d1a0174f")
    assert answer.says("already finished")
    assert "Why it failed" in (await stage.dana.clicks("Details", answer)).text


async def test_refresh_on_a_card_asks_at_once(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.domain.sweeps.MOST_S", 3600)
    monkeypatch.setattr("bot.polling.planner.YOUNG", timedelta(hours=1))
    monkeypatch.setattr("bot.polling.planner.OLDEST", timedelta(hours=2))
    job = stage.scene.job()
    await stage.dana.types(f"/jobs subscribe {job.id}")
    card = await stage.dana.hears("Subscribed by")
    stage.world.end(job.id, "succeeded")
    await stage.dana.starts("Refresh", card)
    await stage.dana.hears("Succeeded", thread_ts=card.ts)
