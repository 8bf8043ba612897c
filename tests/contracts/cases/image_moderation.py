"""The contract suite's case of Huawei Moderation's batch image jobs."""

from collections.abc import Sequence
from typing import Any

import httpx

from providers.errors import InvalidQuery, NotOffered, Rejected, Unauthorized, Unavailable
from providers.json_fields import mapping
from providers.models import JobQuery, JobState
from tests.contracts.case import Case, Json
from tests.contracts.huawei import GATEWAY, account, part, refusal, reply

IDS = (
    "44d93b70-db01-4f96-a618-2a79c964c401",
    "44d93b70-db01-4f96-a618-2a79c964c402",
    "44d93b70-db01-4f96-a618-2a79c964c403",
)


def record(job_id: str, raw_state: str) -> Json:
    return {
        "job_id": job_id,
        "status": raw_state,
        "create_time": "2018-11-22T06:17:09Z",
        "update_time": "2018-11-22T06:17:16Z",
    }


def detail(listed: Json) -> Json:
    return listed | {
        "items": [
            {"url": "https://bucket.example.com/1.jpg?Signature=LEAK-signature", "suggestion": "pass", "detail": {}},
            {"url": "https://LEAK-bucket.example.com/2.jpg", "suggestion": "block"},
            {
                "url": "https://LEAK-bucket.example.com/3.jpg",
                "error_code": "AIS.0401",
                "error_msg": "cannot fetch https://bucket.example.com/3.jpg?Signature=LEAK-message",
            },
        ]
    }


def answer(records: Sequence[Any], request: httpx.Request) -> httpx.Response:
    if request.url.path.endswith("/jobs"):
        return reply({"result": part(records, request.url.params), "count": len(records)})
    known = {mapping(one).get("job_id"): one for one in records}
    if (asked := request.url.params["job_id"]) in known:
        return reply({"result": detail(known[asked])})
    return reply({"error_code": "AIS.0030", "error_msg": "The job does not exist."}, 400)


CASE = Case(
    account=account("image-moderation"),
    query=JobQuery(),
    ids=IDS,
    states={
        "created": JobState.PENDING,
        "running": JobState.RUNNING,
        "finish": JobState.SUCCEEDED,
        "failed": JobState.FAILED,
    },
    record=record,
    essential=frozenset({"job_id"}),
    answer=answer,
    failures=(
        *GATEWAY,
        refusal("AIS.0002", 400, Unauthorized, "The token LEAK-token is wrong"),
        refusal("AIS.0003", 400, Unavailable),
        refusal("AIS.0004", 400, NotOffered),
        refusal("AIS.0005", 400, NotOffered, "The service does not exist."),
        refusal("AIS.0007", 400, NotOffered),
        refusal("AIS.0011", 400, InvalidQuery),
        refusal("AIS.0014", 400, InvalidQuery),
        refusal("AIS.0030", 400, Rejected),
    ),
)
