"""Forecasts how often a new watch posts, from the last 24 hours."""

from bot.deps.deps import Deps
from bot.domain.dry_runs import Forecast
from bot.domain.errors import StoreUnavailable, UsageError
from bot.domain.watches import Watch
from bot.watches.dry_run import dry_run

EVENTS_MAX = 300
"""The number of events tried. It is small because the answer waits."""


async def forecast(deps: Deps, watch: Watch) -> Forecast:
    """Return what is known after a second. The dry run itself continues as long as it needs."""
    try:
        return Forecast(await dry_run(deps, watch.spec, watch.place, EVENTS_MAX).first())
    except (StoreUnavailable, UsageError):
        return Forecast()
