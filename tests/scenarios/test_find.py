"""A person finds a job in a form that opens from anywhere."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.slack.workspace.faults import Fault
from tests.scenarios import person
from tests.scenarios.conftest import Stage
from tests.scenarios.person import Json

OCR = "f18320e61e4c4dc685aa2dfc22a28dc5"


def option(view: Json, name: str, value: str) -> Json:
    return next(each for each in block(view, name)["element"]["options"] if each["value"] == value)


def block(view: Json, name: str) -> Json:
    return next(each for each in view["blocks"] if each.get("block_id", "").partition(":")[0] == name)


async def finding(stage: Stage) -> Json:
    return await stage.dana.opened(lambda: stage.dana.picks_shortcut("find_jobs"), until="checked")


async def until(done: Callable[[], bool]) -> None:
    await person.until(lambda: asyncio.sleep(0, done()))


async def nothing() -> None:
    """Do nothing, to read the present state."""


async def sent(stage: Stage, view: Json, until: str, **fields: Any) -> Json:
    return await stage.dana.opened(lambda: stage.dana.sends(view, **fields), until)


@pytest.mark.parametrize("how", ["shortcut", "/jobs find"])
async def test_it_opens_with_the_newest_jobs(stage: Stage, how: str):
    view = await finding(stage) if how == "shortcut" else await stage.dana.asks(how, until="checked")
    assert "1–10 of" in str(view)
    assert "doesn't support listing" in str(view)


async def test_text_and_filters_find_jobs_and_details_stand_on_top(stage: Stage):
    stage.scene.job(name="lecture 1")
    stage.scene.job(name="lecture 2", outcome="failed", run_s=0.1)
    stage.world.advance(60)
    view = await finding(stage)
    found = await sent(
        stage,
        view,
        "1 of 1,",
        text={"value": "LECTURE"},
        state={"selected_options": [option(view, "state", "failed")]},
    )
    assert "*lecture 1*" not in str(found)
    details = await stage.dana.opened(lambda: stage.dana.uses(found, "Details"), "Why it failed")
    assert details["id"] != found["id"]
    assert "Share" not in str(details)


async def test_part_of_an_id_is_found_in_a_service_of_an_account(stage: Stage):
    view = await finding(stage)
    found = await sent(stage, view, "1 of 1,", text={"value": OCR[:9]})
    assert "ocr-task" in str(found)


async def test_an_account_has_its_own_services(stage: Stage):
    view = await finding(stage)
    narrowed = await stage.dana.opened(lambda: stage.dana.selects(view, "account", "vod-sg"), "Press *Find*")
    services = [each["value"] for each in block(narrowed, "service")["element"]["options"]]
    assert services == ["any", "vod-ai", "vod-jobs"]
    found = await sent(stage, narrowed, "checked", account={"selected_option": option(narrowed, "account", "vod-sg")})
    assert "media-cn/video-ocr" not in str(found)


async def test_a_slow_answer_to_a_pick_leaves_what_was_found_since(stage: Stage):
    stage.scene.job(name="zebra")
    view, workspace = await finding(stage), stage.dana.workspace
    workspace.faults.order(Fault(method="views.update", hang_s=0.5))
    await stage.dana.selects(view, "account", "vod-sg")
    await until(lambda: not workspace.faults.left)
    found = await sent(stage, view, "1 of 1,", text={"value": "zebra"})
    await until(lambda: "Press *Find*" in str([call.arguments for call in workspace.calls]))
    assert (await stage.dana.opened(nothing))["blocks"] == found["blocks"]


async def test_pages_turn_within_the_form(stage: Stage):
    view = await finding(stage)
    on = await stage.dana.opened(lambda: stage.dana.uses(view, "Next ▶"), "11–20 of")
    assert on["id"] == view["id"]
    assert await stage.dana.opened(lambda: stage.dana.uses(on, "◀ Previous"), "1–10 of")


async def test_subscribing_from_it_asks_for_the_channel(stage: Stage):
    job = stage.scene.job(name="zebra")
    found = await sent(stage, await finding(stage), "1 of 1,", text={"value": "zebra"})
    details = await stage.dana.opened(lambda: stage.dana.uses(found, "Details"), f"`{job.id}`")
    form = await stage.dana.opened(lambda: stage.dana.uses(details, "Subscribe"), "Subscribe to jobs")
    await stage.dana.sends(form, where={"selected_conversation": "C0MEDIA"})
    assert (await stage.dana.hears("Following", "C0MEDIA", ephemeral=True)).says("zebra")
    await stage.lee.hears("Subscribed by <@U0DANA>", "C0MEDIA")


async def test_a_masked_id_is_nothing_to_find(stage: Stage):
    found = await sent(stage, await finding(stage), "No jobs match", text={"value": "aasdcsfg782740asd3****"})
    assert "Find jobs" in str(found)
