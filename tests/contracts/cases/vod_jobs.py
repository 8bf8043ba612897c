"""The contract suite's case of Alibaba VOD GetJobDetail and ListJobInfo: a cloud of transcode jobs."""

from collections.abc import Sequence
from typing import Any

import httpx

from providers.accounts import AlibabaAccount
from providers.json_fields import mapping
from providers.models import JobQuery, JobState
from tests.contracts.alibaba import FAILURES, REQUEST_ID
from tests.contracts.case import KEYS, Case, Json

IDS = ("5c9dff751ba000000000059d50a96701", "5c9dff751ba000000000059d50a96702", "5c9dff751ba000000000059d50a96703")
MEDIA = "30e5d70000000000bd900764de7c0102"


def record(job_id: str, raw_state: str) -> Json:
    return {
        "JobId": job_id,
        "UserId": "LEAK-1391090000084930",
        "VideoId": MEDIA,
        "Status": raw_state,
        "TemplateId": "dbfaaec9e00000000bf0b81219244c00",
        "Definition": "HD",
        "CreateTime": "2024-10-14T07:39:25Z",
        "CompleteTime": "2024-10-14T07:39:34Z\n",
        "UserData": '{"MessageCallback":"LEAK-callback"}',
        "Config": '{"UserData":"LEAK-nested","Url":"https://bucket.oss-cn-shanghai.aliyuncs.com/c?Signature=LEAK-url"}',
    }


def answer(records: Sequence[Any], request: httpx.Request) -> httpx.Response:
    body = _ANSWERS[request.headers["x-acs-action"]](records, request.url.params)
    return httpx.Response(200, json={"RequestId": REQUEST_ID, **body})


def _job_detail(records: Sequence[Any], asked: httpx.QueryParams) -> Json:
    known = _known(records).get(asked["JobId"]) if asked["JobType"] == "transcode" else None
    return {"JobType": asked["JobType"], "TranscodeJobDetail": known}


def _job_info(records: Sequence[Any], asked: httpx.QueryParams) -> Json:
    return {
        "MediaId": asked["MediaId"],
        "JobType": asked["JobType"],
        "JobInfoList": list(records) if asked["JobType"] == "transcode" else [],
    }


def _transcode_task(records: Sequence[Any], asked: httpx.QueryParams) -> Json:
    return {
        "TranscodeJobInfoList": [
            {
                "TranscodeJobId": one,
                "ErrorCode": "InvalidParameter.ResourceContentBad",
                "ErrorMessage": "The resource https://b.oss-cn-shanghai.aliyuncs.com/a?Signature=LEAK-message is bad.",
                "TranscodeProgress": 40,
                "InputFileUrl": "http://b.oss-cn-shanghai.aliyuncs.com/in.mp4?OSSAccessKeyId=LEAK-in&Signature=LEAK",
                "OutputFile": {"OutputFileUrl": "http://b.oss-cn-shanghai.aliyuncs.com/out.mp4?Signature=LEAK-out"},
            }
            for one in asked["JobIds"].split(",")
        ],
    }


_ANSWERS = {"GetJobDetail": _job_detail, "ListJobInfo": _job_info, "GetTranscodeTask": _transcode_task}


def _known(records: Sequence[Any]) -> dict[str, Json]:
    return {job_id: mapping(one) for one in records if (job_id := mapping(one).get("JobId"))}


CASE = Case(
    account=AlibabaAccount.model_validate(
        {"name": "vod-sg", "cloud": "alibaba", "region": "ap-southeast-1", "services": ["vod-jobs"], **KEYS}
    ),
    query=JobQuery(media=MEDIA),
    ids=IDS,
    states={
        "Submitted": JobState.PENDING,
        "Transcoding": JobState.RUNNING,
        "TranscodeSuccess": JobState.SUCCEEDED,
        "TranscodeFail": JobState.FAILED,
        "TranscodeCancelled": JobState.CANCELLED,
    },
    record=record,
    essential=frozenset({"JobId"}),
    answer=answer,
    failures=FAILURES,
    kinds=lambda ids: dict.fromkeys(ids, "transcode"),
)
