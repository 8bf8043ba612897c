"""What a vendor calls the states of its jobs, and what they mean here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from providers.models import JobState


@dataclass(frozen=True, slots=True)
class States:
    """A service's raw states, spelled as documented, and what they mean here."""

    meanings: Mapping[str, JobState]
    _folded: Mapping[str, JobState]

    @classmethod
    def of(cls, meanings: Mapping[str, JobState]) -> Self:
        return cls(meanings, {raw.casefold(): state for raw, state in meanings.items()})

    def read(self, raw: str | None) -> JobState:
        """Return the state of a raw word in any case; an unlisted word is unknown."""
        return self._folded.get(raw.casefold(), JobState.UNKNOWN) if raw else JobState.UNKNOWN

    def raw_states(self, states: frozenset[JobState]) -> tuple[str, ...] | None:
        """Return the raw states to ask for; None when no filter can be sent, as unlisted words cannot be asked for."""
        if not states or JobState.UNKNOWN in states:
            return None
        return tuple(raw for raw, state in self.meanings.items() if state in states)
