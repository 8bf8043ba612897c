"""How much time has passed since a stored time, which a wrong clock may have written. Pure."""

from datetime import datetime, timedelta

AHEAD = timedelta(seconds=10)
"""A stored time that is further in the future than this was written by a wrong clock."""


def in_future(moment: datetime, now: datetime) -> bool:
    """Whether a stored time cannot be right."""
    return moment - now > AHEAD


def past(moment: datetime, now: datetime) -> datetime:
    """Return a stored time; one in the future counts as now."""
    return min(moment, now)


def passed(since: datetime, wait: timedelta, now: datetime) -> bool:
    """Whether a wait that began at a stored time is over; one that begins in the future is no reason to wait."""
    return now - since >= wait or in_future(since, now)
