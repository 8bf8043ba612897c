"""Thresholds: whether enough jobs failed within a window of event time. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

SHARE_MIN = 10
"""A threshold on the share needs at least this many ended jobs."""


def most_within(times: Iterable[datetime], window: timedelta) -> int:
    """Return how many of these times, in any order, lie within one window: at most its length apart."""
    ordered, most, first = sorted(times), 0, 0
    for last, time in enumerate(ordered):
        while time - ordered[first] > window:
            first += 1
        most = max(most, last - first + 1)
    return most


def within(times: Iterable[datetime], window: timedelta, newest: datetime) -> Sequence[datetime]:
    """Return the times that lie at most a window before the newest, in their order."""
    return [time for time in times if newest - time <= window]


def share_reached(failed: int, ended: int, percent: int) -> bool:
    """Return whether `failed` of `ended` jobs are at least `percent`, given SHARE_MIN jobs or more."""
    return ended >= SHARE_MIN and failed * 100 >= percent * ended
