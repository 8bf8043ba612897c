"""Several jobs on one card, and many changes in a short time."""

import pytest

from bot.rules.decide import REPLIES_MAX
from tests.scenarios.conftest import Stage

pytestmark = [pytest.mark.usefixtures("quick"), pytest.mark.mode("socket")]


async def test_a_batch_shares_one_card_and_has_one_final_post(stage: Stage):
    jobs = [stage.scene.job(name=f"part-{number}.mp4") for number in range(4)]
    await stage.dana.types(f"/jobs subscribe {' '.join(job.id for job in jobs)}")
    card = await stage.dana.hears("Subscribed by")
    for job in jobs[:2]:
        stage.world.end(job.id, "succeeded")
    assert (await stage.dana.hears("2 of 4")).ts == card.ts
    stage.world.end(jobs[2].id, "failed")
    assert (await stage.dana.hears("part-2.mp4")).ts == card.ts
    head = await stage.dana.hears("part-2.mp4", thread_ts=card.ts)
    assert head.has({"broadcast": True})
    stage.world.end(jobs[3].id, "succeeded")
    final = await stage.dana.hears("3 succeeded", thread_ts=card.ts, broadcast=True)
    assert final.says("part-2.mp4")
    replies = [answer.ts for answer in await stage.dana.sees() if answer.json["thread_ts"]]
    assert replies == [head.ts, final.ts]


async def test_a_batch_may_span_services_and_clouds(stage: Stage):
    jobs = [stage.scene.job(), stage.scene.job("digital-human"), stage.scene.job("vod-ai")]
    ids = f"{jobs[0].id} {jobs[1].id} vod-sg/vod-ai/{jobs[2].id}"
    await stage.dana.types(f"/jobs subscribe {ids}")
    card = await stage.dana.hears("Subscribed by")
    for job in jobs:
        stage.world.end(job.id, "succeeded")
    assert (await stage.dana.hears("3 succeeded", thread_ts=card.ts)).has({"broadcast": False})
    assert len([answer for answer in await stage.dana.sees() if answer.says("Subscribed by")]) <= 1


async def test_a_burst_becomes_one_storm_message_that_accounts_for_all(stage: Stage):
    jobs = [stage.scene.job(name=f"burst-{number:02}.mp4") for number in range(12)]
    for job in jobs:
        await stage.dana.types(f"/jobs subscribe {job.id}")
    cards = [await stage.dana.hears(f"burst-{number:02}.mp4", ephemeral=False) for number in range(12)]
    before = len(await stage.dana.sees())
    for number, job in enumerate(jobs):
        stage.world.end(job.id, "failed" if number == 7 else "succeeded")
    failed = await stage.dana.hears("burst-07.mp4", broadcast=True)
    assert failed.says("Failed")
    for number, card in enumerate(cards):
        await stage.dana.hears("Failed" if number == 7 else "Succeeded", ts=card.ts)
    replies = [answer for answer in await stage.dana.sees() if answer.json["thread_ts"] and answer.says("Succeeded")]
    assert len(replies) <= REPLIES_MAX
    await stage.dana.hears(f"{11 - len(replies)} finished", thread_ts=None)
    assert len(await stage.dana.sees()) - before == len(replies) + 2, "the replies, the failure and the storm message"
