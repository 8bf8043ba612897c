"""A person subscribes in a form instead of a command."""

import pytest

from sandbox.slack.workspace.faults import Fault
from tests.scenarios.conftest import Stage
from tests.scenarios.person import Json

pytestmark = [pytest.mark.usefixtures("quick"), pytest.mark.both_modes]


def option(view: Json, name: str, value: str) -> Json:
    block = next(each for each in view["blocks"] if each.get("block_id") == name)
    return {"selected_option": next(each for each in block["element"]["options"] if each["value"] == value)}


def options(view: Json, name: str, *values: str) -> Json:
    block = next(each for each in view["blocks"] if each.get("block_id") == name)
    return {"selected_options": [each for each in block["element"]["options"] if each["value"] in values]}


async def test_subscribe_under_details_opens_it_filled_in_and_one_enter_confirms(stage: Stage):
    job = stage.scene.job(name="lecture.mp4")
    shown = await stage.dana.types(f"/jobs show {job.id}")
    form = await stage.dana.opened(lambda: stage.dana.starts("Subscribe", shown), "Subscribe to jobs")
    assert f"media-cn/video-ocr/{job.id}" in str(form)
    await stage.dana.sends(form)
    answer = await stage.dana.hears("Following", ephemeral=True)
    assert answer.says("lecture.mp4")
    await stage.lee.hears("Subscribed by <@U0DANA>")


async def test_what_is_chosen_in_it_counts(stage: Stage):
    job = stage.scene.job()
    form = await stage.dana.asks("/jobs subscribe", until="Subscribe to jobs")
    await stage.dana.sends(
        form,
        jobs={"value": job.id},
        on=options(form, "on", "failed"),
        to=option(form, "to", "thread"),
        mention={"selected_users": ["U0LEE"]},
        groups=options(form, "groups", "S0ONCALL"),
    )
    card = await stage.dana.hears("Subscribed by <@U0DANA>")
    assert card.says("posts only to the thread when it fails")
    stage.world.end(job.id, "failed")
    told = await stage.dana.hears("Failed", thread_ts=card.ts, broadcast=False)
    assert "<@U0LEE> <!subteam^S0ONCALL>" in told.text


async def test_sent_off_long_after_it_was_opened_it_is_answered_all_the_same(stage: Stage):
    job = stage.scene.job(name="lecture.mp4")
    form = await stage.dana.asks("/jobs subscribe", until="Subscribe to jobs")
    stage.dana.workspace.faults.order(Fault(method="response_url", error="expired_url", times=9))
    await stage.dana.sends(form, jobs={"value": job.id})
    assert (await stage.dana.hears("Following", ephemeral=True)).says("lecture.mp4")
    await stage.lee.hears("Subscribed by <@U0DANA>")


async def test_what_is_wrong_with_it_is_said_in_it(stage: Stage):
    form = await stage.dana.asks("/jobs subscribe", until="Subscribe to jobs")
    refused = await stage.dana.opened(
        lambda: stage.dana.sends(form, jobs={"value": "nonsense.mp4"}), "nonsense.mp4 is not a job"
    )
    assert refused["id"] == form["id"]


async def test_all_unfinished_of_a_list(stage: Stage):
    stage.scene.job(name="zebra 1")
    stage.scene.job(name="zebra 2")
    listed = await stage.dana.types("/jobs list video-ocr state:running name:zebra")
    form = await stage.dana.opened(lambda: stage.dana.starts("Follow 2 running", listed), "Subscribe to jobs")
    await stage.dana.sends(form)
    assert (await stage.dana.hears("Following")).says("2 jobs")


async def test_user_groups_are_picked_by_name_and_typed_where_the_app_may_not_know_them(stage: Stage):
    job = stage.scene.job()
    form = await stage.dana.asks("/jobs subscribe", until="@on-call · On call")
    assert "Copy group ID" not in str(form)
    stage.bot.group_names.kept.clear()
    stage.dana.workspace.faults.order(Fault(method="usergroups.list", error="missing_scope"))
    form = await stage.dana.asks("/jobs subscribe", until="Copy group ID")
    await stage.dana.sends(form, jobs={"value": job.id}, groups={"value": "<!subteam^S0ONCALL|@on-call>"})
    assert (await stage.dana.hears("Following", ephemeral=True)).says("mentions <!subteam^S0ONCALL>")
