from datetime import UTC, datetime

import pytest

from providers.http.retry_after import retry_after

NOW = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Sun, 22 Nov 2026 10:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 09:00:00 GMT", 0.0),
        ("99999999999", 86_400.0),
        ("Sat, 22 Nov 2036 10:00:00 GMT", 86_400.0),
        ("-3", None),
        ("soon", None),
        ("٣", None),
        ("", None),
    ],
)
def test_retry_after(value: str, seconds: float | None):
    assert retry_after({"retry-after": value}, NOW) == seconds


@pytest.mark.parametrize(("sent", "seconds"), [("Sun, 22 Nov 2026 12:00:00 GMT", 30.0), ("soon", None), ("", None)])
def test_a_date_is_read_by_the_clock_that_wrote_it(sent: str, seconds: float | None):
    assert retry_after({"retry-after": "Sun, 22 Nov 2026 12:00:30 GMT", "date": sent}, NOW) == seconds
