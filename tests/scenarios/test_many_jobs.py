"""Several jobs on one card, and many changes at once."""

import pytest
from bot.delivery.digest import DIGEST_THRESHOLD

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
    stage.world.end(jobs[3].id, "succeeded")
    final = await stage.dana.hears("part-2.mp4", thread_ts=card.ts)
    assert final.has({"broadcast": True})
    assert final.says("3 succeeded")
    replies = [answer for answer in await stage.dana.sees() if answer.json["thread_ts"]]
    assert len(replies) == 1


async def test_a_batch_may_span_services_and_clouds(stage: Stage):
    jobs = [stage.scene.job(), stage.scene.job("digital-human"), stage.scene.job("vod-ai")]
    ids = f"{jobs[0].id} {jobs[1].id} vod-sg/vod-ai/{jobs[2].id}"
    await stage.dana.types(f"/jobs subscribe {ids}")
    card = await stage.dana.hears("Subscribed by")
    for job in jobs:
        stage.world.end(job.id, "succeeded")
    assert (await stage.dana.hears("3 succeeded", thread_ts=card.ts)).has({"broadcast": False})
    assert len([answer for answer in await stage.dana.sees() if answer.says("Subscribed by")]) <= 1


async def test_a_burst_becomes_one_digest_that_accounts_for_all(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    jobs = [stage.scene.job(name=f"burst-{number:02}.mp4") for number in range(12)]
    for job in jobs:
        await stage.dana.types(f"/jobs subscribe {job.id}")
    await stage.dana.hears("burst-11.mp4", ephemeral=False)
    before = len(await stage.dana.sees())
    for number, job in enumerate(jobs):
        stage.world.end(job.id, "failed" if number == 7 else "succeeded")
    digest = await stage.dana.hears("in the last minutes", thread_ts=None)
    assert len(await stage.dana.sees()) - before <= 1 + DIGEST_THRESHOLD
    everything = await stage.dana.clicks("See all", digest)
    assert "burst-07.mp4" in everything.text
