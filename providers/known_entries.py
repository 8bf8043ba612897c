"""The entries of a list that were read last: a sweep shows most of them again, as they were."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from providers.http.deadline import raw_wanted
from providers.models import Job


class KnownEntries:
    """The jobs of entries by their id, which stands under `name`; an entry that has not changed is the same job.

    To read a hundred entries takes three times as long as to parse their JSON. A job that was read before has the id of
    an earlier request, so only sweeps, which have no use for that, are given one.
    """

    def __init__(self, name: str, size: int = 2_500) -> None:
        self._name = name
        self._size = size
        self._entries: OrderedDict[str, tuple[Any, Job]] = OrderedDict()

    def read(self, item: Any, read: Callable[[], Job]) -> Job:
        """Return the job of an entry; `read` reads one that is not known as it is."""
        if raw_wanted() or not isinstance(item, dict):
            return read()
        job_id = item.get(self._name)  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        if not isinstance(job_id, str):
            return read()
        known = self._entries.get(job_id)
        if known is not None and known[0] == item:
            return known[1]
        job = read()
        self._entries[job_id] = item, job
        self._entries.move_to_end(job_id)
        if len(self._entries) > self._size:
            self._entries.popitem(last=False)
        return job
