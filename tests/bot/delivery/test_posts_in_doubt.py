"""The times of searches for a post in doubt, and when its absence counts."""

from datetime import datetime, timedelta

import pytest

from bot.delivery.posts_in_doubt import Searches, left_by
from bot.domain.outbox import Doubt, InFlightPost
from bot.slack_api.errors import ErrorAction, classify
from tests.bot.memory import NOW
from tests.bot.slack import refused

IN_FLIGHT_TIMEOUT_S = 15.0


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def moments(in_flight: InFlightPost) -> list[float]:
    """Return the seconds from NOW at which a post is searched for, each search on time."""
    searches, found = Searches.of(in_flight, IN_FLIGHT_TIMEOUT_S), list[datetime]()
    while not (found and searches.settled(found[-1])):
        found.append(searches.next(found[-1] if found else None))
    return [(each - NOW).total_seconds() for each in found]


def test_an_error_of_slacks_own_settles_the_doubt_in_six_seconds():
    in_flight = InFlightPost(id="p", at=NOW, doubt=Doubt.ANSWERED, since=at(2))
    assert moments(in_flight) == [3, 5, 8]
    assert Searches.of(in_flight, IN_FLIGHT_TIMEOUT_S).ripe == at(17)


@pytest.mark.parametrize("doubt", [None, Doubt.SILENT])
def test_silence_settles_it_in_fifteen_from_the_beginning(doubt: Doubt | None):
    assert moments(InFlightPost(id="p", at=NOW, doubt=doubt, since=at(10) if doubt else None)) == [3, 15]


def test_a_late_search_counts_for_those_before_it():
    searches = Searches.of(InFlightPost(id="p", at=NOW, doubt=Doubt.ANSWERED, since=NOW), IN_FLIGHT_TIMEOUT_S)
    assert searches.next(at(4)) == at(6)
    assert not searches.settled(at(5.9))
    assert searches.next(at(7)) == searches.ripe


def test_a_mark_of_an_earlier_version_says_nothing_of_a_doubt():
    in_flight = InFlightPost.model_validate_json(
        '{"id": "p", "at": "2026-11-20T08:00:00Z", "channel": "C1", "writes": []}'
    )
    assert (in_flight.doubt, in_flight.since, in_flight.searched) == (None, None, None)


@pytest.mark.parametrize(
    ("code", "status", "action", "doubt"),
    [
        ("internal_error", 500, ErrorAction.LOOK_UP_FIRST, Doubt.ANSWERED),
        ("internal_error", 200, ErrorAction.LOOK_UP_FIRST, Doubt.ANSWERED),
        ("a_code_that_is_new", 503, ErrorAction.LOOK_UP_FIRST, Doubt.ANSWERED),
        ("a_code_that_is_new", 200, ErrorAction.UNKNOWN_CODE, Doubt.ANSWERED),
        ("is_archived", 500, ErrorAction.SUSPEND, Doubt.ANSWERED),
        ("upstream connect error", 503, ErrorAction.LOOK_UP_FIRST, Doubt.SILENT),
        ("", 502, ErrorAction.LOOK_UP_FIRST, Doubt.SILENT),
    ],
)
def test_what_an_error_says_of_a_post(code: str, status: int, action: ErrorAction, doubt: Doubt):
    assert (classify(refused(code, status)), left_by(refused(code, status))) == (action, doubt)
