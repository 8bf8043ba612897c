"""Readers of vendors' fields: a value or None, never an exception, for any JSON."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.json_fields import (
    Unreadable,
    count,
    identity,
    instant,
    listing,
    mapping,
    number,
    percentage,
    readable,
    text,
    well_formed,
)

zones = st.builds(timezone, st.integers(-1439, 1439).map(lambda minutes: timedelta(minutes=minutes)))
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(json_values)
def test_no_reader_raises(value: Any):
    moment = instant(value)
    assert moment is None or moment.tzinfo is UTC
    assert percentage(value) in {None, *range(101)}
    found = text(value)
    assert found is None or found.strip() == found != ""
    assert found is None or found.encode()
    assert isinstance(mapping(value), dict)
    assert isinstance(listing(value), list)


@given(st.datetimes(timezones=zones).map(datetime.isoformat) | st.text(alphabet="0123456789-T:Z+ .W", max_size=30))
def test_any_spelling_of_a_time_is_utc_or_nothing(value: str):
    found = instant(value)
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2018-06-12T13:00:01Z", datetime(2018, 6, 12, 13, 0, 1, tzinfo=UTC)),
        (" 2024-10-14T07:39:46Z\n", datetime(2024, 10, 14, 7, 39, 46, tzinfo=UTC)),
        ("2024-10-14T09:39:46+02:00", datetime(2024, 10, 14, 7, 39, 46, tzinfo=UTC)),
        ("2024-10-14T07:39:46", datetime(2024, 10, 14, 7, 39, 46, tzinfo=UTC)),
        ("0001-01-01T00:00:00+01:00", None),
        ("yesterday", None),
        ("", None),
        (1577836800000, None),
    ],
)
def test_instants(value: Any, expected: datetime | None):
    assert instant(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (0, 0),
        (312, 312),
        (-1, None),
        (1.0, None),
        (True, None),
        (None, None),
        ("7", 7),
        (" 0\n", 0),
        ("-7", None),
        ("7.0", None),
        ("٣", None),
        ("²", None),
        ("", None),
        ("9" * 5000, None),
    ],
)
def test_counts(value: Any, expected: int | None):
    assert count(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 0), (100, 100), ("42", 42), (99.9, 99), (True, None), (-1, None), (101, None), ("", None)],
)
def test_percentages(value: Any, expected: int | None):
    assert percentage(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("30016", 30016), (0, 0), (-1.5, -1.5), (True, None), (None, None), ("nan", None), (1e999, None), (10**400, None)],
)
def test_numbers(value: Any, expected: float | None):
    assert number(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(" a ", "a"), (7, "7"), (0, "0"), (True, None), (" \n", None), ("\ud800中", "?中")]
)
def test_texts(value: Any, expected: str | None):
    assert text(value) == expected


@given(st.text(st.characters()))
def test_well_formed_text_can_be_sent(value: str):
    assert well_formed(value).encode().decode() == well_formed(value)
    assert len(well_formed(value)) == len(value)


def test_unreadable_items_are_counted():
    assert readable([" a", None, {}, 7], identity) == (["a", "7"], 2)
    with pytest.raises(Unreadable):
        identity("")
