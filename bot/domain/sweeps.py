"""How the last sweep of a service went, and what follows from that. Pure."""

from datetime import datetime, timedelta
from typing import NamedTuple

from bot.domain.answers import ServiceError

FAILING = timedelta(minutes=2)
"""Cards tell that a service cannot be asked once it has been so for this long."""
MOST_S = 10.0
"""Between two sweeps, at most: what was subscribed to since may be due. Without anything due no service is asked."""
BACK_OFF_MAX_S = 300.0
"""Seconds between two sweeps of a service that fails, at most, unless it asks for more."""


class Sweep(NamedTuple):
    """One look at a service: `at` is when the last one ended that was answered, `tried_at` when the last one ended.

    `jobs` were checked with `requests`. `failures` counts those in a row without an answer, for `error`, from
    `failing_since` on.
    """

    at: datetime | None = None
    tried_at: datetime | None = None
    jobs: int = 0
    requests: int = 0
    failures: int = 0
    failing_since: datetime | None = None
    error: ServiceError | None = None


def troubled(sweep: Sweep) -> bool:
    """Whether a service has failed for so long that its cards say so."""
    since, tried = sweep.failing_since, sweep.tried_at
    return since is not None and tried is not None and tried - since >= FAILING


def next_try(sweep: Sweep) -> datetime | None:
    """Return when a service that fails is asked again; None for one that does not fail."""
    return sweep.tried_at + timedelta(seconds=back_off(sweep)) if sweep.error and sweep.tried_at else None


def back_off(failing: Sweep) -> float:
    """Return the seconds until a service that fails is asked again: twice as many after each failure."""
    asked = failing.error.retry_after if failing.error else None
    return max(asked or 0, min(BACK_OFF_MAX_S, MOST_S * 2 ** min(failing.failures - 1, 10)))
