"""How often a watch would have posted in the last 24 hours, for the answer to the command that watches."""

from bot.deps.deps import Deps
from bot.domain.dry_runs import Forecast
from bot.domain.errors import StoreUnavailable, UsageError
from bot.domain.watches import Watch
from bot.watches.dry_run import dry_run

EVENTS_MAX = 300
"""Events that are tried: the answer waits for it."""


async def forecast(deps: Deps, watch: Watch) -> Forecast:
    """Return what is known after a second; the dry run itself takes the time that it needs."""
    try:
        return Forecast(await dry_run(deps, watch.spec, watch.place, EVENTS_MAX).first())
    except (StoreUnavailable, UsageError):
        return Forecast()
