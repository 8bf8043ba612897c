"""The cheapest way to read the state of jobs: pages where they pay, look-ups without an extra request."""

from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.tracked_jobs import Due
from bot.polling.planner import JITTER, OLDEST, YOUNG, Reading, interval, lists_first, look_ups, next_look
from providers.base import Capabilities
from providers.models import Job
from tests.bot.memory import CANNOT_LIST, LISTS, NOW
from tests.bot.samples import job

FORGETS = Capabilities(lists=True, retention=timedelta(minutes=30))
CREATED = NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("age", "seconds"),
    [
        (timedelta(seconds=-5), 10),
        (timedelta(0), 10),
        (timedelta(seconds=200), 10),
        (timedelta(minutes=10), 30),
        (timedelta(minutes=40), 120),
        (timedelta(days=400), 120),
    ],
)
def test_a_young_job_is_looked_at_every_ten_seconds_and_an_old_one_every_two_minutes(age: timedelta, seconds: int):
    assert interval(age) == timedelta(seconds=seconds)


@given(st.timedeltas(min_value=timedelta(days=-1), max_value=timedelta(days=365)) | st.none(), st.randoms())
def test_the_next_look_is_a_little_earlier_or_later(age: timedelta | None, random: Random):
    wait = next_look(None if age is None else NOW - age, NOW, random) - NOW
    assert YOUNG * (1 - JITTER) <= wait <= OLDEST * (1 + JITTER)


def test_a_list_is_read_where_it_can_spare_a_request():
    assert not lists_first(due(1), LISTS)
    assert lists_first(due(2), LISTS)
    assert not lists_first(due(10), Capabilities(lists=True, batch_max=10))
    assert lists_first(due(11), Capabilities(lists=True, batch_max=10))
    assert not lists_first(due(500), CANNOT_LIST)


def test_the_list_of_a_service_with_short_retention_shows_most():
    assert lists_first(due(1), FORGETS)


@given(number=st.integers(0, 400), batch=st.integers(1, 150))
def test_look_ups_hold_every_id_once_and_waste_no_request(number: int, batch: int):
    ids = [str(n) for n in range(number)]
    cut = look_ups(ids, Capabilities(lists=False, batch_max=batch))
    assert [job_id for part in cut for job_id in part] == ids
    assert sum(ceil(len(part) / batch) for part in cut) == ceil(number / batch)


def due(number: int) -> list[Due]:
    return [Due(f"j{n}", NOW, CREATED - timedelta(minutes=n), None) for n in range(number)]


def listed(*ids: str) -> list[Job]:
    return [job(each, created_at=CREATED - timedelta(minutes=int(each[1:]))) for each in ids]


def requests(wanted: Sequence[Due], jobs: Sequence[Job], able: Capabilities) -> int:
    """Return how many requests reading all of these jobs takes."""
    reading, pages = Reading.of(wanted, able), 0
    if lists_first(wanted, able):
        goes_on = True
        while goes_on:
            page = jobs[pages * 100 : pages * 100 + 100]
            pages += 1
            goes_on = reading.goes_on(page) and pages * 100 < len(jobs)
    left = list(reading.wanted)
    return pages + sum(ceil(len(part) / able.batch_max) for part in look_ups(left, able))


@pytest.mark.parametrize(("number", "least"), [(1, 1), (2, 1), (100, 1), (101, 2), (102, 2), (250, 3), (1000, 10)])
def test_the_newest_jobs_take_a_request_a_hundred(number: int, least: int):
    wanted = due(number)
    assert requests(wanted, listed(*(each.id for each in wanted)), LISTS) == least


def test_a_job_that_is_newer_than_the_page_is_not_sought_on_the_next():
    reading = Reading.of(due(3), LISTS)
    assert not reading.goes_on(listed("j2", "j50")), "j0 and j1 would stand before j2"
    assert list(reading.wanted) == ["j0", "j1"]


def test_an_empty_or_undated_page_ends_or_continues_the_reading():
    assert not Reading.of(due(3), LISTS).goes_on([])
    undated = [job("j0", created_at=None), job("x", created_at=None)]
    assert Reading.of(due(3), LISTS).goes_on(undated), "nothing says that the others are not below"


@given(
    places=st.lists(st.integers(0, 999), min_size=1, max_size=150, unique=True),
    batch=st.sampled_from([1, 2, 10, 50, 100]),
    strangers=st.integers(0, 3),
)
def test_a_list_costs_at_most_one_request_more_than_looking_up(places: list[int], batch: int, strangers: int):
    able = Capabilities(lists=True, batch_max=batch)
    gone = [Due(f"gone{n}", NOW, None, None) for n in range(strangers)]
    wanted = [Due(f"j{n}", NOW, CREATED - timedelta(minutes=n), None) for n in places] + gone
    cost = requests(wanted, listed(*(f"j{n}" for n in range(1000))), able)
    assert cost <= ceil(len(wanted) / batch) + 1
