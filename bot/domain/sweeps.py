"""The last sweep of a service, and when the next one is due. Pure."""

from datetime import datetime, timedelta
from typing import NamedTuple

from bot.domain.answers import ServiceError

FAILING = timedelta(minutes=2)
"""Cards show that a service cannot be asked after it has failed for this long."""
MOST_S = 10.0
"""The longest wait in seconds between two sweeps: new subscriptions may be due. A sweep asks only if a job is due."""
BACK_OFF_MAX_S = 300.0
"""The longest wait in seconds between two sweeps of a failing service, unless it asks for a longer one."""


class Sweep(NamedTuple):
    """The sweeps of a service. `at` is when the last answered one ended, `tried_at` when the last one did.

    It checked `jobs` with `requests`. `failures` counts the sweeps in a row that got no answer, because of `error`,
    since `failing_since`.
    """

    at: datetime | None = None
    tried_at: datetime | None = None
    jobs: int = 0
    requests: int = 0
    failures: int = 0
    failing_since: datetime | None = None
    error: ServiceError | None = None


def troubled(sweep: Sweep) -> bool:
    """Return whether a service has failed for so long that its cards show it."""
    since, tried = sweep.failing_since, sweep.tried_at
    return since is not None and tried is not None and tried - since >= FAILING


def next_try(sweep: Sweep) -> datetime | None:
    """Return when a failing service is asked again; None if it does not fail."""
    return sweep.tried_at + timedelta(seconds=back_off(sweep)) if sweep.error and sweep.tried_at else None


def back_off(failing: Sweep) -> float:
    """Return the seconds until a failing service is asked again. They double with each failure."""
    asked = failing.error.retry_after if failing.error else None
    return max(asked or 0, min(BACK_OFF_MAX_S, MOST_S * 2 ** min(failing.failures - 1, 10)))
