"""The kinds of jobs seen before: GetJobDetail wants one with each id, and an id does not tell its kind."""

from collections import OrderedDict


class Kinds:
    """Remembers the kinds of the jobs seen last: the second question about a job is one request."""

    def __init__(self, size: int = 10_000) -> None:
        self._size = size
        self._kinds: OrderedDict[str, str] = OrderedDict()

    def get(self, job_id: str) -> str | None:
        return self._kinds.get(job_id)

    def remember(self, job_id: str, kind: str) -> None:
        self._kinds[job_id] = kind
        self._kinds.move_to_end(job_id)
        if len(self._kinds) > self._size:
            self._kinds.popitem(last=False)
