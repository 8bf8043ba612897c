"""From Huawei Cloud's error replies to the error tree: the code first, the HTTP status second.

Codes and their classes are those of the provider API notes, sections 4.4 (gateway), 5.1 (IVA), 5.3 (AIS), 5.4 (MSS).
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

import httpx

from providers.errors import (
    NO_MESSAGE,
    Forbidden,
    InvalidQuery,
    NotOffered,
    ProviderError,
    Throttled,
    Unauthorized,
    Unavailable,
)
from providers.parsing import mapping, text
from providers.redact import scrub
from providers.transport import Json
from providers.waiting import retry_after

NO_SUCH_RESOURCE = "IVA.0005"
"""VAS has no such service or job; a gateway's 404 says nothing about a job."""

REJECTED = "the credentials were not accepted (access key, secret key or token, or this machine's clock)"
MISMATCH = "the signature does not match: the secret access key is wrong"
MESSAGE_MAX = 300


class _Meaning(NamedTuple):
    raises: type[ProviderError]
    text: str


_CODES: Mapping[str, _Meaning] = MappingProxyType(
    {
        "APIGW.0101": _Meaning(NotOffered, "no such API here: wrong host or path, or it was withdrawn"),
        "APIGW.0103": _Meaning(NotOffered, "no such API here: wrong method, or it was withdrawn"),
        "APIGW.0301": _Meaning(Unauthorized, REJECTED),
        "APIGW.0302": _Meaning(Forbidden, "this user may not call the API"),
        "APIGW.0303": _Meaning(Unauthorized, REJECTED),
        "APIGW.0308": _Meaning(Throttled, "too many requests"),
        "IVA.0001": _Meaning(Unauthorized, REJECTED),
        "IVA.0002": _Meaning(InvalidQuery, "the project id is not valid"),
        "IVA.0003": _Meaning(InvalidQuery, "the request body is not JSON"),
        "IVA.0004": _Meaning(InvalidQuery, "a parameter is not valid"),
        NO_SUCH_RESOURCE: _Meaning(NotOffered, "no such service or resource"),
        "IVA.0006": _Meaning(Unavailable, "internal error"),
        "IVA.0007": _Meaning(NotOffered, "the service is not subscribed to"),
        "IVA.0008": _Meaning(NotOffered, "the beta of the service was not applied for"),
        "IVA.0009": _Meaning(Forbidden, "the operation is forbidden"),
        "IVA.0010": _Meaning(Unavailable, "a service that it depends on is unavailable"),
        "IVA.0011": _Meaning(InvalidQuery, "over the specification"),
        "IVA.0012": _Meaning(InvalidQuery, "over the quota"),
        "IVA.0013": _Meaning(Forbidden, "the agency is wrong"),
        "IVA.0014": _Meaning(Forbidden, "the account is restricted"),
        "IVA.0015": _Meaning(Forbidden, "the account is restricted"),
        "IVA.0102": _Meaning(Forbidden, "a policy forbids it"),
        "AIS.0002": _Meaning(Unauthorized, REJECTED),
        "AIS.0003": _Meaning(Unavailable, "internal error"),
        "AIS.0004": _Meaning(NotOffered, "the service is not enabled"),
        "AIS.0005": _Meaning(NotOffered, "the service does not exist"),
        "AIS.0007": _Meaning(NotOffered, "the service is not enabled"),
        "AIS.0010": _Meaning(InvalidQuery, "a request header is missing"),
        "AIS.0011": _Meaning(InvalidQuery, "a parameter is missing"),
        "AIS.0012": _Meaning(InvalidQuery, "a parameter is not supported"),
        "AIS.0013": _Meaning(InvalidQuery, "the method is not allowed"),
        "AIS.0014": _Meaning(InvalidQuery, "the request body is not JSON"),
        "MSS.00010003": _Meaning(NotOffered, "the API was not found"),
        "MSS.00010004": _Meaning(NotOffered, "the method is not allowed"),
        "MSS.00010008": _Meaning(Unauthorized, REJECTED),
        "MSS.00010009": _Meaning(Unauthorized, "the token belongs to another tenant"),
        "MSS.10000002": _Meaning(InvalidQuery, "the JSON check failed"),
        "MSS.10000003": _Meaning(InvalidQuery, "the parameter check failed"),
        "MSS.10001001": _Meaning(InvalidQuery, "the asset was not found"),
        "MSS.10001002": _Meaning(InvalidQuery, "a URL parameter is not legal"),
    }
)

MEANINGS: Mapping[str, str] = MappingProxyType({code: meaning.text for code, meaning in _CODES.items()})
"""What a code means, where the vendor documents it and does not contradict itself."""

_STATUSES: Mapping[int, type[ProviderError]] = MappingProxyType(
    {401: Unauthorized, 403: Forbidden, 404: NotOffered, 405: NotOffered, 408: Unavailable, 429: Throttled}
)
_PAIRS = (
    ("error_code", ("error_msg", "error_message")),
    ("errorCode", ("errorMsg",)),
    ("code", ("message",)),
)


def classify(response: httpx.Response, body: Json | None) -> ProviderError | None:
    """Return the error that a reply means, None for an answer (or an unreadable body with a good status)."""
    if response.is_success and (body is None or text(body.get("error_code")) is None):
        return None
    code, message = _code_and_message(body or {})
    known = _meaning(code, response.status_code)
    raises = known.raises if known else _by_status(response.status_code)
    error = raises(
        _told(raises, message, known),
        code=code or f"HTTP {response.status_code}",
        request_id=response.headers.get("x-request-id") or text((body or {}).get("request_id")),
    )
    if issubclass(raises, Throttled | Unavailable):
        error.retry_after = retry_after(response.headers, datetime.now(UTC))
    return error


def _meaning(code: str | None, status: int) -> _Meaning | None:
    """MetaStudio's pages contradict each other about codes, so its status goes first unless it is the vague 400."""
    if code is None:
        return None
    if code.startswith("MSS.") and status != 400:
        return None
    code = re.sub(r"^APIG\.", "APIGW.", code)
    if code == "APIGW.0201" and status < 500:
        return _Meaning(InvalidQuery, "the gateway refused the request")
    return _CODES.get(code)


def _by_status(status: int) -> type[ProviderError]:
    if status >= 500:
        return Unavailable
    # A redirection is what a wrong endpoint answers (a console's login page, say).
    return _STATUSES.get(status, NotOffered if 300 <= status < 400 else InvalidQuery)


def _told(raises: type[ProviderError], message: str, known: _Meaning | None) -> str:
    """Return what may be told: what the cloud says about credentials can name an access key, so it is never kept."""
    if raises is Unauthorized:
        if "verify aksk signature fail" in message:
            return MISMATCH
        return known.text if known else REJECTED
    return scrub(message)[:MESSAGE_MAX] or (known.text if known else NO_MESSAGE)


def _code_and_message(body: Json) -> tuple[str | None, str]:
    """Look at the top, then inside nested objects, in the order in which the vendor's SDK looks."""
    for record in (body, *_objects(body)):
        for code_name, message_names in _PAIRS:
            if code := text(record.get(code_name)):
                return code, next((found for name in message_names if (found := text(record.get(name)))), "")
    return None, text(body.get("error_msg")) or text(body.get("message")) or ""


def _objects(body: Json) -> Iterator[Json]:
    return (mapping(value) for value in body.values() if isinstance(value, dict))
