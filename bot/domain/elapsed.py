"""Compares stored times with now. A wrong clock may have written them. Pure."""

from datetime import datetime, timedelta

AHEAD = timedelta(seconds=10)
"""A stored time further in the future than this comes from a wrong clock."""


def in_future(moment: datetime, now: datetime) -> bool:
    """Return whether a stored time is too far in the future to be right."""
    return moment - now > AHEAD


def past(moment: datetime, now: datetime) -> datetime:
    """Return a stored time, or now if it is in the future."""
    return min(moment, now)


def passed(since: datetime, wait: timedelta, now: datetime) -> bool:
    """Return whether a wait since a stored time is over. A wait that starts in the future is over."""
    return now - since >= wait or in_future(since, now)


OFF_S = 30.0
"""A worker reports its clock if it differs from fleet time by more than this many seconds."""
