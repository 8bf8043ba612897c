"""Ended jobs of a list as they were read: a list that is read again and again has mostly the same ones."""

from collections.abc import Callable
from typing import Any

from providers.http.deadline import raw_wanted
from providers.json_fields import mapping
from providers.models import Job

KNOWN_MAX = 5_000
"""Jobs that are remembered for each service; beyond that, all are read again."""


class KnownEntries:
    """Reads entries of a list by `read`. For a sweep, an ended job is the very same one until it changes.

    `names` are those of an entry's id, its state and the time of its last change.
    """

    def __init__(self, read: Callable[[Any, str | None], Job], names: tuple[str, str, str]) -> None:
        self._read = read
        self._names = names
        self._known: dict[tuple[str, str, str], Job] = {}

    def job(self, item: Any, request_id: str | None) -> Job:
        """Return the job of an entry. Raises Unreadable. People get all that the newest answer has of it."""
        entry, (job_id, state, changed) = mapping(item), self._names
        version = entry.get(job_id), entry.get(state), entry.get(changed)
        if raw_wanted() or not all(isinstance(each, str) for each in version):
            return self._read(item, request_id)
        if known := self._known.get(version):
            return known
        job = self._read(item, request_id)
        if job.state.ended:
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            self._known[version] = job
        return job
