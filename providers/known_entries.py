"""A cache of the entries of a list. Most entries are unchanged at the next sweep."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from providers.http.deadline import raw_wanted
from providers.json_fields import mapping
from providers.models import Job


class KnownEntries:
    """Jobs by id, with the entries they were read from. An unchanged entry returns the same job.

    `name`, `state` and `changed` are the names of an entry's id, its state and the time of its last change. For a job
    that had ended, nothing else is compared. Reading a hundred entries takes three times as long as parsing their JSON,
    and so does comparing them whole. A cached job has the id of an earlier request. Only sweeps get cached jobs,
    because they do not use that id.
    """

    def __init__(
        self, read: Callable[[Any, str | None], Job], name: str, state: str, changed: str, size: int = 2_500
    ) -> None:
        self._read = read
        self._name, self._state, self._changed = name, state, changed
        self._size = size
        self._known: OrderedDict[str, tuple[Any, Any, Any, Job]] = OrderedDict()

    def job(self, item: Any, request_id: str | None) -> Job:
        """Return the job of an entry. Raises Unreadable."""
        entry = mapping(item)
        job_id = entry.get(self._name)
        if raw_wanted() or not isinstance(job_id, str):
            return self._read(item, request_id)
        if known := self._known.get(job_id):
            state, changed, whole, job = known
            ended_before = whole is None and entry.get(self._state) == state and entry.get(self._changed) == changed
            if ended_before or whole == entry:
                return job
        job = self._read(item, request_id)
        self._keep(job_id, entry, job)
        return job

    def _keep(self, job_id: str, entry: dict[str, Any], job: Job) -> None:
        """Cache a job, with its whole entry unless it had ended at a known time."""
        state, changed = entry.get(self._state), entry.get(self._changed)
        self._known[job_id] = state, changed, None if job.state.ended and changed else entry, job
        self._known.move_to_end(job_id)
        if len(self._known) > self._size:
            self._known.popitem(last=False)
