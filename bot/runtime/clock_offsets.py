"""Reports the offsets of this machine's clock, in metrics and as notices on `/readyz`."""

from collections.abc import Sequence

from bot.deps.deps import Deps
from bot.runtime.http_server import Reason

SHOWN_S = 5.0
"""The smallest offset in seconds on `/readyz`. Slack reports whole seconds, and a busy process reads them late."""


def show_offsets(deps: Deps) -> None:
    """Connect the offsets to the metrics."""
    if clock := deps.fleet_clock:
        deps.metrics.clock("redis", lambda: clock.ahead_of_redis)
    deps.metrics.clock("slack", lambda: deps.slack_time.ahead)


def clock_notices(deps: Deps, *, works: bool) -> Sequence[Reason]:
    """Return the notices about this machine's clock. A worker's notice adds that tasks run by fleet time."""
    clock = deps.fleet_clock

    async def fleet_time() -> str | None:
        if not (works and clock and clock.off):
            return None
        return f"{_offset_from('fleet time', clock.ahead)}: tasks run by fleet time; set it, best by NTP"

    async def redis_clock() -> str | None:
        return _notable("Redis's clock", clock.ahead_of_redis if clock else None)

    async def slack_clock() -> str | None:
        return _notable("Slack's clock", deps.slack_time.ahead)

    async def jump() -> str | None:
        left = abs(clock.behind_redis) if clock else 0.0
        return f"Redis's clock jumped: fleet time follows it slowly, {left:.0f} s are left" if left >= SHOWN_S else None

    return (
        Reason("the check of fleet time", fleet_time),
        Reason("the check of Redis's clock", redis_clock),
        Reason("the check of Slack's clock", slack_clock),
        Reason("the check for a clock jump", jump),
    )


def _notable(other: str, ahead_s: float | None) -> str | None:
    return None if ahead_s is None or abs(ahead_s) < SHOWN_S else _offset_from(other, ahead_s)


def _offset_from(other: str, ahead_s: float) -> str:
    """Return the offset in words.

    Example: `this machine's clock is 7 s ahead of Slack's clock`.
    """
    return f"this machine's clock is {abs(ahead_s):.0f} s {'ahead of' if ahead_s > 0 else 'behind'} {other}"
