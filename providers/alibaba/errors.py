"""Alibaba's error replies, classified by the rules of `providers.alibaba.codes`."""

import html
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final, NamedTuple

import httpx

from providers.alibaba.codes import ALWAYS, MEANINGS, REFUSED
from providers.errors import Forbidden, InvalidQuery, NotOffered, ProviderError, Throttled, Unauthorized, Unavailable
from providers.http.retry_after import RETRY_AFTER_MAX, retry_after
from providers.http.transport import Json
from providers.json_fields import text
from providers.refusals import ErrorReply, Rule, by_status, first_fitting, is_code, shown

__all__ = ["MEANINGS", "classify", "may_be_the_kind", "says_no"]

_WITH_CODE: Final[Mapping[int, type[ProviderError]]] = MappingProxyType({})
"""The errors of a 403 or 404 with an unlisted code: undecided, because "try later" comes with 403 too (A1)."""
_WITHOUT_CODE: Final[Mapping[int, type[ProviderError]]] = MappingProxyType(
    {403: Forbidden, 404: NotOffered, 405: NotOffered}
)
"""The errors of a reply without a code. VOD did not send it: a proxy or another server did."""

_ID_PARAMETERS = ("JobId", "JobIds", "TaskId", "TranscodeTaskId", "MediaId")
_KIND_BLAMED = re.compile(r"\bJob(Id|Type)s?\b", re.IGNORECASE)
_NAMED = re.compile(r"parameter\W+(?!is\b)\w+", re.IGNORECASE)
_INVALID_KIND = re.compile(r"Invalid\.?Job(Id|Type)s?\b", re.IGNORECASE)
_XML_ROOT = re.compile(r"\ufeff?\s*(<\?xml\b|<Error\b)")
_XML_FIELD = re.compile(r"<(Code|Message|RequestId)>(?:\s*<!\[CDATA\[)?([^<]*?)(?:\]\]>\s*)?</\1>")
_XML_MAX = 20_000
_MILLISECONDS = re.compile(r"[0-9]{1,9}")
_TIME_LEFT = re.compile(r"(?:^|,)\s*TimeLeft\s*:\s*([0-9]{1,9})\s*(?:,|$)")


class _ErrorReply(NamedTuple):
    code: str
    message: str
    request_id: str | None


def classify(response: httpx.Response, body: Json | None) -> ProviderError | None:
    """Return the error that a reply reports, or None for a success.

    The message of refused credentials is never kept. It can echo the string to sign, which contains the access key id
    and the temporary token (provider API notes, section 3.6).
    """
    if response.is_success and body is not None and "Code" not in body and "code" not in body:
        return None
    reply = _read(response, body)
    if response.is_success and not reply.code:
        return None
    refusal = ErrorReply.of(reply.code, reply.message, response.status_code, _id_parameter(response))
    rule = first_fitting(ALWAYS, refusal)
    if rule is None and response.is_success:
        return None
    rule = rule or first_fitting(REFUSED, refusal)
    raises = rule.raises if rule else by_status(response.status_code, _WITH_CODE if reply.code else _WITHOUT_CODE)
    return raises(
        _message(raises, rule, refusal),
        code=refusal.code or f"HTTP {response.status_code}",
        request_id=reply.request_id or response.headers.get("x-acs-request-id"),
        retry_after=_retry_after(response) if issubclass(raises, Throttled | Unavailable) else None,
        tries=rule.tries if rule else None,
    )


def may_be_the_kind(error: InvalidQuery) -> bool:
    """Return whether a parameter error may mean that the kind is wrong.

    GetJobDetail's answer about a job of another kind is not documented. An error that names the id, the kind or no
    parameter counts.
    """
    if _INVALID_KIND.match(error.code):
        return True
    general, _, named = error.code.partition(".")
    if general.casefold() != "invalidparameter":
        return False
    return _KIND_BLAMED.search(f"{named} {error.message}") is not None or not (named or _NAMED.search(error.message))


def says_no(reply: Json) -> bool:
    """Return whether a reply carries a failure code. Omissions in such a reply prove nothing."""
    return is_code(_field(reply, "Code") or "")


def _id_parameter(response: httpx.Response) -> str:
    """Return the name of the parameter that held the request's single id."""
    try:
        params = response.request.url.params
    except RuntimeError:  # a reply that belongs to no request
        return ""
    return next((name for name in _ID_PARAMETERS if (asked := params.get(name)) and "," not in asked), "")


def _read(response: httpx.Response, body: Json | None) -> _ErrorReply:
    if body is None and _is_xml(response):
        # A regular expression instead of a parser: the three fields are flat, and entities cannot explode.
        body = {name: html.unescape(value) for name, value in _XML_FIELD.findall(response.text[:_XML_MAX])}
    fields = body or {}
    code = _field(fields, "Code") or ""
    return _ErrorReply(code if is_code(code) else "", _field(fields, "Message") or "", _field(fields, "RequestId"))


def _is_xml(response: httpx.Response) -> bool:
    said = "xml" in response.headers.get("content-type", "").lower()
    return said or _XML_ROOT.match(response.text) is not None


def _field(body: Json, name: str) -> str | None:
    """Return a field in either spelling, such as `RequestId` and `requestId`."""
    return text(body.get(name)) or text(body.get(name[0].lower() + name[1:]))


def _message(raises: type[ProviderError], rule: Rule | None, refusal: ErrorReply) -> str:
    meaning = rule.meaning_of(refusal.code) if rule else ""
    if raises is Unauthorized:
        return meaning or "the credentials were rejected"
    return shown(refusal, meaning)


def _retry_after(response: httpx.Response) -> float | None:
    """Return the seconds to wait.

    The vendor's own headers are in milliseconds, as its clients read them; the standard one is in seconds. The longest
    of the vendor's headers counts.
    """
    headers = response.headers
    found = [_MILLISECONDS.fullmatch(headers.get("x-acs-retry-after", "").strip())]
    left = [_TIME_LEFT.search(headers.get(name, "")) for name in ("x-ratelimit-user-api", "x-ratelimit-user")]
    waits = [int(match[0]) for match in found if match] + [int(match[1]) for match in left if match]
    if longest := max(waits, default=0):
        return min(longest / 1000, RETRY_AFTER_MAX)
    return retry_after(headers, datetime.now(UTC))
