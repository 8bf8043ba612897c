from typing import Any

import pytest

from sandbox.clouds.alibaba.failure_reasons import task_id_of
from sandbox.clouds.example_jobs import (
    VOD_AI_ID,
    VOD_AI_MEDIA,
    VOD_AUDIT_ID,
    VOD_FAILED_AUDIT_ID,
    VOD_FAILED_TRANSCODE_ID,
    VOD_MEDIA,
    VOD_SNAPSHOT_ID,
    VOD_TRANSCODE_ID,
    VOD_WORKFLOW_ID,
)
from sandbox.clouds.world import World
from tests.sandbox.clouds.callers import Alibaba, Clock, add_job


async def ask(alibaba: Alibaba, action: str, **params: Any) -> dict[str, Any]:
    response = await alibaba.call(action, **params)
    assert response.status_code == 200, response.text
    return response.json()


async def detail(alibaba: Alibaba, job_id: str, job_type: str) -> dict[str, Any]:
    return await ask(alibaba, "GetJobDetail", JobId=job_id, JobType=job_type)


@pytest.mark.parametrize(
    ("job_id", "job_type", "name"),
    [
        (VOD_TRANSCODE_ID, "transcode", "TranscodeJobDetail"),
        (VOD_SNAPSHOT_ID, "snapshot", "SnapshotJobDetail"),
        (VOD_AUDIT_ID, "ai", "AIJobDetail"),
        (VOD_AI_ID, "ai", "AIJobDetail"),
    ],
)
async def test_a_job_is_found_under_its_type(alibaba: Alibaba, job_id: str, job_type: str, name: str):
    reply = await detail(alibaba, job_id, job_type)
    assert reply["JobType"] == job_type
    assert reply[name]["JobId"] == job_id


async def test_a_workflow_has_a_task_id(alibaba: Alibaba):
    task = (await detail(alibaba, VOD_WORKFLOW_ID, "workflow"))["WorkflowTaskDetail"]
    assert task["TaskId"] == VOD_WORKFLOW_ID
    assert (task["Status"], task["FinishTime"], task["Workflow"]["Status"]) == ("Processing", None, "Active")


async def test_objects_of_other_types_are_filled_too(alibaba: Alibaba):
    reply = await detail(alibaba, VOD_TRANSCODE_ID, "transcode")
    assert reply["SnapshotJobDetail"]["JobId"] == VOD_SNAPSHOT_ID
    assert reply["AIJobDetail"]["CompleteTime"].endswith("Z\n")
    assert reply["TranscodeJobDetail"]["JobId"] == VOD_TRANSCODE_ID


async def test_no_detail_has_a_failure_reason(alibaba: Alibaba):
    reply = await detail(alibaba, VOD_FAILED_TRANSCODE_ID, "transcode")
    job = reply["TranscodeJobDetail"]
    assert job["Status"] == "TranscodeFail"
    assert not {key for key in job if "Error" in key or key in {"Code", "Message"}}


async def test_a_wrong_type_is_answered_without_the_object_and_an_unknown_id_refused(alibaba: Alibaba):
    reply = await detail(alibaba, VOD_TRANSCODE_ID, "snapshot")
    assert reply.keys() == {"RequestId", "JobType"}
    unknown = await alibaba.call("GetJobDetail", JobId="nobody", JobType="ai")
    assert (unknown.status_code, unknown.json()["Code"]) == (404, "InvalidJobId.NotFound")
    nonsense = await alibaba.call("GetJobDetail", JobId=VOD_AUDIT_ID, JobType="AI")
    assert (nonsense.status_code, nonsense.json()["Code"]) == (400, "InvalidJobType")


async def test_jobs_older_than_six_months_are_unknown(alibaba: Alibaba, world: World):
    add_job(world, "vod-sg", "vod-jobs", id="old", created_ago_s=184 * 86_400)
    add_job(world, "vod-sg", "vod-jobs", id="young", created_ago_s=182 * 86_400)
    assert (await alibaba.call("GetJobDetail", JobId="old", JobType="transcode")).status_code == 404
    assert (await detail(alibaba, "young", "transcode"))["TranscodeJobDetail"]["Status"] == "TranscodeSuccess"


async def test_fifteen_details_a_second_and_account(alibaba: Alibaba, clock: Clock):
    clock.now += 0.25
    for _ in range(15):
        await detail(alibaba, VOD_AUDIT_ID, "ai")
    refused = await alibaba.call("GetJobDetail", JobId=VOD_AUDIT_ID, JobType="ai")
    assert (refused.status_code, refused.json()["Code"]) == (400, "Throttling.User")
    assert refused.headers["x-acs-retry-after"] == "750"
    assert (await alibaba.call("ListAIJob", JobIds=VOD_AI_ID)).status_code == 200
    clock.now += 0.75
    await detail(alibaba, VOD_AUDIT_ID, "ai")


async def test_the_jobs_of_a_media_asset_are_listed_by_type(alibaba: Alibaba):
    lists = {
        kind: {
            job["JobId"]: job["Status"]
            for job in (await ask(alibaba, "ListJobInfo", MediaId=VOD_MEDIA, JobType=kind))["JobInfoList"]
        }
        for kind in ("transcode", "snapshot", "ai")
    }
    assert lists == {
        "transcode": {VOD_TRANSCODE_ID: "TranscodeSuccess", VOD_FAILED_TRANSCODE_ID: "TranscodeFail"},
        "snapshot": {VOD_SNAPSHOT_ID: "Success"},
        "ai": {VOD_AUDIT_ID: "success", VOD_FAILED_AUDIT_ID: "fail"},
    }
    tags = (await ask(alibaba, "ListJobInfo", MediaId=VOD_AI_MEDIA, JobType="ai"))["JobInfoList"]
    assert [job["JobId"] for job in tags] == [VOD_AI_ID]
    assert (await ask(alibaba, "ListJobInfo", MediaId="nobody", JobType="ai"))["JobInfoList"] == []
    workflow = await alibaba.call("ListJobInfo", MediaId=VOD_MEDIA, JobType="workflow")
    assert workflow.json()["Code"] == "InvalidJobType"


async def test_transcode_jobs_have_progress_and_reason(alibaba: Alibaba, world: World, clock: Clock):
    running = add_job(world, "vod-sg", "vod-jobs", wait_s=10, run_s=100)
    clock.now += 60
    reply = await ask(alibaba, "GetTranscodeTask", JobIds=f"{running},{VOD_FAILED_TRANSCODE_ID},{VOD_SNAPSHOT_ID}")
    jobs = {job["TranscodeJobId"]: job for job in reply["TranscodeJobInfoList"]}
    assert (jobs[running]["TranscodeProgress"], jobs[running]["ErrorCode"]) == (50, None)
    assert jobs[VOD_FAILED_TRANSCODE_ID]["ErrorCode"] == "FileFormatNotSupported"
    assert reply["NonExistJobIds"] == [VOD_SNAPSHOT_ID]


async def test_a_transcode_task_holds_the_jobs_of_its_media(alibaba: Alibaba):
    reply = await ask(alibaba, "GetTranscodeTask", TranscodeTaskId=task_id_of(VOD_MEDIA))
    task = reply["TranscodeTask"]
    assert task["TaskStatus"] == "CompletePartialSucc"
    assert len(task["TranscodeJobInfoList"]) == 2


async def test_a_review_has_a_reason_and_other_jobs_have_none(alibaba: Alibaba):
    failed = (await ask(alibaba, "GetAIMediaAuditJob", JobId=VOD_FAILED_AUDIT_ID))["MediaAuditJob"]
    assert (failed["Status"], failed["Code"]) == ("fail", "FileFormatNotSupported")
    passed = (await ask(alibaba, "GetAIMediaAuditJob", JobId=VOD_AUDIT_ID))["MediaAuditJob"]
    assert (passed["Status"], passed["Code"]) == ("success", None)
    assert (await alibaba.call("GetAIMediaAuditJob", JobId=VOD_AI_ID)).status_code == 404


async def test_an_ai_job_has_more_states_here_than_there(alibaba: Alibaba, world: World, clock: Clock):
    job_id = add_job(world, "vod-sg", "vod-jobs", kind="ai", wait_s=10, run_s=60)
    seen: list[tuple[str, str]] = []
    for step in (1, 5, 5, 20, 60):
        clock.now += step
        here = (await detail(alibaba, job_id, "ai"))["AIJobDetail"]["Status"]
        there = (await ask(alibaba, "GetAIMediaAuditJob", JobId=job_id))["MediaAuditJob"]["Status"]
        seen.append((here, there))
    assert seen == [
        ("reserved", "init"),
        ("init", "init"),
        ("processing", "processing"),
        ("analysing", "processing"),
        ("success", "success"),
    ]
