"""The shared part of the two Alibaba cases: VOD's refusals (provider API notes, section 3.6)."""

from providers.errors import (
    Forbidden,
    InvalidQuery,
    Malformed,
    NotOffered,
    ProviderError,
    Rejected,
    Throttled,
    Unauthorized,
    Unavailable,
)
from tests.contracts.case import Failure

REQUEST_ID = "6708D849-F109-1A6C-AC91-0123456789AB"


def refusal(
    code: str, status: int, raises: type[ProviderError], message: str = "", *, retry_after_ms: int | None = None
) -> Failure:
    return Failure(
        name=code,
        status=status,
        body={
            "RequestId": REQUEST_ID,
            "Code": code,
            "Message": message or f"The request was refused: {code}.",
            "Recommend": "https://api.aliyun.com/troubleshoot?q=LEAK-recommend",
        },
        raises=raises,
        code=code,
        headers={} if retry_after_ms is None else {"x-acs-retry-after": str(retry_after_ms)},
        request_id=REQUEST_ID,
        retry_after=None if retry_after_ms is None else retry_after_ms / 1000,
    )


FAILURES = (
    refusal("MissingParameter", 400, InvalidQuery),
    refusal("InvalidParameter", 400, InvalidQuery, "The specified parameter is not valid."),
    refusal("SignatureDoesNotMatch", 400, Unauthorized, "server string to sign is: LEAK-token"),
    refusal("IncompleteSignature", 403, Unauthorized, "LEAK-ak"),
    refusal("InvalidAccessKeyId.NotFound", 404, Unauthorized, "LEAK-ak is not found."),
    refusal("InvalidTimeStamp.Expired", 400, Unauthorized),
    refusal("SignatureNonceUsed", 400, Unavailable),
    refusal("Forbidden.RAM", 403, Forbidden),
    refusal("OperationDenied", 403, NotOffered),
    refusal("OperationDenied.Suspended", 403, Forbidden),
    refusal("Unheard.Of", 400, Rejected, "No reason, see https://vod.example.com/?Signature=LEAK-signature"),
    refusal("InvalidTemplate.NotFound", 404, Rejected),
    refusal("Throttling.User", 400, Throttled, retry_after_ms=30),
    refusal("Throttling", 400, Throttled),
    refusal("InvalidApi.NotFound", 404, NotOffered),
    refusal("InternalError", 500, Unavailable),
    refusal("ServiceUnAvailable", 503, Unavailable),
    Failure(
        name="in lower case",
        status=400,
        body={"requestId": REQUEST_ID, "code": "Throttling.Api", "message": "Request was denied."},
        raises=Throttled,
        code="Throttling.Api",
        request_id=REQUEST_ID,
    ),
    Failure(
        name="in XML",
        status=403,
        body=f"<?xml version='1.0'?><Error><RequestId>{REQUEST_ID}</RequestId><Code>Forbidden</Code>"
        "<Message>No &quot;permission&quot;.</Message></Error>",
        raises=Forbidden,
        code="Forbidden",
        headers={"content-type": "text/xml;charset=utf-8"},
        request_id=REQUEST_ID,
    ),
    Failure(name="a gateway's page", status=502, body="<html>Bad Gateway</html>", raises=Unavailable),
    Failure(name="no JSON", status=200, body="<html>Hello</html>", raises=Malformed),
)
