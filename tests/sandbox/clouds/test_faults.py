import json

import httpx
import pytest

from sandbox.clouds.accounts import MEDIA_CN
from sandbox.clouds.example_jobs import VOD_AI_ID, VOD_TRANSCODE_ID
from sandbox.clouds.faults import UNHEARD_OF, Fault
from sandbox.clouds.world import World
from tests.sandbox.clouds.callers import Alibaba, Clock, Huawei

TASKS = "/v2/{p}/services/video-ocr/tasks"
JOBS = "/v2/{p}/moderation/image/batch/jobs"
VIDEOS = "/v1/{p}/digital-human-videos"


def set_fault(world: World, fault: str, **fields: object) -> None:
    world.faults.add(Fault.model_validate({"fault": fault, **fields}), world.now())


@pytest.mark.parametrize(
    ("path", "fault", "expected"),
    [
        (TASKS, "error", (500, "IVA.0006")),
        (JOBS, "error", (400, "AIS.0003")),
        (VIDEOS, "error", (500, "MSS.00000004")),
        (TASKS, "forbidden", (403, "IVA.0009")),
        (JOBS, "forbidden", (403, "APIGW.0302")),
        (VIDEOS, "unauthorized", (401, "APIGW.0301")),
        (VIDEOS, "throttle", (429, "APIGW.0308")),
        (TASKS, "not_found_api", (404, "IVA.0005")),
        (JOBS, "not_found_api", (404, "APIGW.0101")),
        (VIDEOS, "not_found_api", (404, "APIGW.0101")),
    ],
)
async def test_huawei_refuses_in_its_own_words(
    huawei: Huawei, world: World, path: str, fault: str, expected: tuple[int, str]
):
    set_fault(world, fault)
    response = await huawei.get(path)
    assert (response.status_code, response.json()["error_code"]) == expected


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("error", 503, "ServiceUnavailable"),
        ("forbidden", 403, "Forbidden.RAM"),
        ("unauthorized", 404, "InvalidAccessKeyId.NotFound"),
        ("throttle", 400, "Throttling.User"),
        ("not_found_api", 404, "InvalidAction.NotFound"),
    ],
)
async def test_alibaba_refuses_in_its_own_words(alibaba: Alibaba, world: World, fault: str, status: int, code: str):
    set_fault(world, fault)
    response = await alibaba.call("ListAIJob", JobIds=VOD_AI_ID)
    assert (response.status_code, response.json()["Code"]) == (status, code)


async def test_a_throttled_caller_learns_when_to_retry(huawei: Huawei, alibaba: Alibaba, world: World):
    set_fault(world, "throttle", seconds=7)
    assert (await huawei.get(TASKS)).headers["retry-after"] == "7"
    assert (await alibaba.call("ListAIJob", JobIds=VOD_AI_ID)).headers["x-acs-retry-after"] == "7000"


async def test_status_and_code_of_an_error_can_be_chosen(huawei: Huawei, world: World):
    set_fault(world, "error", status=504, code="APIGW.0201")
    response = await huawei.get(TASKS)
    assert (response.status_code, response.json()["error_code"]) == (504, "APIGW.0201")


async def test_a_fault_affects_one_service_of_one_account(huawei: Huawei, alibaba: Alibaba, world: World):
    set_fault(world, "error", account=MEDIA_CN.name, service="video-ocr")
    assert (await huawei.get(TASKS)).status_code == 500
    assert (await huawei.get(VIDEOS)).status_code == 200
    assert (await alibaba.call("ListAIJob", JobIds=VOD_AI_ID)).status_code == 200


async def test_a_fault_can_affect_one_operation(alibaba: Alibaba, world: World):
    set_fault(world, "error", operation="GetTranscodeTask")
    assert (await alibaba.call("GetTranscodeTask", JobIds=VOD_TRANSCODE_ID)).status_code == 503
    assert (await alibaba.call("GetJobDetail", JobId=VOD_TRANSCODE_ID, JobType="transcode")).status_code == 200


async def test_a_fault_ends_after_its_count_or_its_duration(huawei: Huawei, world: World, clock: Clock):
    set_fault(world, "error", count=2)
    assert [(await huawei.get(TASKS)).status_code for _ in range(3)] == [500, 500, 200]
    set_fault(world, "error", duration_s=30)
    clock.now += 29
    assert (await huawei.get(TASKS)).status_code == 500
    clock.now += 1
    assert (await huawei.get(TASKS)).status_code == 200
    assert world.faults.current(world.now()) == []


async def test_setting_a_fault_again_replaces_it(world: World):
    set_fault(world, "error", service="vod-ai")
    set_fault(world, "error", service="vod-ai", status=502)
    set_fault(world, "slow", service="vod-ai")
    assert [(fault.fault, fault.status) for fault in world.faults.current(world.now())] == [
        ("error", 502),
        ("slow", None),
    ]
    world.faults.clear_all(service="vod-ai")
    assert world.faults.current(world.now()) == []


async def test_a_malformed_body_is_not_json(huawei: Huawei, world: World):
    set_fault(world, "malformed")
    response = await huawei.get(TASKS)
    assert response.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        response.json()


async def test_one_job_is_in_an_undocumented_state(huawei: Huawei, alibaba: Alibaba, world: World):
    set_fault(world, "unknown_state")
    states = [task["state"] for task in (await huawei.get(TASKS)).json()["tasks"]]
    assert states.count(UNHEARD_OF) == 1
    detail = await alibaba.call("GetJobDetail", JobId=VOD_TRANSCODE_ID, JobType="transcode")
    assert detail.json()["TranscodeJobDetail"]["Status"] == UNHEARD_OF


async def test_one_job_is_broken_and_the_others_are_not(huawei: Huawei, world: World):
    good = (await huawei.get(TASKS)).json()["tasks"]
    set_fault(world, "malformed_job")
    spoilt = (await huawei.get(TASKS)).json()["tasks"]
    assert spoilt[1:] == good[1:]
    assert spoilt[0].keys() == good[0].keys()
    assert not isinstance(spoilt[0]["id"], str)


async def test_a_fault_leaves_no_trace_in_the_cache(huawei: Huawei, world: World):
    good = (await huawei.get(TASKS)).json()
    set_fault(world, "malformed_job", count=1)
    await huawei.get(TASKS)
    assert (await huawei.get(TASKS)).json() == good


async def test_unknown_projects_and_keys_get_the_faults_of_every_account(client: httpx.AsyncClient, world: World):
    set_fault(world, "error")
    response = await client.get("/v2/nobody/services/video-ocr/tasks")
    assert response.status_code == 500
    unknown_path = await client.get("/v9/what")
    assert unknown_path.status_code == 404
