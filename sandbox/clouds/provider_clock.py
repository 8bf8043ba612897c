"""A provider's own clock, which can be wrong and can jump."""

from bisect import bisect_right, insort
from typing import NamedTuple


class Shift(NamedTuple):
    """From this true instant on, the clock is this many seconds ahead (negative: behind)."""

    since: float
    seconds: float


class ProviderClock:
    """A service's own clock. A reading shows the offset of its own instant, even after later jumps."""

    def __init__(self) -> None:
        """Start with the true time."""
        self._shifts: list[Shift] = []

    def shift(self, since: float, seconds: float) -> None:
        """Set the clock this many seconds ahead from an instant on; 0 corrects it."""
        self._shifts = [each for each in self._shifts if each.since != since]
        insort(self._shifts, Shift(since, seconds))

    def shift_at(self, instant: float) -> float:
        """Return how many seconds the clock is ahead at a true instant."""
        place = bisect_right(self._shifts, instant, key=lambda each: each.since)
        return self._shifts[place - 1].seconds if place else 0.0

    def reading(self, instant: float) -> float:
        """Return what the clock shows at a true instant."""
        return instant + self.shift_at(instant) if self._shifts else instant


RIGHT = ProviderClock()
"""The clock of jobs outside a store; it always shows true time."""
