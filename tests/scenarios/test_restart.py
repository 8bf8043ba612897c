"""One bot replaces another: each request is answered once."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from tests.scenarios.conftest import Scene
from tests.scenarios.person import Person, until

pytestmark = pytest.mark.both_modes

ASKED = 40
"""Commands, and as many mentions, while one bot takes over from another."""


async def ask(dana: Person) -> None:
    """Type commands and mention the bot, as fast as it answers one of them."""
    for number in range(ASKED):
        await dana.begins("/jobs help")
        await dana.says(f"<@U0CALLBOARD> help {number % 2 * 'list'}")
        await asyncio.sleep(0.02)


async def acknowledged(dana: Person) -> bool:
    """Return whether the app has acknowledged every event."""
    return all(each["acknowledged"] for each in await dana.events())


def failures(dana: Person) -> int:
    """Return how many commands failed, according to Slack."""
    return sum("failed with the error" in each.text for each in dana.workspace.feed.notices)


async def answered_once(dana: Person) -> None:
    """Check that each mention has an answer in its thread. So has each command that Slack did not report as failed."""

    async def all_there() -> bool:
        return len(await dana.sees()) + failures(dana) >= 2 * ASKED and await acknowledged(dana)

    await until(all_there)
    answers = await dana.sees()
    mentions = {told["payload"]["event"]["ts"] for told in await dana.events()}
    threads = [each.json["thread_ts"] for each in answers if not each.json["ephemeral"]]
    assert sorted(threads) == sorted(mentions)
    assert len(answers) - len(threads) + failures(dana) == ASKED


async def stay(scene: Scene) -> None:
    """Run a bot until it is cancelled, as by SIGTERM."""
    async with scene.bot():
        await scene.dana.begins("/jobs help")
        await asyncio.Event().wait()


async def test_what_was_asked_before_the_end_is_answered(scene: Scene):
    slow = {"account": "media-cn", "service": "video-ocr", "fault": "slow", "seconds": 1}
    (await scene.clouds.post("/control/fault", json=slow)).raise_for_status()
    bot = asyncio.create_task(stay(scene))
    await scene.dana.hears("/jobs help list")
    with scene.dana.workspace.feed.page(scene.dana.id) as events:
        await scene.dana.begins("/jobs list video-ocr")
        while (await events.get())["type"] != "acknowledged":
            pass
    await scene.dana.says("<@U0CALLBOARD> list video-ocr")
    await until(lambda: acknowledged(scene.dana))
    bot.cancel()
    await asyncio.gather(bot, return_exceptions=True)
    assert ["1–10 of" in each.text for each in await scene.dana.sees()] == [False, True, True]


async def test_a_bot_takes_over_from_another(scene: Scene):
    """The second starts before the first stops, as in a deployment."""
    async with AsyncExitStack() as second:
        async with scene.bot():
            asking = asyncio.create_task(ask(scene.dana))
            await scene.dana.hears("/jobs help list")
            await second.enter_async_context(scene.bot())
        await asking
        await answered_once(scene.dana)


async def test_two_bots_share_what_comes(scene: Scene):
    async with scene.bot(), scene.bot():
        await ask(scene.dana)
        await answered_once(scene.dana)
        assert failures(scene.dana) == 0
