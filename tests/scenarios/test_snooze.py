"""A person snoozes the notifications of a job."""

import pytest

from tests.scenarios.conftest import Stage
from tests.scenarios.person import Answer

pytestmark = pytest.mark.usefixtures("quick")


async def followed(stage: Stage, *names: str, on: str = "done") -> tuple[list[str], Answer]:
    """Subscribe to new jobs with these names, and return their ids and the card."""
    jobs = [stage.scene.job(name=name).id for name in names]
    await stage.dana.types(f"/jobs subscribe {' '.join(jobs)} on:{on}")
    return jobs, await stage.dana.hears("Subscribed by <@U0DANA>")


async def snoozed(stage: Stage, card: Answer, rest: str = "For 1 hour") -> Answer:
    """Let Lee snooze a card, and return it."""
    await stage.lee.picks(rest, card)
    await stage.lee.hears("snoozed until", ephemeral=True)
    return await stage.dana.hears("by <@U0LEE>: ")


async def told(stage: Stage, card: Answer) -> list[str]:
    """Return the texts in a card's thread."""
    return [each.text for each in await stage.dana.sees() if each.json["thread_ts"] == card.ts]


async def test_the_card_shows_the_end_and_the_thread_tells_it_when_the_snooze_does(stage: Stage):
    [job], card = await followed(stage, "lecture.mp4")
    assert (await snoozed(stage, card)).says("no notifications until then")
    stage.world.end(job, "failed")
    shown = await stage.dana.hears("Failed")
    assert shown.ts == card.ts
    assert shown.says("updates will be posted then")
    assert await told(stage, card) == []
    await stage.dana.clicks("Unsnooze", shown)
    reply = await stage.dana.hears("Held while snoozed", thread_ts=card.ts, broadcast=True)
    assert reply.says("Failed")
    assert len(await told(stage, card)) == 1
    await stage.dana.hears("no longer snoozed", ephemeral=True)


async def test_a_batch_is_snoozed_as_one_and_its_finish_posted_once(stage: Stage):
    jobs, card = await followed(stage, "zebra 1", "zebra 2")
    await snoozed(stage, card, "For 4 hours")
    for job in jobs:
        stage.world.end(job, "succeeded")
    shown = await stage.dana.hears("Both jobs have finished")
    assert shown.ts == card.ts
    await stage.dana.starts("Unsnooze", shown)
    final = await stage.dana.hears("Both jobs have finished", thread_ts=card.ts)
    assert final.ts != card.ts


async def test_what_was_kept_back_by_a_snooze_survives_another(stage: Stage):
    [job], card = await followed(stage, "lecture.mp4")
    shown = await snoozed(stage, card)
    stage.world.end(job, "succeeded")
    shown = await stage.dana.hears("updates will be posted then")
    await stage.lee.picks("Until 9:00 AM", shown)
    await stage.lee.hears("snoozed until", ephemeral=True)
    assert await told(stage, card) == []
    await stage.dana.starts("Unsnooze", shown)
    await stage.dana.hears("Succeeded", thread_ts=card.ts)


async def test_unsubscribing_and_taking_it_back_leaves_it_snoozed(stage: Stage):
    [job], card = await followed(stage, "lecture.mp4")
    shown = await snoozed(stage, card)
    left = await stage.dana.clicks("Unsubscribe", shown)
    await stage.dana.turns("Undo", left)
    await stage.dana.hears("Its card is snoozed until")
    stage.world.end(job, "succeeded")
    await stage.dana.hears("updates will be posted then")
    assert await told(stage, card) == []


async def test_it_can_be_snoozed_in_the_home_tab(stage: Stage):
    await followed(stage, "lecture.mp4")
    tab = await stage.dana.looks_at_home(until="Unsubscribe")
    await stage.dana.opened(lambda: stage.dana.picks_in(tab, "For 1 hour"), "is snoozed until")
    tab = await stage.dana.home("snoozed until")
    await stage.lee.hears("by <@U0DANA>: no notifications until then")
    await stage.dana.opened(lambda: stage.dana.uses(tab, "Unsnooze"), "no longer snoozed")
    assert "Unsnooze" not in str(await stage.dana.home("'Snooze'"))
