"""The vendors' own clients list and look up jobs. They verify the clouds' wire formats and signatures."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from sandbox.clouds.accounts import MEDIA_CN, VOD_SG, Keys
from sandbox.clouds.example_jobs import (
    DIGITAL_HUMAN_ID,
    IMAGE_MODERATION_ID,
    VIDEO_OCR_ID,
    VOD_AI_ID,
    VOD_FAILED_AUDIT_ID,
    VOD_FAILED_TRANSCODE_ID,
    VOD_MEDIA,
    VOD_TRANSCODE_ID,
)
from sandbox.clouds.server import serving
from sandbox.clouds.world import World

pytest.importorskip("huaweicloudsdkcore", reason="the vendors' clients are not installed")
pytest.importorskip("alibabacloud_vod20170321", reason="the vendors' clients are not installed")

pytestmark = [
    pytest.mark.filterwarnings("ignore:datetime.datetime.utc.*:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:invalid escape sequence"),
]

Ask = Callable[[Any, str, dict[str, Any]], Any]


@pytest.fixture
async def url() -> AsyncIterator[str]:
    async with serving(World(seed=3, jobs_per_service=120)) as url:
        yield url


def huawei_client(client: Any, url: str, keys: Keys = MEDIA_CN.keys[0]) -> Any:
    from huaweicloudsdkcore.auth.credentials import BasicCredentials

    credentials = BasicCredentials(keys.access_key_id, keys.secret_access_key, MEDIA_CN.project_id)
    if keys.security_token:
        credentials = credentials.with_security_token(keys.security_token)
    return client.new_builder().with_credentials(credentials).with_endpoints([url]).build()


def alibaba_client(url: str, keys: Keys = VOD_SG.keys[0]) -> Any:
    from alibabacloud_tea_openapi.models import Config
    from alibabacloud_vod20170321.client import Client

    config: Any = Config(
        access_key_id=keys.access_key_id,
        access_key_secret=keys.secret_access_key,
        endpoint=url.removeprefix("http://"),
        protocol="http",
    )
    config.security_token = keys.security_token
    return Client(config)


@pytest.mark.parametrize("keys", MEDIA_CN.keys[:2], ids=["permanent", "temporary"])
async def test_huaweis_vas_client(url: str, keys: Keys):
    from huaweicloudsdkvas.v2 import ListTasksDetailsRequest, ShowTaskRequest, VasClient

    def ask() -> tuple[Any, Any]:
        client = huawei_client(VasClient, url, keys)
        query = ListTasksDetailsRequest("video-ocr", order="created_at:DESC", offset=0, limit=50, name_like="第二场")
        return client.list_tasks_details(query), client.show_task(ShowTaskRequest("video-ocr", VIDEO_OCR_ID))

    page, task = await asyncio.to_thread(ask)
    assert page.count == len(page.tasks)
    assert {job.name for job in page.tasks} == {"产品发布会-上海站-第二场.mp4"}
    assert (task.id, task.state, task.input.data[0].path) == (VIDEO_OCR_ID, "RUNNING", "input/demo.mp4")


async def test_huaweis_moderation_client(url: str):
    from huaweicloudsdkmoderation.v2 import ModerationClient, RunCheckResultRequest, RunCheckTaskJobsRequest

    def ask() -> tuple[Any, Any]:
        client = huawei_client(ModerationClient, url)
        page = client.run_check_task_jobs(RunCheckTaskJobsRequest(status="finish", offset=0, limit=100))
        return page, client.run_check_result(RunCheckResultRequest(job_id=IMAGE_MODERATION_ID))

    page, found = await asyncio.to_thread(ask)
    assert IMAGE_MODERATION_ID in [job.job_id for job in page.result]
    assert page.count == len(page.result)
    assert found.result.status == "finish"
    assert {item.suggestion for item in found.result.items} <= {"pass", "review", "block", None}


async def test_huaweis_metastudio_client(url: str):
    from huaweicloudsdkmetastudio.v1 import (
        ListDigitalHumanVideoRequest,
        MetaStudioClient,
        Show2DDigitalHumanVideoRequest,
    )

    def ask() -> tuple[Any, Any]:
        client = huawei_client(MetaStudioClient, url)
        query = ListDigitalHumanVideoRequest(
            limit=100, create_since="2020-01-01T00:00:00Z", state="SUCCEED,FAILED", job_ids=[DIGITAL_HUMAN_ID, "none"]
        )
        page = client.list_digital_human_video(query)
        return page, client.show2_d_digital_human_video(Show2DDigitalHumanVideoRequest(job_id=DIGITAL_HUMAN_ID))

    page, video = await asyncio.to_thread(ask)
    assert [job.job_id for job in page.jobs] == [DIGITAL_HUMAN_ID]
    assert len(page.x_request_id) == 32
    assert (video.state, video.output_asset_config.asset_name) == ("SUCCEED", "One Day")


async def test_huaweis_client_reads_the_refusals(url: str):
    from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
    from huaweicloudsdkvas.v2 import ShowTaskRequest, VasClient

    def ask() -> Any:
        wrong = Keys(MEDIA_CN.keys[0].access_key_id, "wrong")
        return huawei_client(VasClient, url, wrong).show_task(ShowTaskRequest("video-ocr", VIDEO_OCR_ID))

    with pytest.raises(ClientRequestException) as caught:
        await asyncio.to_thread(ask)
    assert (caught.value.status_code, caught.value.error_code) == (401, "APIGW.0301")


@pytest.mark.parametrize("keys", VOD_SG.keys[:2], ids=["permanent", "temporary"])
async def test_alibabas_client_lists_ai_jobs(url: str, keys: Keys):
    from alibabacloud_vod20170321.models import ListAIJobRequest

    def ask() -> Any:
        return alibaba_client(url, keys).list_aijob(ListAIJobRequest(job_ids=f"{VOD_AI_ID},no one,~%é")).body

    body = await asyncio.to_thread(ask)
    assert [job.job_id for job in body.aijob_list.aijob] == [VOD_AI_ID]
    assert body.non_exist_aijob_ids.string == ['["no one", "~%\\u00e9"]']


async def test_alibabas_client_looks_up_and_finds_reasons(url: str):
    from alibabacloud_vod20170321 import models

    def ask() -> tuple[Any, ...]:
        client = alibaba_client(url)
        return (
            client.get_job_detail(models.GetJobDetailRequest(job_id=VOD_TRANSCODE_ID, job_type="transcode")).body,
            client.list_job_info(models.ListJobInfoRequest(media_id=VOD_MEDIA, job_type="transcode")).body,
            client.get_transcode_task(models.GetTranscodeTaskRequest(job_ids=VOD_FAILED_TRANSCODE_ID)).body,
            client.get_aimedia_audit_job(models.GetAIMediaAuditJobRequest(job_id=VOD_FAILED_AUDIT_ID)).body,
        )

    detail, listed, task, audit = await asyncio.to_thread(ask)
    assert detail.transcode_job_detail.status == "TranscodeSuccess"
    assert [job.job_id for job in listed.job_info_list] == [VOD_TRANSCODE_ID, VOD_FAILED_TRANSCODE_ID]
    assert task.transcode_job_info_list[0].error_code == "FileFormatNotSupported"
    assert audit.media_audit_job.code == "FileFormatNotSupported"


async def test_alibabas_client_reads_the_refusals(url: str):
    from alibabacloud_vod20170321.models import GetJobDetailRequest
    from darabonba.exceptions import DaraException

    def ask() -> Any:
        return alibaba_client(url).get_job_detail(GetJobDetailRequest(job_id="nobody", job_type="ai"))

    with pytest.raises(DaraException) as caught:
        await asyncio.to_thread(ask)
    assert caught.value.code == "InvalidJobId.NotFound"
