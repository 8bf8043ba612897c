"""The shared parts of the three Huawei cases: an account, and the refusals of the gateway before all services."""

from collections.abc import Mapping, Sequence
from typing import Any

import httpx

from providers.accounts import HuaweiAccount
from providers.errors import (
    Forbidden,
    InvalidQuery,
    Malformed,
    NotOffered,
    ProviderError,
    Rejected,
    Throttled,
    Unauthorized,
)
from providers.errors import Unavailable as Down
from tests.contracts.case import KEYS, Failure, Json

REQUEST_ID = "b1d6f5c0a0f94d0fb5d6d2f7c8a90001"
PROJECT_ID = "6204a5bd270343b5885144cf9c8c158d"


def account(service: str) -> HuaweiAccount:
    return HuaweiAccount.model_validate(
        {
            "name": "media-cn",
            "cloud": "huawei",
            "region": "cn-north-4",
            "project_id": PROJECT_ID,
            "services": [service],
            **KEYS,
        }
    )


def reply(body: Json, status: int = 200) -> httpx.Response:
    return httpx.Response(status, json=body, headers={"x-request-id": REQUEST_ID})


def part(records: Sequence[Any], asked: Mapping[str, str]) -> list[Any]:
    """Return the records of the page that a request asks for."""
    offset = int(asked["offset"])
    return list(records[offset : offset + int(asked["limit"])])


def refusal(
    code: str, status: int, raises: type[ProviderError], message: str = "", retry_after: float | None = None
) -> Failure:
    return Failure(
        name=f"{code} {status}",
        status=status,
        body={
            "error_code": code,
            "error_msg": message or f"The request was refused: {code}.",
            "encoded_authorization_message": "LEAK-policy",
        },
        raises=raises,
        code=code,
        headers={"x-request-id": REQUEST_ID} | ({} if retry_after is None else {"retry-after": f"{retry_after:g}"}),
        request_id=REQUEST_ID,
        retry_after=retry_after,
    )


GATEWAY = (
    refusal("APIGW.0101", 404, NotOffered, "The API does not exist or has not been published in the environment."),
    refusal("APIGW.0103", 404, NotOffered),
    refusal("APIG.0101", 404, NotOffered),
    refusal("APIGW.0201", 400, InvalidQuery),
    refusal("APIGW.0201", 494, InvalidQuery),
    refusal("APIGW.0201", 504, Down, "Backend timeout."),
    refusal("APIGW.0301", 401, Unauthorized, "Incorrect IAM authentication information: LEAK-ak not found"),
    refusal("APIGW.0301", 401, Unauthorized, "verify aksk signature fail: LEAK-canonical"),
    refusal("APIGW.0302", 403, Forbidden, "see https://iam.example.com/?x-auth-token=LEAK-token"),
    refusal("APIGW.0308", 429, Throttled, "Throttled.", retry_after=120),
    refusal("APIGW.0308", 429, Throttled),
    refusal("NEW.0001", 400, Rejected, "No reason, see https://iam.example.com/?x-auth-token=LEAK-token"),
    refusal("NEW.0002", 404, Rejected),
    refusal("IAM.0004", 404, Rejected),
    Failure(
        name="in IAM's manner",
        status=401,
        body={"error": {"code": "401", "message": "The token LEAK-token is expired", "title": "Unauthorized"}},
        raises=Unauthorized,
        code="401",
    ),
    Failure(name="a proxy's page", status=502, body="<html>Bad Gateway</html>", raises=Down, code="HTTP 502"),
    Failure(
        name="down for a while",
        status=503,
        body="",
        raises=Down,
        code="HTTP 503",
        headers={"retry-after": "600"},
        retry_after=600,
    ),
    Failure(name="no code", status=403, body="{}", raises=Forbidden, code="HTTP 403"),
    Failure(name="a login page", status=302, body="", raises=NotOffered, headers={"location": "https://auth/?t=LEAK"}),
    Failure(name="no JSON", status=200, body="<html>Hello</html>", raises=Malformed),
    Failure(name="no object", status=200, body="[1, 2]", raises=Malformed),
)
