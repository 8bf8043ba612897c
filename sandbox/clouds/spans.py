"""A part of a sorted list, seen without a copy."""

from collections.abc import Iterator, Sequence
from typing import overload

from sandbox.clouds.jobs import Job


class Span(Sequence[Job]):
    """The jobs at these indexes of a list. It is read at once: what the list gains or loses later moves them."""

    def __init__(self, jobs: list[Job], indexes: range) -> None:
        """See this part of a list, forwards or backwards."""
        self._jobs = jobs
        self._indexes = indexes

    def __len__(self) -> int:
        """How many they are."""
        return len(self._indexes)

    @overload
    def __getitem__(self, index: int) -> Job: ...
    @overload
    def __getitem__(self, index: slice) -> "Span": ...
    def __getitem__(self, index: int | slice) -> "Job | Span":
        """One of them, or a part of the part."""
        if isinstance(index, slice):
            return Span(self._jobs, self._indexes[index])
        return self._jobs[self._indexes[index]]

    def __iter__(self) -> Iterator[Job]:
        """One after the other."""
        return (self._jobs[index] for index in self._indexes)
