"""What the clouds really did, matched by brute force, is what the workspace server received."""

import ast
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

import pytest

from bot.delivery import card_editor
from bot.deps.deps import Deps
from bot.domain import walks
from bot.polling import discovery, sweep
from bot.store import slack_rate_limits
from sandbox.clouds.jobs import Failure
from tests.oracle import matcher
from tests.oracle.onlooker import Onlooker
from tests.scenarios.conftest import Scene, Stage
from tests.scenarios.person import until

pytestmark = pytest.mark.usefixtures("quick", "brisk")
SERVICES = ("video-ocr", "image-moderation", "digital-human")


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for new jobs, and edit heads, many times a second."""
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
    """Wait until all unfinished jobs of each service are known."""
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
    await oracle.storm(SERVICES, 60, name="act-{n}.mp4", succeeding=0.2, causes=2)
    await oracle.storm(["video-ocr"], 6, name="act-spare-{n}.mp4", causes=1, within_s=0.3)
    await oracle.storm(["video-ocr"], 4, name="few-{n}.mp4", causes=2, succeeding=0.5)
    for job, state in zip([alone, *batch], ("failed", "failed", "succeeded", "failed"), strict=True):
        stage.world.end(job.id, state, Failure("ALG.777", "Broken by hand"))
    await oracle.judge()
    await oracle.mute("C0ONCALL")
    await oracle.storm(SERVICES, 12, name="act-again-{n}.mp4", causes=3, within_s=1)
    await oracle.storm(["video-ocr"], 4, name="act-late-{n}.mp4", causes=1, within_s=0.5, listed_after_s=1.5)
    await oracle.judge()
