"""Huawei Cloud's error replies, classified by the rules of `providers.huawei.codes`: code first, HTTP status second."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

import httpx

from providers.errors import CLOCK_OFF, Forbidden, NotOffered, ProviderError, Throttled, Unauthorized, Unavailable
from providers.http.retry_after import retry_after
from providers.http.transport import Json
from providers.huawei.codes import BY_ID, MEANINGS, MISMATCH, NO_SERVICE_OR_JOB, REJECTED, RULES
from providers.json_fields import instant, mapping, text
from providers.refusals import ErrorReply, Rule, by_status, first_fitting, is_code, shown

__all__ = ["MEANINGS", "MISMATCH", "REJECTED", "classify", "leaves_open"]

MESSAGE_MAX = 300

_WITH_CODE: Final[Mapping[int, type[ProviderError]]] = MappingProxyType({403: Forbidden, 405: NotOffered})
_WITHOUT_CODE: Final[Mapping[int, type[ProviderError]]] = MappingProxyType({**_WITH_CODE, 404: NotOffered})
"""A 404 without a code comes from a wrong host; with one it may be about anything that the request names."""

_PAIRS = (
    ("error_code", ("error_msg", "error_message")),
    ("errorCode", ("errorMsg",)),
    ("code", ("message",)),
)
_TIME = re.compile(
    r"\b(signature|server) time\D{0,9}(\d{4}-?\d\d-?\d\d[T ]\d\d:?\d\d:?\d\d(?:\.\d+)?(?:[+-]\d\d:\d\d)?)",
    re.IGNORECASE,
)
"""H3: `signature time:20211217T064303Z,server time:20211217T065804Z`."""
_DEEP = 4
"""The depth to which the objects of a refusal are read."""


def classify(response: httpx.Response, body: Json | None) -> ProviderError | None:
    """Return the error that a reply reports, or None for a success.

    An unreadable body with a success status is None too. In a reply with a success status only `error_code` is an
    error; a job's own failure (ALG.) never is.
    """
    if response.is_success and (body is None or not _refuses(body)):
        return None
    code, message = _code_and_message(body or {})
    named = is_code(code)
    refusal = ErrorReply.of(code, message, response.status_code, BY_ID if _by_id(response) else "")
    rule = first_fitting(RULES, refusal)
    raises = rule.raises if rule else by_status(response.status_code, _WITH_CODE if named else _WITHOUT_CODE)
    error = raises(
        _message(raises, rule, refusal),
        code=refusal.code or f"HTTP {response.status_code}",
        request_id=response.headers.get("x-request-id") or text((body or {}).get("request_id")),
        retry_after=rule.retry_after if rule else None,
    )
    if issubclass(raises, Throttled | Unavailable):
        error.retry_after = retry_after(response.headers, datetime.now(UTC))
    return error


def leaves_open(error: ProviderError) -> bool:
    """Return whether an error says "no such service or job" without saying which."""
    return error.code.upper() == NO_SERVICE_OR_JOB


def _by_id(response: httpx.Response) -> bool:
    try:
        return BY_ID in response.request.extensions
    except RuntimeError:  # a reply that belongs to no request
        return False


def _refuses(body: Json) -> bool:
    code = text(body.get("error_code")) or ""
    return is_code(code) and not code.upper().startswith("ALG.")


def _message(raises: type[ProviderError], rule: Rule | None, refusal: ErrorReply) -> str:
    """Return the message to show. A message about credentials can name an access key, so it is never kept."""
    meaning = rule.meaning_of(refusal.code) if rule else ""
    if meaning == CLOCK_OFF:
        return _clock(refusal.message)
    if raises is Unauthorized:
        return meaning or REJECTED
    return shown(refusal, meaning)[:MESSAGE_MAX]


def _clock(message: str) -> str:
    """Return how far this machine's clock is off, where the message gives both times."""
    times = {name.lower(): instant(time) for name, time in _TIME.findall(message)}
    signed, now = times.get("signature"), times.get("server")
    minutes = round(abs((now - signed).total_seconds()) / 60) if signed and now else 0
    return f"{CLOCK_OFF} by {minutes} minute{'' if minutes == 1 else 's'}" if minutes else CLOCK_OFF


def _code_and_message(body: Json) -> tuple[str, str]:
    """Look at the top, then inside nested objects, in the order of the vendor's SDK.

    A number like the HTTP status is a code only where nothing better is found.
    """
    found = list(_pairs(body))
    best = next((pair for pair in found if is_code(pair[0])), found[0] if found else None)
    return best or ("", text(body.get("error_msg")) or text(body.get("message")) or "")


def _pairs(record: Json, deep: int = _DEEP) -> Iterator[tuple[str, str]]:
    for code_name, message_names in _PAIRS:
        if code := text(record.get(code_name)):
            yield code, next((found for name in message_names if (found := text(record.get(name)))), "")
    for value in record.values() if deep else ():
        yield from _pairs(mapping(value), deep - 1)
