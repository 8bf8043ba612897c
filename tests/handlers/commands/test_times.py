"""Durations and times as people type them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.commands.times import before, instant, last_instant

NOW = datetime(2026, 11, 20, 14, 30, 15, 500, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("90s", timedelta(seconds=90)),
        ("15m", timedelta(minutes=15)),
        ("2h", timedelta(hours=2)),
        ("3d", timedelta(days=3)),
        ("1w", timedelta(weeks=1)),
        ("2H", timedelta(hours=2)),
        ("2 h", timedelta(hours=2)),
        ("5min", timedelta(minutes=5)),
        ("5 mins", timedelta(minutes=5)),
        ("30 seconds", timedelta(seconds=30)),
        ("30sec", timedelta(seconds=30)),
        ("2hrs", timedelta(hours=2)),
        ("2 hours ago", timedelta(hours=2)),
        ("1 day", timedelta(days=1)),
        ("2 weeks ago", timedelta(weeks=2)),
        ("0s", timedelta()),
    ],
)
def test_durations(text: str, age: timedelta):
    assert instant(text, NOW) == last_instant(text, NOW) == NOW - age


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("today", datetime(2026, 11, 20, tzinfo=UTC)),
        ("Yesterday", datetime(2026, 11, 19, tzinfo=UTC)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("20261120", datetime(2026, 11, 20, tzinfo=UTC)),
        ("2026-11-20T14:30", datetime(2026, 11, 20, 14, 30, tzinfo=UTC)),
        ("2026-11-20t14:30z", datetime(2026, 11, 20, 14, 30, tzinfo=UTC)),
        ("2026-11-20 14:30:59", datetime(2026, 11, 20, 14, 30, 59, tzinfo=UTC)),
        ("2026-11-20T14:30:00+08:00", datetime(2026, 11, 20, 6, 30, tzinfo=UTC)),
        ("2026-11-20T14:30:00.250Z", datetime(2026, 11, 20, 14, 30, 0, 250000, tzinfo=UTC)),
    ],
)
def test_instants(text: str, moment: datetime):
    assert instant(text, NOW) == moment
    assert instant(text, NOW).tzinfo is UTC


@pytest.mark.parametrize("text", ["today", "2026-11-20", "20261120", "2026-W47-5"])
def test_the_end_of_a_period_is_the_end_of_its_day(text: str):
    assert last_instant(text, NOW) == datetime(2026, 11, 20, 23, 59, 59, 999999, tzinfo=UTC)


def test_the_end_of_a_period_with_a_time_is_that_time():
    assert last_instant("2026-11-20T14:30", NOW) == datetime(2026, 11, 20, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "2", "h", "2x", "-2h", "1.5h", "1h30m", "2026", "2026-11", "20-11-2026", "11/20/2026", "tomorrow",
             "now", "2026-02-30", "2026-11-20T25:00", "ago", "2h ago ago"]
)  # fmt: skip
def test_nonsense(text: str):
    with pytest.raises(ValueError, match=r"."):
        instant(text, NOW)


def test_before_the_beginning_of_time():
    assert instant("999999w", NOW) == before(NOW, timedelta.max) == datetime.min.replace(tzinfo=UTC)


@given(
    st.text(max_size=30)
    | st.from_regex(r"\d{1,8}[smhdw]?|\d{4}-\d\d-\d\d(T\d\d:\d\d)?([+-]\d\d:\d\d)?", fullmatch=True)
)
def test_any_text_is_an_aware_instant_or_refused(text: str):
    try:
        moments = instant(text, NOW), last_instant(text, NOW)
    except (ValueError, OverflowError):
        return
    assert all(moment.tzinfo is UTC for moment in moments)
    assert moments[0] <= moments[1]
