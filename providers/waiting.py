"""How long a cloud wants to be left alone: the header `Retry-After`, which both vendors' gateways may send."""

from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

RETRY_AFTER_MAX = 86_400.0


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Read `Retry-After` in seconds, whether it is a number or an HTTP date; None when it is neither."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal() and value.isascii():
        return min(float(value), RETRY_AFTER_MAX)
    try:
        return min(max(0.0, (parsedate_to_datetime(value) - now).total_seconds()), RETRY_AFTER_MAX)
    except (ValueError, TypeError):  # no date, or one without a time zone
        return None
