"""What the app asked of the workspace, kept for whoever wants to look."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from sandbox.slack.workspace.clock import Clock
from sandbox.slack.workspace.model import Json

CALLS_KEPT = 200_000
"""Enough for a night of faults."""


@dataclass(frozen=True)
class CallMade:
    """One Web API call or response_url post, its token left out.

    `index` counts from 0, `at` is when it was answered (seconds since 1970), `error` is Slack's code, or what became of
    a call that Slack's protocol did not answer: `http_503`, `hung`, `dropped`. With `stored` it was carried out before
    it failed.
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
        """Keep a call, and forget the oldest where there are too many."""
        self._made.append(CallMade(self._next, self._clock(), method, arguments, error, stored))
        self._next += 1

    def since(self, index: int) -> list[CallMade]:
        """The calls with that index or a later one, as far as they are still kept."""
        missing = self._next - len(self._made)
        return [call for place, call in enumerate(self._made) if place + missing >= index]

    def reset(self) -> None:
        """Forget them all; the index goes on."""
        self._made.clear()
