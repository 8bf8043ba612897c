"""The entries of a list that were read last: a sweep shows most of them again, as they were."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

from providers.http.deadline import raw_wanted
from providers.json_fields import mapping
from providers.models import Job


class _Entry(NamedTuple):
    """An entry, and its job. One that had `ended`, at a known time, is not compared whole, and has no `item`."""

    item: Any
    state: Any
    changed: Any
    ended: bool
    job: Job


class KnownEntries:
    """The jobs of entries by their id; an entry that has not changed is the same job.

    `name`, `state` and `changed` are the names of an entry's id, its state and the time of its last change: of a job
    that had ended nothing else is compared. To read a hundred entries takes three times as long as to parse their JSON,
    to compare them whole as long. A job that was read before has the id of an earlier request, so only sweeps, which
    have no use for that, are given one.
    """

    def __init__(self, name: str, state: str, changed: str, size: int = 2_500) -> None:
        self._name, self._state, self._changed = name, state, changed
        self._size = size
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def read(self, item: Any, read: Callable[[], Job]) -> Job:
        """Return the job of an entry; `read` reads one that is not known as it is."""
        entry = mapping(item)
        job_id, state, changed = entry.get(self._name), entry.get(self._state), entry.get(self._changed)
        if raw_wanted() or not isinstance(job_id, str):
            return read()
        known = self._entries.get(job_id)
        if known and ((known.state == state and known.changed == changed) if known.ended else known.item == item):
            return known.job
        job = read()
        ended = job.state.ended and bool(changed)
        self._entries[job_id] = _Entry(None if ended else item, state, changed, ended, job)
        self._entries.move_to_end(job_id)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)
        return job
