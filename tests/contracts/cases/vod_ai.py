"""The contract suite's case of Alibaba VOD ListAIJob."""

from collections.abc import Sequence
from typing import Any

import httpx

from providers.accounts import AlibabaAccount
from providers.json_fields import mapping
from providers.models import JobState
from tests.contracts.alibaba import FAILURES, REQUEST_ID
from tests.contracts.case import KEYS, Case, Json

IDS = ("a718a3a1e8bb42ee3bc88921e9400001", "a718a3a1e8bb42ee3bc88921e9400002", "a718a3a1e8bb42ee3bc88921e9400003")


def record(job_id: str, raw_state: str) -> Json:
    failed = raw_state == "fail"
    return {
        "JobId": job_id,
        "MediaId": "3d3d12340d9401fab46a0b8470000000",
        "Type": "AIVideoTag",
        "Status": raw_state,
        "CreationTime": "2020-06-28T02:04:32Z",
        "CompleteTime": "2020-06-28T02:04:47Z",
        "Code": "InvalidParameter.ResourceContentBad" if failed else "0",
        "Message": 'The resource "https://bucket.oss-cn-shanghai.aliyuncs.com/a.mp4?Signature=LEAK-message" is bad.',
        "Data": (
            '{"OrigASRData":{"AsrTextList":\\[{"EndTime":700,"StartTime":0,"Text":"Yes."}],"Duration":"30016"},'
            '"UserData":"LEAK-data","Cover":"https://bucket.oss-cn-shanghai.aliyuncs.com/c.jpg?Signature=LEAK-url"}\n'
        ),
        "UserId": "LEAK-1391090000084930",
    }


def answer(records: Sequence[Any], request: httpx.Request) -> httpx.Response:
    asked = request.url.params["JobIds"].split(",")
    known = [mapping(one).get("JobId") for one in records]
    shown = [one for one, job_id in zip(records, known, strict=True) if job_id is None or job_id in asked]
    missing = [one for one in asked if one not in known]
    return httpx.Response(
        200,
        json={"RequestId": REQUEST_ID, "AIJobList": {"AIJob": shown}, "NonExistAIJobIds": {"String": missing}},
    )


CASE = Case(
    account=AlibabaAccount.model_validate(
        {"name": "vod-cn", "cloud": "alibaba", "region": "cn-shanghai", "services": ["vod-ai"], **KEYS}
    ),
    query=None,
    ids=IDS,
    states={
        "init": JobState.PENDING,
        "Processing": JobState.RUNNING,
        "success": JobState.SUCCEEDED,
        "fail": JobState.FAILED,
    },
    record=record,
    essential=frozenset({"JobId"}),
    answer=answer,
    failures=FAILURES,
)
