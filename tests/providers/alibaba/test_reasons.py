"""Reasons that GetJobDetail omits come from the operation that has them."""

import asyncio
import re
from collections.abc import Mapping

import httpx
import pytest

from providers.alibaba.client import Vod
from providers.alibaba.reasons import complete
from providers.http.deadline import within
from providers.http.rate_limit import Budget
from providers.models import SHOWN_ALONE, Job, JobError, JobQuery, JobState
from tests.providers.alibaba.cloud import Answer, Cloud, Json, account, fixture, refused


def detail_of(kind: str, status: str, **more: object) -> Json:
    name = {"transcode": "TranscodeJobDetail", "ai": "AIJobDetail", "snapshot": "SnapshotJobDetail"}[kind]
    return {name: {"Status": status, **more}}


def transcodes(**more: object) -> Answer:
    return lambda asked: {"TranscodeJobInfoList": [{"TranscodeJobId": i, **more} for i in asked["JobIds"].split(",")]}


async def one(cloud: Cloud, kind: str) -> Job:
    (job,) = (await cloud.vod_jobs().lookup(["j1"], {"j1": kind})).found
    return job


async def test_a_failed_transcode_job_gets_its_reason_and_files():
    cloud = Cloud(
        GetJobDetail=lambda _: detail_of("transcode", "TranscodeFail"),
        GetTranscodeTask=transcodes(
            ErrorCode="InvalidParameter.ResourceContentBad",
            ErrorMessage="The resource https://b/in.mp4?Signature=LEAK is bad.",
            TranscodeProgress=30,
            InputFileUrl="http://bucket.oss/in.mp4?OSSAccessKeyId=LEAK&Signature=LEAK",
            OutputFile={"OutputFileUrl": "http://user:LEAK@bucket.oss/out.m3u8#LEAK"},
        ),
    )
    job = await one(cloud, "transcode")
    assert job.error == JobError(
        code="InvalidParameter.ResourceContentBad", message="The resource https://b/in.mp4 is bad."
    )
    assert (job.progress, job.input, job.output) == (None, "http://bucket.oss/in.mp4", "http://bucket.oss/out.m3u8")
    assert cloud.asked("GetTranscodeTask") == [{"JobIds": "j1"}]


async def test_a_running_transcode_job_gets_its_progress_and_no_error():
    entry = fixture("get_transcode_task")["TranscodeTask"]["TranscodeJobInfoList"][0] | {"TranscodeJobId": "j1"}
    cloud = Cloud(
        GetJobDetail=lambda _: detail_of("transcode", "Transcoding"),
        GetTranscodeTask=lambda _: {"TranscodeTask": {"TranscodeJobInfoList": [entry]}},
    )
    job = await one(cloud, "transcode")
    assert (job.progress, job.error, job.state) == (100, None, JobState.RUNNING)
    assert job.input is not None
    assert job.input.endswith(".wmv")


@pytest.mark.parametrize("progress", [None, "", "many", -1, 101, 1e400])
async def test_progress_may_be_nonsense(progress: object):
    cloud = Cloud(
        GetJobDetail=lambda _: detail_of("transcode", "Transcoding"),
        GetTranscodeTask=lambda _: {
            "TranscodeJobInfoList": [None, 7, {"TranscodeJobId": "j1", "TranscodeProgress": str(progress)}]
        },
    )
    assert (await one(cloud, "transcode")).progress is None


@pytest.mark.parametrize("status", ["Submitted", "TranscodeSuccess", "TranscodeCancelled", "Strange"])
async def test_other_transcode_jobs_need_no_request(status: str):
    cloud = Cloud(GetJobDetail=lambda _: detail_of("transcode", status), GetTranscodeTask=transcodes())
    assert (await one(cloud, "transcode")).notes == ()
    assert cloud.operations == ["GetJobDetail"]


async def test_ten_transcode_jobs_are_one_request():
    cloud = Cloud(
        GetJobDetail=lambda _: detail_of("transcode", "TranscodeFail"), GetTranscodeTask=transcodes(ErrorCode="E1")
    )
    ids = [f"j{n}" for n in range(12)]
    answer = await cloud.vod_jobs().lookup(ids, dict.fromkeys(ids, "transcode"))
    assert [job.error for job in answer.found] == [JobError(code="E1")] * 12
    assert sorted(len(asked["JobIds"].split(",")) for asked in cloud.asked("GetTranscodeTask")) == [2, 10]


def ai_reasons(status: str = "fail", **more: object) -> Answer:
    return lambda asked: {
        "AIJobList": {"AIJob": [{"JobId": i, "Status": status, **more} for i in asked["JobIds"].split(",")]}
    }


def audit(**more: object) -> Answer:
    return lambda asked: {"MediaAuditJob": {"JobId": asked["JobId"], "Status": "fail", **more}}


@pytest.mark.parametrize("ai_type", ["AIMediaDNA", "AIVideoTag", "aivideotag"])
async def test_tagging_and_fingerprinting_reasons_come_from_list_ai_job(ai_type: str):
    cloud = Cloud(
        GetJobDetail=lambda _: detail_of("ai", "fail", JobType=ai_type),
        ListAIJob=ai_reasons(Code="E1", Message="Bad."),
        GetAIMediaAuditJob=audit(Code="E2"),
    )
    assert (await one(cloud, "ai")).error == JobError(code="E1", message="Bad.")
    assert cloud.operations == ["GetJobDetail", "ListAIJob"]


async def test_review_reasons_come_from_the_audit_job():
    cloud = Cloud(
        GetJobDetail=lambda _: detail_of("ai", "fail", JobType="AIVideoCensor"),
        ListAIJob=ai_reasons(Code="E1"),
        GetAIMediaAuditJob=audit(Code="E2", Message="Bad."),
    )
    assert (await one(cloud, "ai")).error == JobError(code="E2", message="Bad.")
    assert cloud.operations == ["GetJobDetail", "GetAIMediaAuditJob"]


async def test_an_unknown_ai_type_is_looked_up_by_both_operations():
    cloud = Cloud(
        GetJobDetail=lambda _: detail_of("ai", "fail"),
        ListAIJob=lambda _: {"NonExistAIJobIds": {"String": ["j1"]}},
        GetAIMediaAuditJob=audit(Code="E2"),
    )
    assert (await one(cloud, "ai")).error == JobError(code="E2")
    assert cloud.operations == ["GetJobDetail", "ListAIJob", "GetAIMediaAuditJob"]


async def test_the_review_of_another_job_is_no_reason():
    cloud = Cloud(
        GetJobDetail=lambda _: detail_of("ai", "fail", JobType="AIVideoCensor"),
        GetAIMediaAuditJob=lambda _: {"MediaAuditJob": {"JobId": "other", "Code": "E2"}},
    )
    assert (await one(cloud, "ai")).error is None


async def test_a_snapshot_has_no_reason_to_ask_for():
    cloud = Cloud(GetJobDetail=lambda _: detail_of("snapshot", "Fail"))
    job = await one(cloud, "snapshot")
    assert (job.error, job.unexplained) == (None, None)
    assert cloud.operations == ["GetJobDetail"]


@pytest.mark.parametrize(
    "refusal",
    [refused("Forbidden.RAM", 403), refused("OperationDenied", 403), httpx.Response(404, text="<html>")],
    ids=["forbidden", "denied", "no JSON"],
)
async def test_a_reason_that_cannot_be_had_does_not_cost_the_job(refusal: httpx.Response):
    cloud = Cloud(GetJobDetail=lambda _: detail_of("transcode", "TranscodeFail"), GetTranscodeTask=lambda _: refusal)
    job = await one(cloud, "transcode")
    assert (job.state, job.error, job.notes) == (JobState.FAILED, None, ())
    assert re.fullmatch(r"couldn't get the reason from the provider \([\w. ]+\)", job.unexplained or "")


@pytest.mark.parametrize("nothing", [{}, {"TranscodeJobInfoList": None}, {"TranscodeJobInfoList": [None]}])
async def test_a_reason_without_a_source_is_none(nothing: Json):
    cloud = Cloud(GetJobDetail=lambda _: detail_of("transcode", "TranscodeFail"), GetTranscodeTask=lambda _: nothing)
    job = await one(cloud, "transcode")
    assert (job.error, job.unexplained) == (None, None)


async def test_a_refusal_counts_for_the_requested_kind_of_job():
    cloud = Cloud(
        ListJobInfo=lambda asked: {
            "JobInfoList": [
                {"JobId": asked["JobType"], "Status": {"transcode": "TranscodeFail"}.get(asked["JobType"], "fail")}
            ]
        },
        GetTranscodeTask=lambda _: {},
        ListAIJob=lambda _: refused("Forbidden.RAM", 403),
        GetAIMediaAuditJob=lambda _: refused("Forbidden.RAM", 403),
    )
    page = await cloud.vod_jobs().page(JobQuery(media="m1"))
    assert {job.id: job.unexplained for job in page.jobs} == {
        "transcode": None,
        "snapshot": None,
        "ai": "couldn't get the reason from the provider (Forbidden.RAM)",
    }


async def test_reasons_leave_time_for_the_answer():
    class Silent(httpx.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            await asyncio.Event().wait()
            raise AssertionError(request.url)

    budget: Budget = Cloud().budget
    vod = Vod.of(account(), "vod-jobs", httpx.AsyncClient(transport=Silent()), budget)
    failed = Job(account="a", service="vod-jobs", id="j1", kind="transcode", state=JobState.FAILED)
    async with within(1.0):
        (job,) = await complete(vod, [failed])
    assert (job.error, job.unexplained) == (None, "couldn't get the reason from the provider (timeout)")


async def test_the_first_failed_jobs_of_a_page_are_completed():
    def entries(asked: Mapping[str, str]) -> Json:
        failed = {"transcode": "TranscodeFail", "ai": "fail", "snapshot": "Fail"}[asked["JobType"]]
        return {"JobInfoList": [{"JobId": f"{asked['JobType']}{n}", "Status": failed} for n in range(5)]}

    cloud = Cloud(
        ListJobInfo=entries,
        GetTranscodeTask=transcodes(ErrorCode="E1"),
        ListAIJob=ai_reasons(Code="E2"),
        GetAIMediaAuditJob=audit(),
    )
    page = await cloud.vod_jobs().page(JobQuery(media="m1"))
    assert len(page.jobs) == 15
    assert sum(job.error is not None for job in page.jobs[:10]) == 5
    assert not any(job.error for job in page.jobs[10:])
    later = {(job.kind, job.unexplained) for job in page.jobs[10:]}
    assert later <= {("snapshot", None), ("ai", SHOWN_ALONE), ("transcode", SHOWN_ALONE)}
    assert SHOWN_ALONE in {unexplained for _, unexplained in later}
    assert len(cloud.asked("GetTranscodeTask")) <= 1
    assert len(cloud.asked("ListAIJob")) <= 1
