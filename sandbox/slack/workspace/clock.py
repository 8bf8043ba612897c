"""Time in the workspace, and the timestamps that identify messages."""

from collections.abc import Callable

Clock = Callable[[], float]
"""A function that returns seconds since 1970."""


class MovableClock:
    """A clock that can move forward."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_s = 0.0

    def __call__(self) -> float:
        return self._clock() + self._ahead_s

    def advance(self, seconds: float) -> None:
        """Move the clock forward by this many seconds."""
        self._ahead_s += seconds


class Timestamps:
    """Slack's `ts`: seconds with six decimals, unique and increasing, for example `1795219200.000100`."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self, earlier: float = 0) -> str:
        """Return the timestamp of an event now, or `earlier` seconds ago."""
        self._last = max(self._last + 1, int((self._clock() - earlier) * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"
