"""A cache of job kinds. GetJobDetail requires a kind with each id, and an id does not reveal its kind."""

from collections import OrderedDict


class Kinds:
    """The kinds of the most recent jobs: a second look-up of a job takes one request."""

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
