"""A channel asks why: a head links to its reasons, and a dry run shows what a watch would have posted."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from callboard.cli import app
from tests.scenarios.conftest import Stage

pytestmark = pytest.mark.usefixtures("quick")


async def test_why_a_job_a_group_and_a_watch(stage: Stage, settings_file: Path):
    dana, lee = stage.dana, stage.lee
    added = await dana.types("/jobs watch video-ocr")
    assert added.says("In the last 24 hours it would have posted"), added.text
    assert added.says("From the failed jobs that *video-ocr* lists"), added.text
    job = stage.scene.job(run_s=1, outcome="failed", name="lecture-why")
    await lee.hears("lecture-why")

    why = await lee.types(f"/jobs why {job.id}")
    for words in ("What happened", "*failed*", "by polling", "*posted*, first failure of `g1`", "created watch `w1`"):
        assert why.says(words), why.text
    link = re.search(r"<(http[^|]+/archives/C0ONCALL/p\d+)[^|]*\|open that message>", str(why.blocks))
    assert link, why.blocks
    group = await lee.types("/jobs why g1")
    assert group.says("1 failed"), group.text
    assert group.says("For `w1`")
    watch = await lee.types("/jobs why w1")
    assert watch.says("Matched 1 event in the last 24 hours"), watch.text
    assert (await lee.types("/jobs why g99")).says("No group `g99` here")
    assert (await dana.types("/jobs why w99")).says("No watch `w99`")

    await dana.starts("Dry run", added)
    tried = await dana.hears("Nothing was posted or changed", ephemeral=True)
    assert tried.says("Not predicted: snoozes"), tried.text

    def in_terminal(*words: str) -> Result:
        return CliRunner().invoke(app, ["jobs", "why", *words, "--config", str(settings_file)], catch_exceptions=False)

    unknown = await asyncio.to_thread(in_terminal, "w99")
    assert (unknown.exit_code, "No watch w99" in unknown.stderr) == (2, True)
    assert "watch video-ocr" in (await asyncio.to_thread(in_terminal, "w1")).stdout
    record = json.loads((await asyncio.to_thread(in_terminal, str(job.id), "--json")).stdout)
    assert record["job"]["name"] == "lecture-why"
    [posted] = [each for each in record["decisions"] if each["decision"] == "post"]
    assert posted["destination"].endswith("C0ONCALL")
    assert (posted["rule"], posted["reason"]) == ("w1", "first")
    assert posted["link"] == link[1]
