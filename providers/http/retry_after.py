"""The header `Retry-After`, which both vendors' gateways may send."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

RETRY_AFTER_MAX = 86_400.0


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds of `Retry-After`, a number such as `30` or an HTTP date; None for neither.

    A date is compared with the `Date` header, which the same clock wrote, or with `now` if that is missing.
    """
    value = headers.get("retry-after", "").strip()
    if value.isdecimal() and value.isascii():
        return min(float(value), RETRY_AFTER_MAX)
    try:
        until = parsedate_to_datetime(value)
        sent = parsedate_to_datetime(headers["date"]) if "date" in headers else now
        return min(max(0.0, (until - sent).total_seconds()), RETRY_AFTER_MAX)
    except (ValueError, TypeError):  # not a date, or one without a time zone
        return None
