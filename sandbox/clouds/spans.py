"""A view of a part of a sorted list, without a copy."""

from collections.abc import Iterator, Sequence
from typing import overload

from sandbox.clouds.jobs import Job


class Span(Sequence[Job]):
    """The jobs at these indexes of a list. Read it immediately: later changes of the list move them."""

    def __init__(self, jobs: list[Job], indexes: range) -> None:
        """Create a view of this part of a list, forward or backward."""
        self._jobs = jobs
        self._indexes = indexes

    def __len__(self) -> int:
        """Return the number of jobs."""
        return len(self._indexes)

    @overload
    def __getitem__(self, index: int) -> Job: ...
    @overload
    def __getitem__(self, index: slice) -> "Span": ...
    def __getitem__(self, index: int | slice) -> "Job | Span":
        """Return one job, or a part of this part."""
        if isinstance(index, slice):
            return Span(self._jobs, self._indexes[index])
        return self._jobs[self._indexes[index]]

    def __iter__(self) -> Iterator[Job]:
        """Yield the jobs in order."""
        return (self._jobs[index] for index in self._indexes)
