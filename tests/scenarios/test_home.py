"""A person opens Callboard's Home tab."""

import pytest

from bot.task_queue import enqueue
from sandbox.slack.workspace.faults import Fault
from tests.scenarios.conftest import Stage

pytestmark = pytest.mark.usefixtures("quick")


async def test_it_shows_what_is_followed_what_runs_what_failed_and_the_accounts(stage: Stage):
    job = stage.scene.job(name="lecture.mp4")
    stage.scene.job(name="broken.mp4", outcome="failed", run_s=0.1)
    await stage.dana.types(f"/jobs subscribe {job.id}")
    stage.world.advance(60)
    text = str(await stage.dana.looks_at_home(until="Accounts and services"))
    for words in (
        "My watches and subscriptions",
        "<#C0ONCALL>",
        "lecture.mp4",
        "broken.mp4",
        " · OK · ",
        "Failed in the last",
    ):
        assert words in text
    nobodys = str(await stage.lee.looks_at_home(until="Accounts and services"))
    assert "You're not following any jobs" in nobodys


async def test_unsubscribing_there_shows_at_once_and_can_be_undone(stage: Stage):
    job = stage.scene.job(name="lecture.mp4")
    await stage.dana.types(f"/jobs subscribe {job.id}")
    tab = await stage.dana.looks_at_home(until="Unsubscribe")
    modal = await stage.dana.opened(lambda: stage.dana.uses(tab, "Unsubscribe"), "No longer followed")
    await stage.dana.home("You're not following any jobs")
    await stage.dana.opened(lambda: stage.dana.uses(modal, "Undo"), "Following")
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
    monkeypatch.setattr(enqueue, "HOME_EVERY", enqueue.HOME_EVERY / 600)
    job = stage.scene.job(name="lecture.mp4")
    await stage.dana.types(f"/jobs subscribe {job.id}")
    await stage.dana.looks_at_home(until="lecture.mp4")
    stage.world.end(job.id, "succeeded")
    await stage.dana.home("You're not following any jobs")


async def test_members_of_a_channel_see_what_others_follow_there(stage: Stage):
    mine, theirs = stage.scene.job(name="lecture.mp4"), stage.scene.job(name="trailer.mp4")
    await stage.dana.types(f"/jobs subscribe {mine.id}")
    await stage.lee.types(f"/jobs subscribe {theirs.id}")
    tab = await stage.dana.looks_at_home(until="by <@U0LEE>")
    assert "Unsubscribe from trailer.mp4" in str(tab)
    await stage.dana.opened(lambda: stage.dana.uses(tab, "Unsubscribe", nth=1), "No longer followed")
    await stage.dana.home("No one else follows jobs in <#C0ONCALL>")


async def test_a_channel_can_be_picked_there(stage: Stage):
    theirs = stage.scene.job(name="trailer.mp4")
    await stage.lee.types(f"/jobs subscribe {theirs.id}", channel="C0MEDIA")
    tab = await stage.dana.looks_at_home(until="Choose one of your channels")
    await stage.dana.picks_channel(tab, "C0MEDIA")
    tab = await stage.dana.home("by <@U0LEE>")
    assert "No one else" not in str(tab)
    assert "Details of trailer.mp4" in str(tab)
    assert "Unsubscribe" not in str(tab)  # that is for who subscribed there


@pytest.mark.parametrize("private", [True, False])
async def test_nothing_of_a_channel_is_shown_to_others(stage: Stage, *, private: bool):
    media = stage.dana.workspace.channels["C0MEDIA"]
    media.private = private
    theirs = stage.scene.job(name="trailer.mp4")
    await stage.lee.types(f"/jobs subscribe {theirs.id} on:failed", channel="C0MEDIA")
    media.absent.add("U0DANA")
    tab = await stage.dana.looks_at_home(until="Choose one of your channels")
    await stage.dana.picks_channel(tab, "C0MEDIA")
    assert "by <@U0LEE>" not in str(await stage.dana.home("You or I am not in <#C0MEDIA>"))


async def test_without_the_scope_it_names_another_way(stage: Stage):
    stage.dana.workspace.faults.order(Fault(method="users.conversations", error="missing_scope", times=99))
    theirs = stage.scene.job(name="trailer.mp4")
    await stage.lee.types(f"/jobs subscribe {theirs.id}")
    await stage.dana.types(f"/jobs subscribe {stage.scene.job().id}")
    tab = await stage.dana.looks_at_home(until="I can't see the members of <#C0ONCALL>")
    assert "by <@U0LEE>" not in str(tab)
