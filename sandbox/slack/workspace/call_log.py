"""The log of the app's calls to the workspace."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.slack.workspace.clock import Clock
from sandbox.slack.workspace.model import Json

CALLS_KEPT = 200_000
"""Enough for a night of faults."""


@dataclass(frozen=True)
class CallMade:
    """One Web API call or response_url post, without its token.

    `index` counts from 0, `at` is the time of the answer (seconds since 1970), `error` is Slack's code, or the result
    of a call without a Slack answer: `http_503`, `hung`, `dropped`. With `stored` the call took effect before it
    failed.
    """

    index: int
    at: float
    method: str
    arguments: Json
    error: str | None = None
    stored: bool = False


class Calls:
    """The newest calls, oldest first."""

    def __init__(self, clock: Clock, kept: int = CALLS_KEPT) -> None:
        self._clock = clock
        self._made: deque[CallMade] = deque(maxlen=kept)
        self._next = 0

    def __iter__(self) -> Iterator[CallMade]:
        return iter(self._made)

    def add(self, method: str, arguments: Json, error: str | None = None, *, stored: bool = False) -> None:
        """Add a call, and drop the oldest above the limit."""
        self._made.append(CallMade(self._next, self._clock(), method, arguments, error, stored))
        self._next += 1

    def since(self, index: int) -> list[CallMade]:
        """Return the calls from that index on, if they are still in the log."""
        missing = self._next - len(self._made)
        return [call for place, call in enumerate(self._made) if place + missing >= index]

    def reset(self) -> None:
        """Clear the log. The index continues."""
        self._made.clear()
