"""How long an answer waits for each service: shorter for one that keeps missing its deadline.

Each process learns it alone, so it holds without Redis too, and in every process of a fleet after two questions.
"""

from dataclasses import dataclass, field

MISSES = 2
"""After this many missed deadlines in a row the patience is short."""
SHORT_S = 2.0
FULL_EVERY = 5
"""Of so many questions to a service that keeps missing its deadline, one waits the full time."""


@dataclass(slots=True)
class _Record:
    """Missed deadlines in a row, and questions asked since the patience is short."""

    misses: int = 0
    questions: int = 0


@dataclass(slots=True)
class AnswerTimeouts:
    """The deadlines that services, by account and name, missed in a row."""

    _records: dict[tuple[str, str], _Record] = field(default_factory=dict[tuple[str, str], _Record])

    def for_question(self, service: tuple[str, str], full_s: float) -> float:
        """Return for how many seconds one more question waits for a service."""
        record = self._records.get(service)
        if record is None or record.misses < MISSES:
            return full_s
        record.questions += 1
        return full_s if record.questions % FULL_EVERY == 0 else min(SHORT_S, full_s)

    def missed(self, service: tuple[str, str]) -> None:
        """A request to the service has missed its deadline."""
        self._records.setdefault(service, _Record()).misses += 1

    def responded(self, service: tuple[str, str]) -> None:
        """The service has responded in time: it is waited for as ever."""
        self._records.pop(service, None)
