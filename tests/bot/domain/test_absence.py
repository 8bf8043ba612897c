"""Missing jobs: what follows from the length of an absence and from other jobs that the service finds."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.absence import DROPPED_AFTER, LOST_AFTER, SUSPENDED_AFTER, Absence, Conclusion
from bot.domain.tracked_jobs import kept, record
from tests.bot.memory import NOW
from tests.bot.samples import SERVICE, job

SEEN = NOW - timedelta(seconds=10)
LONG = timedelta(days=7)


def missed(*minutes: float) -> Absence:
    """Return an absence with misses at these minutes after NOW."""
    absence = Absence(SEEN, NOW + timedelta(minutes=minutes[0]))
    for each in minutes:
        absence = absence.missed(NOW + timedelta(minutes=each))
    return absence


def concluded(absence: Absence, minutes: float, witness: float | None = None) -> Conclusion:
    """Return the conclusion at this many minutes after NOW, with a witness at its minute."""
    witnessed = None if witness is None else NOW + timedelta(minutes=witness)
    return absence.conclude(NOW + timedelta(minutes=minutes), witnessed, None)


@pytest.mark.parametrize(
    ("misses", "witness", "conclusion"),
    [
        ((0, 5, 10), 9, Conclusion.LOST),
        ((0, 5, 10), 0, Conclusion.LOST),
        ((0, 5, 10), -1, Conclusion.LOOK_AGAIN),
        ((0, 5, 10), None, Conclusion.LOOK_AGAIN),
        ((0, 10), 9, Conclusion.LOOK_AGAIN),
        ((0, 5, 9), 9, Conclusion.LOOK_AGAIN),
        ((0, 1, 2, 3, 4, 5), 5, Conclusion.LOOK_AGAIN),
        ((0, 1, 120), 115, Conclusion.LOST),
    ],
)
def test_a_job_is_lost_after_three_misses_over_ten_minutes_with_a_witness(
    misses: tuple[float, ...], witness: float | None, conclusion: Conclusion
):
    assert concluded(missed(*misses), misses[-1], witness) is conclusion


def test_a_doubt_restarts_the_misses_but_not_the_absence():
    absence = missed(0, 5, 9).doubted()
    assert absence.doubtful
    for minutes in (10, 11, 12):
        absence = absence.missed(NOW + timedelta(minutes=minutes))
    assert concluded(absence, 12, 12) is Conclusion.LOOK_AGAIN
    assert concluded(absence.missed(NOW + timedelta(minutes=20)), 20, 12) is Conclusion.LOST
    assert absence.since == NOW


@pytest.mark.parametrize("absence", [missed(0, 1, 2), missed(0).doubted()])
@pytest.mark.parametrize(
    ("retention", "after"),
    [(None, SUSPENDED_AFTER), (LONG, SUSPENDED_AFTER), (timedelta(minutes=30), timedelta(minutes=30))],
)
def test_without_a_witness_it_is_suspended_and_then_dropped(
    absence: Absence, retention: timedelta | None, after: timedelta
):
    moment = timedelta(milliseconds=1)
    assert absence.conclude(NOW + after - moment, None, retention) is Conclusion.LOOK_AGAIN
    assert absence.conclude(NOW + after, None, retention) is Conclusion.SUSPENDED
    suspended = absence._replace(suspended=NOW + after)
    assert suspended.conclude(NOW + after + DROPPED_AFTER - moment, None, retention) is Conclusion.LOOK_AGAIN
    assert suspended.conclude(NOW + after + DROPPED_AFTER, None, retention) is Conclusion.DROPPED


def test_two_misses_a_day_apart_do_not_suspend():
    """Callboard was down between the two, so a third miss is needed. With a witness the job is lost."""
    absence = missed(0, 2000)
    assert concluded(absence, 2000, 2000) is Conclusion.LOOK_AGAIN
    assert concluded(absence.missed(NOW + timedelta(minutes=2001)), 2001, 2000) is Conclusion.LOST


def test_a_suspended_job_is_lost_once_there_is_a_witness():
    suspended = missed(0, 5, 10)._replace(suspended=NOW + SUSPENDED_AFTER)
    minutes = SUSPENDED_AFTER.total_seconds() / 60 + 60
    assert concluded(suspended, minutes, minutes - 1) is Conclusion.LOST


def test_checks_are_frequent_at_first_and_when_the_job_may_be_lost():
    waits: list[float] = []
    at = NOW
    while (at - NOW) < 2 * LOST_AFTER:
        next_at = missed(0).next_look(at, timedelta(seconds=30), timedelta(minutes=2))
        waits.append((next_at - at).total_seconds())
        at = next_at
    assert waits[:3] == [30, 30, 30]
    assert max(waits) == waits[-1] == 120
    assert NOW + LOST_AFTER in {NOW + timedelta(seconds=sum(waits[:number])) for number in range(len(waits))}


moments = st.integers(0, 10**9).map(lambda ms: NOW + timedelta(milliseconds=ms))
absences = st.builds(
    Absence, moments, moments, st.integers(0, 9999), st.none() | moments, st.none() | moments, st.booleans()
)


@given(absences)
def test_an_absence_reads_back(absence: Absence):
    text = record(job(raw_state="?a|b/c"), NOW, absence)
    assert (kept(SERVICE, text).absence, kept(SERVICE, text).job) == (absence, job(raw_state="?a|b/c"))


def test_a_record_of_an_earlier_version_is_read():
    """Such a record has only a question mark before the fingerprint."""
    about, _, rest = record(job(), NOW).partition("\n")
    *head, mark = about.split("|", 3)
    old = kept(SERVICE, "\n".join(["|".join([*head, f"?{mark}"]), rest]))
    assert (old.job, old.absence) == (job(), Absence(NOW, NOW, 1, NOW))
    assert old.missed
