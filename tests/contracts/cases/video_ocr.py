"""The contract suite's case of Huawei VAS video OCR."""

from collections.abc import Sequence
from typing import Any

import httpx

from providers.errors import Forbidden, InvalidQuery, NotOffered, Rejected, Unauthorized, Unavailable
from providers.json_fields import mapping
from providers.models import JobQuery, JobState
from tests.contracts.case import Case, Json
from tests.contracts.huawei import GATEWAY, account, part, refusal, reply

IDS = ("f18320e61e4c4dc685aa2dfc22a28d01", "f18320e61e4c4dc685aa2dfc22a28d02", "task7qe4sbmo")


def record(job_id: str, raw_state: str) -> Json:
    return {
        "id": job_id,
        "name": "ocr-task",
        "description": None,
        "creator": "somebody",
        "project_id": "6204a5bd270343b5885144cf9c8c158d",
        "service_name": "video-ocr",
        "service_title": {"zh": "视频OCR", "en": "Video OCR"},
        "service_version": "1.0",
        "state": raw_state,
        "status": "see https://bucket.example.com/log?Signature=LEAK-status",
        "error": {"code": "ALG.002", "message": "cannot read https://user:LEAK-error@example.com/a.mp4"},
        "created_at": "2018-06-12T13:00:01Z",
        "updated_at": "2018-06-13T13:00:01Z",
        "input": {
            "type": "url",
            "data": [{"url": "rtsp://LEAK-user:LEAK-password@camera/1?LEAK", "headers": {"X-Key": "LEAK-header"}}],
            "vcn": {"username": "LEAK-vcn", "password": "LEAK-password", "device": "LEAK-device"},
        },
        "output": {
            "obs": {"bucket": "obs-iva", "path": "output/"},
            "webhook": {"url": "https://hook.example.com/LEAK-hook", "headers": {"app-key": "LEAK-key"}},
            "hosting": {},
        },
        "service_config": {"common": {"area": "0,0,0.5,0.5;", "threshold": 0.5}},
        "hosting_result": {"result_json_url": "https://obs.example.com/result.json?AccessKeyId=LEAK&Signature=LEAK"},
        "timing_status": "ACTIVATED",
    }


def answer(records: Sequence[Any], request: httpx.Request) -> httpx.Response:
    asked = request.url.path.rpartition("/tasks")[2].strip("/")
    if not asked:
        return reply({"count": len(records), "tasks": part(records, request.url.params)})
    known = {mapping(one).get("id"): one for one in records}
    if asked in known:
        return reply(known[asked])
    return reply({"error_code": "IVA.0005", "error_message": "The resource does not exist."}, 404)


CASE = Case(
    account=account("video-ocr"),
    query=JobQuery(),
    ids=IDS,
    states={
        "PENDING": JobState.PENDING,
        "STARTING": JobState.RUNNING,
        "RECOVERING": JobState.RUNNING,
        "UPGRADING": JobState.RUNNING,
        "RUNNING": JobState.RUNNING,
        "STOPPING": JobState.RUNNING,
        "DELETING": JobState.UNKNOWN,
        "ABNORMAL": JobState.RUNNING,
        "SUCCEEDED": JobState.SUCCEEDED,
        "FAILED": JobState.FAILED,
        "CREATE_FAILED": JobState.FAILED,
        "START_FAILED": JobState.FAILED,
        "STOPPED": JobState.CANCELLED,
        "FREEZING": JobState.UNKNOWN,
        "FROZEN": JobState.UNKNOWN,
    },
    record=record,
    essential=frozenset({"id"}),
    answer=answer,
    failures=(
        *GATEWAY,
        refusal("IVA.0001", 401, Unauthorized, "token LEAK-token"),
        refusal("IVA.0002", 400, InvalidQuery),
        refusal("IVA.0004", 400, InvalidQuery, "state must be one of PENDING, RUNNING"),
        refusal("IVA.0005", 404, NotOffered),
        refusal("IVA.0006", 500, Unavailable),
        refusal("IVA.0007", 403, NotOffered),
        refusal("IVA.0009", 403, Forbidden),
        refusal("IVA.0010", 503, Unavailable),
        refusal("IVA.0012", 400, InvalidQuery),
        refusal("IVA.0014", 403, Forbidden),
        refusal("IVA.9999", 400, Rejected),
    ),
)
