"""Time in the workspace, and the timestamps that are messages' ids."""

from collections.abc import Callable

Clock = Callable[[], float]
"""Seconds since the epoch."""


class MovableClock:
    """A clock that can be put forward."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_s = 0.0

    def __call__(self) -> float:
        return self._clock() + self._ahead_s

    def advance(self, seconds: float) -> None:
        """Let so much time pass at once."""
        self._ahead_s += seconds


class Timestamps:
    """Slack's `ts`: seconds with six decimals, never the same twice, always growing."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def next(self, earlier: float = 0) -> str:
        """The timestamp of something that happens now, or happened `earlier` seconds ago."""
        self._last = max(self._last + 1, int((self._clock() - earlier) * 1_000_000))
        return f"{self._last // 1_000_000}.{self._last % 1_000_000:06d}"
