"""Jobs end while the bot cannot post to a channel. Their cards, posted afterwards, are the notification."""

import pytest

from sandbox.clouds.jobs import Failure
from sandbox.clouds.raw_states import Outcome
from tests.scenarios.conftest import Stage
from tests.scenarios.person import Answer, until

pytestmark = [pytest.mark.usefixtures("quick"), pytest.mark.mode("socket")]

CHANNEL = "C0FINANCE"
"""The bot is not a member of it."""
FAILURE = Failure("ALG.002", "Failed to open the input video")


async def backlog(stage: Stage, states: dict[str, Outcome], words: str = "", *, together: bool = False) -> list[Answer]:
    """Subscribe to jobs with these names, and end them. Returns the posts after the bot became a member."""
    jobs = {name: stage.scene.job(name=name) for name in states}
    ids = [job.id for job in jobs.values()]
    for typed in [" ".join(ids)] if together else ids:
        await stage.dana.types(f"/jobs subscribe {typed} {words}", CHANNEL)
    for name, state in states.items():
        stage.world.end(jobs[name].id, state, FAILURE if state == "failed" else None)

    async def seen() -> bool:
        kept = await stage.bot.store.tracked.state(stage.bot.catalog.pairs)
        return not any(number for number, _, _ in kept)

    async def posted() -> bool:
        snapshot = await stage.bot.store.outbox.read(f"T0SANDBOX/{CHANNEL}", stage.bot.catalog.scopes)
        return not (snapshot.entries or snapshot.in_flight or snapshot.stale)

    await until(seen)
    order = {"channel": CHANNEL, "bot_member": True}
    (await stage.dana.page.post("/test/channel", json=order)).raise_for_status()
    await stage.dana.starts("Restore", await stage.dana.hears(f"<#{CHANNEL}>", "D0DANA"), "D0DANA")
    await until(posted)
    return [each for each in await stage.dana.sees(CHANNEL) if not each.json["ephemeral"]]


@pytest.mark.parametrize("to", ["", "to:here"])
async def test_each_job_costs_one_post(stage: Stage, to: str):
    states: dict[str, Outcome] = {
        "one.mp4": "succeeded",
        "two.mp4": "failed",
        "three.mp4": "cancelled",
        "four.mp4": "succeeded",
    }
    posts = await backlog(stage, states, f"{to} mention:@lee")
    assert [each.json["thread_ts"] for each in posts] == [None] * 4
    for post, (name, state) in zip(posts, states.items(), strict=True):
        assert state.capitalize() in post.json["text"].partition(":")[0]
        assert post.says(name)
        assert "<@U0LEE>" in post.blocks[-1]["text"]["text"]
        assert not post.json["edited"]


async def test_the_reason_of_a_failure_is_on_its_card(stage: Stage):
    [post] = await backlog(stage, {"one.mp4": "failed"})
    assert post.text.startswith("❌ *Failed*")
    assert post.says(FAILURE.code)
    assert post.says(FAILURE.message)


async def test_on_failed_mentions_people_on_the_card_of_a_failure_alone(stage: Stage):
    [good, bad] = await backlog(stage, {"one.mp4": "succeeded", "two.mp4": "failed"}, "on:failed mention:@lee")
    assert "<@U0LEE>" not in good.text
    assert "<@U0LEE>" in bad.text


async def test_the_thread_alone_is_still_the_thread_alone(stage: Stage):
    [card, reply] = await backlog(stage, {"one.mp4": "failed"}, "to:thread mention:@lee")
    assert (reply.json["thread_ts"], reply.json["broadcast"]) == (card.ts, False)
    assert "<@U0LEE>" not in card.text
    assert "<@U0LEE>" in reply.text


async def test_a_batch_is_its_own_final_post(stage: Stage):
    [post] = await backlog(stage, {"one.mp4": "succeeded", "two.mp4": "failed"}, "mention:@lee", together=True)
    assert post.says("two.mp4")
    assert "1 failed" in post.json["text"]
    assert "<@U0LEE>" in post.text
