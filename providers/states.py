"""The states of a vendor's jobs, mapped to Callboard's."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from providers.models import JobState


@dataclass(frozen=True, slots=True)
class States:
    """The raw states of a service, spelled as documented, and the `JobState` of each."""

    meanings: Mapping[str, JobState]
    _folded: Mapping[str, JobState]

    @classmethod
    def of(cls, meanings: Mapping[str, JobState]) -> Self:
        return cls(meanings, {raw.casefold(): state for raw, state in meanings.items()})

    def read(self, raw: str | None) -> JobState:
        """Return the state of a raw word in any case; an unlisted word is unknown."""
        return self._folded.get(raw.casefold(), JobState.UNKNOWN) if raw else JobState.UNKNOWN

    def raw_states(self, states: frozenset[JobState]) -> tuple[str, ...] | None:
        """Return the raw states to filter by; None when unlisted words would match too, which no filter can name."""
        if not states or JobState.UNKNOWN in states:
            return None
        return tuple(raw for raw, state in self.meanings.items() if state in states)
