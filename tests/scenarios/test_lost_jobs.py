"""Jobs that their provider lost, does not have yet, or cannot report on."""

from datetime import timedelta

import pytest
from freezegun import freeze_time

from bot.store.clock import ServerClock
from sandbox.clouds.jobs import Job
from tests.scenarios.conftest import Scene, Stage

pytestmark = [pytest.mark.usefixtures("quick", "soon_lost"), pytest.mark.mode("socket")]


def vanish(scene: Scene, job: Job, service: str = "video-ocr") -> None:
    scene.world.store("vod-sg" if service.startswith("vod") else "media-cn", service).remove(job.id)


async def test_a_job_that_vanishes_is_suspended_and_its_owner_can_follow_it_again(stage: Stage):
    job = stage.scene.job(name="lecture.mp4")
    await stage.dana.types(f"/jobs subscribe {job.id}")
    card = await stage.dana.hears("Subscribed by")
    vanish(stage.scene, job)
    await stage.dana.hears("lecture.mp4", thread_ts=card.ts)
    note = await stage.dana.hears("lecture.mp4", "D0DANA")
    stage.world.store("media-cn", "video-ocr").add(job)
    await stage.dana.starts("Restore", note, "D0DANA")
    await stage.dana.hears("next check")
    stage.world.end(job.id, "succeeded")
    await stage.dana.hears("Succeeded", thread_ts=card.ts)


async def test_a_moderation_job_past_its_half_hour_has_expired_and_not_failed(stage: Stage):
    job = stage.scene.job("image-moderation", created_ago_s=29 * 60 + 57)
    await stage.dana.types(f"/jobs subscribe {job.id}")
    card = await stage.dana.hears("Subscribed by")
    told = await stage.dana.hears("xpired", thread_ts=card.ts)
    assert not told.says("Failed")


async def test_an_unknown_id_is_searched_for(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.subscriptions.pending_search.SEARCH_EVERY", timedelta(seconds=0.3))
    wanted = "0123456789abcdef0123456789abcdef"
    answer = await stage.dana.types(f"/jobs subscribe {wanted}")
    assert answer.says("media-cn/video-ocr")
    await stage.dana.clicks("Keep looking for 10 minutes", answer)
    stage.scene.job(id=wanted)
    assert (await stage.dana.hears("Subscribed by <@U0DANA>")).says(wanted)


async def test_a_search_without_result_is_reported(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.subscriptions.pending_search.SEARCH_EVERY", timedelta(seconds=0.3))
    monkeypatch.setattr("bot.subscriptions.pending_search.SEARCH_MINUTES", 0)
    wanted = "0123456789abcdef0123456789abcdef"
    answer = await stage.dana.types(f"/jobs subscribe {wanted}")
    await stage.dana.starts("Keep looking for 10 minutes", answer)
    await stage.dana.hears(wanted, "D0DANA")


async def test_asking_twice_to_keep_looking_begins_one_search_anew(stage: Stage):
    answer = await stage.dana.types("/jobs subscribe 0123456789abcdef0123456789abcdef")
    for _ in range(2):
        await stage.dana.clicks("Keep looking for 10 minutes", answer)
    assert stage.bot.docket
    planned = (await stage.bot.docket.snapshot()).future
    assert len([task for task in planned if task.function_name == "seek"]) == 1


async def test_cards_say_when_their_service_cannot_be_asked(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.domain.sweeps.FAILING", timedelta(seconds=0.5))
    monkeypatch.setattr("bot.domain.sweeps.BACK_OFF_MAX_S", 0.3)
    job, other = stage.scene.job(), stage.scene.job("digital-human")
    await stage.dana.types(f"/jobs subscribe {job.id}")
    await stage.dana.types(f"/jobs subscribe {other.id}")
    await stage.fault("video-ocr", "down")
    stage.world.end(other.id, "succeeded")
    await stage.dana.hears("Succeeded", broadcast=False)
    await stage.dana.hears("Not checked since")
    await stage.clouds.delete("/control/fault")
    stage.world.end(job.id, "failed")
    await stage.dana.hears("Failed", broadcast=True)


async def test_after_a_downtime_one_message_tells_what_was_missed(scene: Scene):
    jobs = [scene.job(name=f"missed-{number}.mp4") for number in range(2)]
    jobs.append(scene.job("digital-human", name="missed-2.mp4"))
    async with scene.bot() as bot:
        for job in jobs:
            await scene.dana.types(f"/jobs subscribe {job.id}")
        cards = [await scene.dana.hears(f"missed-{number}.mp4", ephemeral=False) for number in range(3)]
        later = bot.clock() + timedelta(minutes=10)
        await ServerClock(bot.store.link).keep(later.timestamp())  # as if another process had reached that time
    for job in jobs:
        scene.world.end(job.id, "succeeded")
    with freeze_time(later, tick=True, real_asyncio=True):
        async with scene.bot():
            missed = await scene.dana.hears("while Callboard was down", thread_ts=None)
            assert missed.says("3 finished")
            assert missed.says("Callboard was down from")
            for card in cards:
                await scene.dana.hears("Succeeded", ts=card.ts)
            assert not [answer for answer in await scene.dana.sees() if answer.json["thread_ts"]]
