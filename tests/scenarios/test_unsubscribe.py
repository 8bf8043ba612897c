"""Subscriptions are listed, and can be removed."""

import pytest

from tests.scenarios.conftest import Stage

pytestmark = pytest.mark.usefixtures("quick")


async def test_unsubscribing_ends_it_and_undo_takes_it_up_on_the_same_card(stage: Stage):
    job = stage.scene.job(name="lecture.mp4")
    await stage.dana.types(f"/jobs subscribe {job.id} to:here")
    card = await stage.dana.hears("Subscribed by")
    answer = await stage.dana.clicks("Unsubscribe", card)
    assert answer.has({"ephemeral": True})
    assert (await stage.lee.hears("nsubscribed by <@U0DANA>")).ts == card.ts
    await stage.dana.starts("Undo", answer)
    assert (await stage.lee.hears("next check")).ts == card.ts
    stage.world.end(job.id, "succeeded")
    await stage.lee.hears("Succeeded", thread_ts=card.ts, broadcast=True)


async def test_nothing_is_posted_after_unsubscribing(stage: Stage):
    jobs = [stage.scene.job(), stage.scene.job()]
    for job in jobs:
        await stage.dana.types(f"/jobs subscribe {job.id}")
    await stage.dana.types(f"/jobs unsubscribe {jobs[0].id}")
    for job in jobs:
        stage.world.end(job.id, "succeeded")
    await stage.dana.hears(jobs[1].id, ephemeral=False, broadcast=False)
    await stage.dana.hears("Succeeded")
    told = [answer for answer in await stage.dana.sees() if answer.json["thread_ts"]]
    assert not [answer for answer in told if answer.says(jobs[0].id)]


async def test_all_of_a_channel_at_once(stage: Stage):
    names = ["one.mp4", "two.mp4", "three.mp4"]
    for name in names:
        await stage.dana.types(f"/jobs subscribe {stage.scene.job(name=name).id}")
    answer = await stage.dana.types("/jobs unsubscribe all")
    assert all(map(answer.says, names))
    assert "Undo" in answer.buttons()
    empty = await stage.dana.types("/jobs subscriptions")
    assert empty.says("subscribe JOB")


async def test_all_of_a_channel_keeps_subscriptions_elsewhere(stage: Stage):
    await stage.dana.types(f"/jobs subscribe {stage.scene.job().id}")
    await stage.dana.types(f"/jobs subscribe {stage.scene.job(name='mine.mp4').id} to:dm")
    await stage.dana.types("/jobs unsubscribe all")
    assert (await stage.dana.types("/jobs subscriptions mine")).says("mine.mp4")
    assert (await stage.dana.types("/jobs unsubscribe all", "D0DANA")).says("mine.mp4")
    assert not (await stage.dana.types("/jobs subscriptions mine")).says("mine.mp4")


async def test_subscriptions_here_and_mine(stage: Stage):
    await stage.dana.types(f"/jobs subscribe {stage.scene.job(name='one.mp4').id}")
    await stage.dana.types(f"/jobs subscribe {stage.scene.job(name='two.mp4').id} to:dm")
    await stage.lee.types(f"/jobs subscribe {stage.scene.job(name='three.mp4').id}")
    here = await stage.dana.types("/jobs subscriptions")
    assert [here.says(name) for name in ("one.mp4", "two.mp4", "three.mp4")] == [True, False, True]
    mine = await stage.dana.types("/jobs subscriptions mine")
    assert [mine.says(name) for name in ("one.mp4", "two.mp4", "three.mp4")] == [True, True, False]


async def test_an_unknown_job_to_unsubscribe_from(stage: Stage):
    answer = await stage.dana.types("/jobs unsubscribe 00000000000000000000000000000000")
    assert answer.says("00000000000000000000000000000000")
