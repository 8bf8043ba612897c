"""A provider's own clock, which may be wrong, and may jump."""

from bisect import bisect_right, insort
from typing import NamedTuple


class Shift(NamedTuple):
    """From this true instant on, the clock is ahead by so many seconds (negative: behind)."""

    since: float
    seconds: float


class ProviderClock:
    """What a service takes for the time. An instant is read as the clock showed it then, however it jumps later."""

    def __init__(self) -> None:
        """Start with a clock that is right."""
        self._shifts: list[Shift] = []

    def shift(self, since: float, seconds: float) -> None:
        """Put the clock ahead by so many seconds from an instant on; 0 is right again."""
        self._shifts = [each for each in self._shifts if each.since != since]
        insort(self._shifts, Shift(since, seconds))

    def shift_at(self, instant: float) -> float:
        """How many seconds the clock is ahead at a true instant."""
        place = bisect_right(self._shifts, instant, key=lambda each: each.since)
        return self._shifts[place - 1].seconds if place else 0.0

    def reading(self, instant: float) -> float:
        """What the clock shows at a true instant."""
        return instant + self.shift_at(instant) if self._shifts else instant


RIGHT = ProviderClock()
"""The clock of jobs that are in no store; nobody shifts it."""
