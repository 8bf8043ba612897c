"""How long an answer waits for each service. The timeout is shorter for a service that timed out repeatedly.

Each process counts timeouts separately, so this works without Redis. Every process of a fleet knows a slow service
after two commands.
"""

from dataclasses import dataclass, field

MISSES = 2
"""The timeout is short after this many missed deadlines in a row."""
SHORT_S = 2.0
FULL_EVERY = 5
"""With a short timeout, one of this many requests still waits the full time."""


@dataclass(slots=True)
class _Record:
    """Missed deadlines in a row, and the number of requests since the timeout is short."""

    misses: int = 0
    questions: int = 0


@dataclass(slots=True)
class AnswerTimeouts:
    """The missed deadlines in a row of each service, by account and name."""

    _records: dict[tuple[str, str], _Record] = field(default_factory=dict[tuple[str, str], _Record])

    def for_question(self, service: tuple[str, str], full_s: float) -> float:
        """Return the timeout in seconds of the next request to a service."""
        record = self._records.get(service)
        if record is None or record.misses < MISSES:
            return full_s
        record.questions += 1
        return full_s if record.questions % FULL_EVERY == 0 else min(SHORT_S, full_s)

    def missed(self, service: tuple[str, str]) -> None:
        """Count a missed deadline of a service."""
        self._records.setdefault(service, _Record()).misses += 1

    def responded(self, service: tuple[str, str]) -> None:
        """Reset a service that responded in time to the full timeout."""
        self._records.pop(service, None)
