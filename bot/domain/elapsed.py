"""Compares stored times, which a wrong clock may have written, with now. Pure."""

from datetime import datetime, timedelta

AHEAD = timedelta(seconds=10)
"""A wrong clock wrote a stored time that is further in the future than this."""


def in_future(moment: datetime, now: datetime) -> bool:
    """Whether a stored time is too far in the future to be right."""
    return moment - now > AHEAD


def past(moment: datetime, now: datetime) -> datetime:
    """Return a stored time; one in the future counts as now."""
    return min(moment, now)


def passed(since: datetime, wait: timedelta, now: datetime) -> bool:
    """Whether a wait since a stored time is over. One that begins in the future is over."""
    return now - since >= wait or in_future(since, now)


OFF_S = 30.0
"""A worker whose machine's clock differs from fleet time by more than this reports it."""
