"""Somebody looks at Callboard's Home tab."""

import pytest

from bot import waking
from tests.scenarios.conftest import Stage

pytestmark = pytest.mark.usefixtures("quick")


async def test_it_shows_what_is_followed_what_runs_what_failed_and_the_accounts(stage: Stage):
    job = stage.scene.job(name="lecture.mp4")
    stage.scene.job(name="broken.mp4", outcome="failed", run_s=0.1)
    await stage.dana.types(f"/jobs subscribe {job.id}")
    stage.world.advance(60)
    text = str(await stage.dana.looks_at_home(until="Accounts and services"))
    for words in ("My subscriptions", "<#C0ONCALL>", "lecture.mp4", "broken.mp4", "answers in", "Failed in the last"):
        assert words in text
    nobodys = str(await stage.lee.looks_at_home(until="Accounts and services"))
    assert "You follow nothing" in nobodys


async def test_unsubscribing_there_shows_at_once_and_can_be_undone(stage: Stage):
    job = stage.scene.job(name="lecture.mp4")
    await stage.dana.types(f"/jobs subscribe {job.id}")
    tab = await stage.dana.looks_at_home(until="Unsubscribe")
    modal = await stage.dana.opened(lambda: stage.dana.uses(tab, "Unsubscribe"), "No longer followed")
    await stage.dana.home("You follow nothing")
    await stage.dana.opened(lambda: stage.dana.uses(modal, "Undo"), "I follow")
    await stage.lee.hears("Subscribed by <@U0DANA>")


async def test_details_and_find_open_over_it(stage: Stage):
    job = stage.scene.job(name="lecture.mp4")
    await stage.dana.types(f"/jobs subscribe {job.id}")
    tab = await stage.dana.looks_at_home(until="Unsubscribe")
    assert await stage.dana.opened(lambda: stage.dana.uses(tab, "Details"), f"media-cn/video-ocr/{job.id}")
    assert await stage.dana.opened(lambda: stage.dana.uses(tab, "Find jobs"), "checked")


async def test_refresh_shows_what_is_new(stage: Stage):
    tab = await stage.dana.looks_at_home(until="Accounts and services")
    stage.scene.job(name="brand new")
    await stage.dana.uses(tab, "Refresh")
    await stage.dana.home("brand new")


async def test_it_follows_by_itself_what_becomes_of_its_jobs(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(waking, "HOME_EVERY", waking.HOME_EVERY / 600)
    job = stage.scene.job(name="lecture.mp4")
    await stage.dana.types(f"/jobs subscribe {job.id}")
    await stage.dana.looks_at_home(until="lecture.mp4")
    stage.world.end(job.id, "succeeded")
    await stage.dana.home("You follow nothing")
