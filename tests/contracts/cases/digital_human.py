"""The contract suite's case of Huawei MetaStudio's video production."""

from collections.abc import Sequence
from typing import Any

import httpx

from providers.errors import InvalidQuery, NotOffered, Rejected, Unauthorized, Unavailable
from providers.json_fields import mapping
from providers.models import JobQuery, JobState
from tests.contracts.case import Case, Json
from tests.contracts.huawei import GATEWAY, account, part, refusal, reply

IDS = (
    "26f06524-4f75-4b3a-a853-b649a21aaf01",
    "26f06524-4f75-4b3a-a853-b649a21aaf02",
    "26f06524-4f75-4b3a-a853-b649a21aaf03",
)


def record(job_id: str, raw_state: str) -> Json:
    return {
        "job_id": job_id,
        "state": raw_state,
        "job_type": "2D_DIGITAL_HUMAN_VIDEO",
        "start_time": "2022-11-30T06:59:57Z",
        "end_time": "2022-11-30T07:00:09Z",
        "duration": 60,
        "output_asset_config": {
            "asset_id": "942e65a5fd219a2e01fb08d881cfadb9",
            "asset_name": "One Day",
            "cover_url": "https://metastudio.example.com/LEAK.png?AccessKeyId=LEAK&Expires=1671241457&Signature=LEAK",
            "preview_video_url": "https://metastudio.example.com/LEAK.mp4?Signature=LEAK",
        },
        "error_info": {"error_code": "MSS.1", "error_msg": "no https://e.example.com/a?AccessKeyId=LEAK"},
        "create_time": "2022-11-30T06:59:56Z",
        "lastupdate_time": "2022-11-30T07:00:09Z",
    }


def answer(records: Sequence[Any], request: httpx.Request) -> httpx.Response:
    if not request.url.path.endswith("/digital-human-videos"):
        return reply({"error_code": "MSS.00000002", "error_msg": "Not Found"}, 404)
    asked = request.url.params.get_list("job_ids") or request.url.params.get_list("job_id")
    shown = [one for one in records if not asked or (mapping(one).get("job_id") or asked[0]) in asked]
    return reply({"count": len(shown), "jobs": part(shown, request.url.params)})


CASE = Case(
    account=account("digital-human"),
    query=JobQuery(),
    ids=IDS,
    states={
        "WAITING": JobState.PENDING,
        "PROCESSING": JobState.RUNNING,
        "SUCCEED": JobState.SUCCEEDED,
        "FAILED": JobState.FAILED,
        "CANCELED": JobState.CANCELLED,
        "BLOCK": JobState.UNKNOWN,
    },
    record=record,
    essential=frozenset({"job_id"}),
    answer=answer,
    failures=(
        *GATEWAY,
        refusal("MSS.00000001", 401, Unauthorized),
        refusal("MSS.00000002", 404, Rejected),
        refusal("MSS.00000002", 400, InvalidQuery),
        refusal("MSS.00000003", 400, InvalidQuery),
        refusal("MSS.00000004", 500, Unavailable),
        refusal("MSS.00010003", 400, NotOffered),
        refusal("MSS.00010008", 400, Unauthorized, "LEAK-token"),
        refusal("MSS.00010009", 400, Unauthorized),
        refusal("MSS.10000003", 400, InvalidQuery),
        refusal("MSS.000000002", 500, Unavailable),
    ),
)
