"""A person picks Callboard from the menu of a message: an alert, a question, a reply."""

import tomllib

import pytest

from sandbox.clouds.example_jobs import (
    IMAGE_MODERATION_ID,
    VIDEO_OCR_ID,
    VOD_AI_ID,
    VOD_FAILED_AUDIT_ID,
    VOD_WORKFLOW_ID,
)
from sandbox.demo import CONFIGURATION
from tests.scenarios.conftest import Stage

pytestmark = pytest.mark.both_modes

MEDIA = "C0MEDIA"


async def test_an_alert_that_is_all_attachment(stage: Stage):
    alert = await stage.dana.reads("AuditFailed", MEDIA)
    answer = await stage.dana.chooses("look_up_jobs", alert, MEDIA)
    assert answer.has({"ephemeral": True})
    assert f"vod-sg/vod-jobs/{VOD_FAILED_AUDIT_ID}" in answer.text
    assert "Why it failed" in answer.text


async def test_a_list_of_ids_in_code_wherever_they_belong(stage: Stage):
    alert = await stage.dana.reads("Jobs over their time", MEDIA)
    answer = await stage.dana.chooses("look_up_jobs", alert, MEDIA)
    for ref in (
        f"media-cn/image-moderation/{IMAGE_MODERATION_ID}",
        f"vod-sg/vod-ai/{VOD_AI_ID}",
        f"vod-sg/vod-jobs/{VOD_WORKFLOW_ID}",
    ):
        assert ref in answer.text
    assert "Refresh" in (await stage.dana.turns("Refresh", answer, MEDIA)).buttons()


async def test_following_the_job_of_an_alert(stage: Stage):
    alert = await stage.dana.reads("VideoOcrStuck")
    answer = await stage.dana.chooses("subscribe_to_jobs", alert)
    assert answer.says("Following")
    card = await stage.lee.hears("Subscribed by <@U0DANA>")
    assert VIDEO_OCR_ID in str(card.json)


async def test_a_question_of_a_person_names_the_job_too(stage: Stage):
    question = await stage.dana.reads("or did it die")
    assert VIDEO_OCR_ID in (await stage.dana.chooses("look_up_jobs", question)).text


async def test_a_message_without_a_job(stage: Stage):
    message = await stage.dana.reads("I have the pager")
    assert (await stage.dana.chooses("look_up_jobs", message)).says("I found no job in this message")


async def test_an_address_of_the_api_names_its_job_and_not_the_project(stage: Stage):
    configured = tomllib.loads(CONFIGURATION.read_text(encoding="utf-8"))["accounts"]
    project = next(account["project_id"] for account in configured if account["name"] == "media-cn")
    address = f"https://iva.cn-north-4.myhuaweicloud.com/v2/{project}/services/video-ocr/tasks/{VIDEO_OCR_ID}"
    await stage.dana.says(f"GET <{address}> hangs")
    answer = await stage.dana.chooses("look_up_jobs", await stage.dana.reads("hangs"))
    assert f"media-cn/video-ocr/{VIDEO_OCR_ID}" in answer.text
    assert project not in answer.text.replace(address, "")
