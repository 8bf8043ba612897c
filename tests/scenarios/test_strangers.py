"""People from other organizations and guests: earlier subscriptions, and messages to them."""

from dataclasses import replace

import pytest

from bot.slack_api import membership
from bot.subscriptions.revoke import end_unseen
from bot.task_queue.enqueue import enqueue_delivery
from sandbox.slack.workspace.faults import Fault
from tests.scenarios.conftest import Stage
from tests.scenarios.person import Person

pytestmark = pytest.mark.usefixtures("quick")
MEDIA = "C0MEDIA"
SHARED = "Another organization shares this channel"


async def becomes(person: Person, **traits: object) -> None:
    """Make a person a guest, or one from another organization."""
    response = await person.page.post("/test/person", json={"user": person.id, **traits})
    assert response.json()["ok"], response.text


async def test_subscribing_in_a_shared_channel_says_who_reads_along(stage: Stage):
    job, other = stage.scene.job(name="lecture.mp4"), stage.scene.job(name="trailer.mp4")
    assert not (await stage.dana.types(f"/jobs subscribe {job.id}", MEDIA)).says(SHARED)
    response = await stage.dana.page.post("/test/channel", json={"channel": MEDIA, "shared": True})
    assert response.json()["ok"]
    answer = await stage.dana.types(f"/jobs subscribe {job.id} {other.id} on:any", MEDIA)
    assert SHARED in answer.text
    assert SHARED in answer.json["text"]
    assert not (await stage.dana.types(f"/jobs subscribe {job.id} to:dm", MEDIA)).says(SHARED)
    stage.dana.workspace.faults.order(Fault(method="conversations.info", error="missing_scope"))
    assert (await stage.lee.types(f"/jobs subscribe {job.id}", MEDIA)).says("Already following")


async def test_a_person_who_becomes_a_guest_is_notified_of_nothing_more(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    job = stage.scene.job(name="lecture.mp4")
    await stage.lee.types(f"/jobs subscribe {job.id} to:dm")
    card = await stage.lee.hears("Subscribed by", "D0LEE")
    await stage.dana.types(f"/jobs subscribe {job.id} to:dm")
    await stage.dana.hears("Subscribed by", "D0DANA")
    await becomes(stage.lee, guest="multi")
    monkeypatch.setattr(membership, "KEPT_S", 0.0)
    stage.world.end(job.id, "failed")
    await stage.lee.hears("this channel lost access to the account", "D0LEE")
    await stage.dana.hears("Failed", "D0DANA", broadcast=True)
    assert [each.ts for each in await stage.lee.sees("D0LEE")] == [card.ts]


async def test_direct_messages_go_on_while_slack_does_not_say_who_is_a_guest(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
):
    job = stage.scene.job(name="lecture.mp4")
    await stage.lee.types(f"/jobs subscribe {job.id} to:dm")
    await stage.lee.hears("Subscribed by", "D0LEE")
    monkeypatch.setattr(membership, "KEPT_S", 0.0)
    stage.lee.workspace.faults.order(Fault(method="users.info", error="fatal_error", times=1000))
    await end_unseen(stage.bot, "T0SANDBOX/U0LEE")
    stage.world.end(job.id, "failed")
    await enqueue_delivery(stage.bot, "T0SANDBOX/U0LEE")
    await stage.lee.hears("Failed", "D0LEE", broadcast=True)


async def test_slack_is_not_waited_for_for_long(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(membership, "WAIT_S", 0.2)
    stage.dana.workspace.faults.order(Fault(method="users.info", hang_s=86_400))
    answer = await stage.dana.types("/jobs list")
    assert "Slack didn't say whether you are one. Try again in a minute." in answer.text
    stage.dana.workspace.faults.clear_all()
    assert (await stage.dana.types("/jobs list")).says("media-cn")


async def test_the_form_to_subscribe_names_no_user_groups_to_a_guest(stage: Stage):
    assert "on-call" in str(await stage.dana.asks("/jobs subscribe", until="Subscribe"))
    gil = replace(stage.dana, id="U0GIL")
    await becomes(gil, guest="single")
    assert "on-call" not in str(await gil.asks("/jobs subscribe", until="Subscribe"))


async def test_a_home_tab_of_another_organization_shows_nothing(stage: Stage):
    vera = replace(stage.dana, id="U0VERA")
    await becomes(vera, team="T0OTHER")
    tab = str(await vera.looks_at_home(until="Callboard doesn't answer people from other organizations here."))
    assert not [word for word in ("media-cn", "vod-sg", "video-ocr") if word in tab]
