"""The messages in the workspace match the clouds' real events, computed by brute force."""

import ast
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.delivery import card_editor
from bot.deps.deps import Deps
from bot.domain import walks
from bot.polling import discovery, outages, sweep
from bot.rules import job_events
from bot.store import slack_rate_limits
from sandbox.clouds.jobs import Failure
from tests.oracle import matcher
from tests.oracle.onlooker import Onlooker
from tests.oracle.received import messages
from tests.scenarios.conftest import Scene, Stage
from tests.scenarios.person import until

pytestmark = pytest.mark.usefixtures("quick", "brisk")
SERVICES = ("video-ocr", "image-moderation", "digital-human")


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Discover jobs and edit heads many times a second."""
    monkeypatch.setattr(sweep, "LOOKAHEAD", timedelta(seconds=0.05))
    monkeypatch.setattr(discovery, "PACE_MIN_S", 0.1)
    monkeypatch.setattr(walks, "PACE_MIN_S", 0.1)
    monkeypatch.setattr(walks, "PACE_MAX_S", 0.3)
    monkeypatch.setattr(card_editor, "GROWS_FAST", timedelta(seconds=0.3))
    monkeypatch.setattr(card_editor, "GROWS", timedelta(seconds=0.3))
    monkeypatch.setattr(slack_rate_limits, "HEADS_A_MINUTE", 1_000)
    monkeypatch.setattr(slack_rate_limits, "EDITS_A_MINUTE", 1_000)


def onlooker(scene: Scene) -> Onlooker:
    return Onlooker(scene.dana, scene.clouds, {"D0LEE": scene.lee})


async def watched(bot: Deps, services: Iterable[str] = SERVICES) -> None:
    """Wait until the bot has found all unfinished jobs of each service."""
    for service in services:
        await until(lambda each=service: _unfinished_known(bot, each))


async def _unfinished_known(bot: Deps, service: str) -> bool:
    return (await bot.store.discovery.read(("media-cn", service)))[1].unfinished


def test_the_oracle_imports_nothing_of_the_bot():
    for path in Path(matcher.__file__).parent.glob("*.py"):
        nodes = list(ast.walk(ast.parse(path.read_text())))
        names = [each.name for node in nodes if isinstance(node, ast.Import) for each in node.names]
        names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
        assert not {each.partition(".")[0] for each in names} & {"bot", "handlers", "providers", "callboard"}, path


async def test_several_channels(stage: Stage):
    oracle = onlooker(stage.scene)
    await oracle.calm()
    await oracle.watch("media-cn -name:spare -code:alg.011", "C0ONCALL")
    await oracle.watch("video-ocr name:few on:any", "C0MEDIA")
    await oracle.watch("image-moderation code:AIS.04* on:failed", "C0MEDIA")
    await oracle.watch("media-cn/digital-human name:act after:5/10m", "C0GENERAL")
    await oracle.watch("video-ocr name:act after:50/10m", "C0GENERAL")
    await oracle.watch("-digital-human -video-ocr -vod-sg on:done to:dm", "D0LEE", typed_in="C0ONCALL")
    alone = stage.scene.job(name="act-alone.mp4")
    batch = [stage.scene.job(name=f"act-batch-{number}.mp4") for number in range(3)]
    await watched(stage.bot)
    await oracle.follow([alone.id], "C0GENERAL")
    await oracle.follow([each.id for each in batch], "C0ONCALL")
    await oracle.begin()
    await oracle.storm(SERVICES, 24, name="act-{n}.mp4", succeeding=0.2, causes=2, within_s=1.5)
    await oracle.storm(["video-ocr"], 6, name="act-spare-{n}.mp4", causes=1, within_s=0.3)
    await oracle.storm(["video-ocr"], 4, name="few-{n}.mp4", causes=2, succeeding=0.5)
    reason = Failure("ALG.777", "Broken by hand")
    for job in (alone, batch[0]):
        stage.world.end(job.id, "failed", reason)
    await stage.dana.hears("1 of 3 jobs failed")
    stage.world.end(batch[1].id, "succeeded")
    stage.world.end(batch[2].id, "failed", reason)
    await stage.dana.hears("Show failed")
    await oracle.judge("C0ONCALL")
    await oracle.mute("C0ONCALL")
    await oracle.storm(SERVICES, 12, name="act-again-{n}.mp4", causes=3, within_s=1)
    await oracle.storm(["video-ocr"], 4, name="act-late-{n}.mp4", causes=1, within_s=0.5, listed_after_s=1.5)
    await oracle.judge()
    await predicts(oracle, "media-cn/digital-human name:act after:5/10m", "C0GENERAL", "digital-human")


async def predicts(oracle: Onlooker, words: str, channel: str, service: str) -> None:
    """Compare a watch's dry run with the conversation's messages about a service."""
    answer = await oracle.dana.types(f"/jobs watch {words} dry-run", channel)
    texts = [each.json["text"] for each in await messages(oracle.dana, channel, oracle.before[channel])]
    heads = [each for each in texts if each.endswith(service)]
    assert answer.says(f"it would have posted {len(heads)} messages"), (answer.text, heads)
    assert all(each in answer.json["text"] for each in heads), (answer.text, heads)


async def test_an_outage_and_a_restart(scene: Scene, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(outages, "DOWN_AFTER", timedelta(seconds=0.5))
    monkeypatch.setattr(job_events, "LATE_AFTER", timedelta(seconds=1))
    oracle = onlooker(scene)
    await oracle.calm()
    async with scene.bot() as bot:
        await oracle.watch("video-ocr", "C0ONCALL")
        await oracle.watch("image-moderation on:done,down", "C0MEDIA")
        await watched(bot, ("video-ocr", "image-moderation"))
        await oracle.begin()
        await oracle.fault("down")
        await oracle.storm(["video-ocr", "image-moderation"], 10, within_s=1, causes=2)
        await scene.dana.hears("Can't see video-ocr")
        await scene.dana.hears("Can't see image-moderation", "C0MEDIA")
        (await scene.clouds.delete("/control/fault")).raise_for_status()
        await scene.dana.hears("video-ocr is back")
        await oracle.judge()
    await oracle.storm(["video-ocr", "image-moderation"], 20, within_s=1, causes=3, succeeding=0.2)
    await oracle.happened()
    async with scene.bot():
        await oracle.judge()
