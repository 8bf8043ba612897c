"""Alibaba's error replies, told apart by their code: the vendor's own pages disagree on the HTTP status.

Codes and classes are those of the provider API notes, section 3.6.
"""

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

import httpx

from providers.errors import (
    NO_MESSAGE,
    Forbidden,
    InvalidQuery,
    Malformed,
    NotOffered,
    ProviderError,
    Throttled,
    Unauthorized,
    Unavailable,
)
from providers.parsing import text
from providers.redact import scrub
from providers.transport import Json
from providers.waiting import retry_after

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "SignatureDoesNotMatch": "the signature does not fit the request: the secret access key is wrong",
        "IncompleteSignature": "the signature does not conform to Alibaba Cloud's rules",
        "InvalidSignatureMethod": "the signature method is not supported",
        "InvalidAccessKeyId.NotFound": "the access key id does not exist",
        "InvalidAccessKeyId.Inactive": "the access key is disabled",
        "InvalidTimeStamp.Expired": "this machine's clock is more than 15 minutes off",
        "InvalidTimeStamp.Format": "the date of the request is not in the expected form",
        "InvalidSecurityToken.Expired": "the temporary credentials have expired",
        "SignatureNonceUsed": "the request had been seen before",
        "Forbidden": "the RAM user or role lacks the permission for this operation",
        "Forbidden.RAM": "the RAM user or role lacks the permission for this operation",
        "OperationDenied": "ApsaraVideo VOD is not activated for this account",
        "OperationDenied.Suspended": "the account has an overdue payment",
        "Throttling": "too many requests",
        "Throttling.User": "too many requests of this user",
        "Throttling.Api": "too many requests to this operation",
        "InvalidApi.NotFound": "the operation does not exist on this host; look at the account's region and endpoint",
        "InvalidProduct.NotFound": "the product does not exist on this host; look at the account's region and endpoint",
        "InternalError": "an unknown failure inside Alibaba Cloud",
        "ServiceUnAvailable": "the service is temporarily unavailable",
        "ServiceUnavailable": "the service is temporarily unavailable",
        # Reasons of failed transcoding jobs: the vendor's error codes of media processing (doc-detail 29254).
        "InvalidParameter.NotSupported": "a parameter is not supported, for example a profile for H.265",
        "InvalidParameter.OutOfRange": "a parameter is out of range",
        "InvalidParameter.ResourceNotFound": "the input file cannot be found",
        "InvalidParameter.ResourceContentBad": "the content of the input file is bad",
        "InvalidParameter.ResourceNotSupported": "the input file is not supported, for example for its suffix",
        "InvalidParameter.NoAudioStream": "the input file has no audio stream",
    }
)
"""What a code means, where the vendor documents it."""

_CLASSES: Mapping[str, type[ProviderError]] = MappingProxyType(
    {
        "missing": InvalidQuery,
        "invalid": InvalidQuery,
        "invalidsignature": Unauthorized,
        "signaturedoesnotmatch": Unauthorized,
        "incompletesignature": Unauthorized,
        "invalidaccesskeyid": Unauthorized,
        "invalidsecuritytoken": Unauthorized,
        "invalidtimestamp": Unauthorized,
        "signaturenonceused": Unavailable,  # the next try has a new nonce
        "forbidden": Forbidden,
        "nopermission": Forbidden,
        "operationdenied": NotOffered,
        "operationdenied.suspended": Forbidden,
        "throttling": Throttled,
        "invalidapi.notfound": NotOffered,
        "invalidproduct.notfound": NotOffered,
        "internalerror": Unavailable,
        "serviceunavailable": Unavailable,
    }
)
"""The beginning of a code, in lower case, to what it means; the longest fitting one counts."""

_STATUSES: Mapping[int, type[ProviderError]] = MappingProxyType(
    {401: Unauthorized, 403: Forbidden, 404: NotOffered, 408: Unavailable, 429: Throttled}
)
_NO_SUCH_THING = re.compile(r"not(found|exist)s?$", re.IGNORECASE)
_ID_REFUSED = re.compile(r"\bJob(Id|Type)s?\b", re.IGNORECASE)
_INVALID_ID = re.compile(r"Invalid\.?Job(Id|Type)s?\b", re.IGNORECASE)
_XML_FIELD = re.compile(r"<(Code|Message|RequestId)>([^<]*)</\1>")
_XML_MAX = 20_000
_ECHO = re.compile(r"ACS3-HMAC|x-acs-|string ?to ?sign|access ?key", re.IGNORECASE)
_MESSAGE_MAX = 500


class _Reply(NamedTuple):
    code: str | None
    message: str
    request_id: str | None


def classify(response: httpx.Response, body: Json | None) -> ProviderError | None:
    """Return the error that a reply means, or None for an answer.

    The message of a signature error is never kept: it can echo the text to sign, with the access key id and the
    temporary token in it (provider API notes, section 3.6).
    """
    reply = _read(response, body)
    if response.is_success and _by_code(reply.code) is None:
        return None
    error = _error_class(reply.code, response.status_code)
    return error(
        _message(error, reply),
        code=reply.code or f"HTTP {response.status_code}",
        request_id=reply.request_id or response.headers.get("x-acs-request-id"),
        retry_after=_retry_after(response) if error is Throttled else None,
    )


def unknown_here(error: ProviderError) -> bool:
    """Whether an error says that no such thing exists, rather than that the question is wrong.

    What GetJobDetail answers about an unknown id, or an id of another type, is not documented: codes that end in
    NotFound or NotExist count, and a parameter error that blames the id or its type, in its code or its message.
    """
    if not isinstance(error, InvalidQuery):
        return False
    blamed = error.code.startswith("InvalidParameter") and _ID_REFUSED.search(error.message) is not None
    return blamed or _INVALID_ID.match(error.code) is not None or _NO_SUCH_THING.search(error.code) is not None


def _read(response: httpx.Response, body: Json | None) -> _Reply:
    if body is None and "xml" in response.headers.get("content-type", "").lower():
        # A regular expression and no parser: the three fields are flat, and entities cannot explode.
        body = {name: html.unescape(value) for name, value in _XML_FIELD.findall(response.text[:_XML_MAX])}
    fields = body or {}
    return _Reply(_field(fields, "Code"), _field(fields, "Message") or "", _field(fields, "RequestId"))


def _field(body: Json, name: str) -> str | None:
    """Both spellings occur: `RequestId` and `requestId`."""
    return text(body.get(name)) or text(body.get(name[0].lower() + name[1:]))


def _error_class(code: str | None, status: int) -> type[ProviderError]:
    if known := _by_code(code):
        return known
    if status >= 500:
        return Unavailable
    if code is not None and _NO_SUCH_THING.search(code):
        return InvalidQuery
    return _STATUSES.get(status, InvalidQuery if 400 <= status < 500 else Malformed)


def _by_code(code: str | None) -> type[ProviderError] | None:
    low = (code or "").casefold()
    fitting = [beginning for beginning in _CLASSES if low.startswith(beginning)]
    return _CLASSES[max(fitting, key=len)] if fitting else None


def _message(error: type[ProviderError], reply: _Reply) -> str:
    if error is Unauthorized:
        return MEANINGS.get(reply.code or "", "the credentials are refused")
    meaning = MEANINGS.get(reply.code or "", NO_MESSAGE)
    return meaning if _ECHO.search(reply.message) else scrub(reply.message)[:_MESSAGE_MAX] or meaning


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds to wait; the vendor's own header is in milliseconds, as its SDK reads it, the standard one is not."""
    value = response.headers.get("x-acs-retry-after", "")
    if re.fullmatch(r"[0-9]{1,9}", value) and int(value) > 0:
        return int(value) / 1000
    return retry_after(response.headers, datetime.now(UTC))
