"""The jobs of one service, kept by time and by state so that a list of ten thousand is cheap to ask for."""

import json
from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Collection, Iterable, Iterator
from heapq import heappop, heappush
from itertools import chain
from math import inf
from operator import attrgetter
from typing import Any

from sandbox.clouds.jobs import Job

_order = attrgetter("created", "id")
_AFTER_EVERY_ID = "\U0010ffff"


class JobStore:
    """Jobs in order of creation. Every method takes the instant it speaks of, which must not go back."""

    def __init__(self, jobs: Iterable[Job]) -> None:
        """Take a service's jobs in order of creation; those of the future appear when their time has come."""
        self._to_come: Iterator[Job] = iter(jobs)
        self._next: Job | None = next(self._to_come, None)
        self._jobs: list[Job] = []
        self._by_id: dict[str, Job] = {}
        self._by_media: dict[str, list[str]] = {}
        self._moving: dict[str, Job] = {}
        self._settled: dict[str, list[Job]] = {}
        self._due: list[tuple[float, str]] = []
        self._rendered: dict[str, bytes] = {}

    def add(self, job: Job) -> None:
        """Keep a job, in place of the one with its id if there is one."""
        self.remove(job.id)
        insort(self._jobs, job, key=_order)
        self._by_id[job.id] = job
        self._by_media.setdefault(job.media, []).append(job.id)
        self._moving[job.id] = job
        heappush(self._due, (job.stages[-1].at, job.id))
        if job.gone < inf:
            heappush(self._due, (job.gone, job.id))

    def remove(self, job_id: str) -> None:
        """Forget a job; an unknown one is forgotten already."""
        job = self._by_id.pop(job_id, None)
        if job is None:
            return
        _cut(self._jobs, job)
        self._by_media[job.media].remove(job_id)
        if self._moving.pop(job_id, None) is None:
            _cut(self._settled[job.stages[-1].word], job)
        self._rendered.pop(job_id, None)

    def get(self, job_id: str, now: float) -> Job | None:
        """The job with this id, as far as the service still knows it."""
        self._move_to(now)
        return self._by_id.get(job_id)

    def of_media(self, media: str, now: float) -> list[Job]:
        """The jobs that work on a media asset, oldest first."""
        self._move_to(now)
        return sorted((self._by_id[job_id] for job_id in self._by_media.get(media, ())), key=_order)

    def select(
        self, now: float, *, words: Collection[str] | None = None, since: float = -inf, until: float = inf
    ) -> list[Job]:
        """The jobs created from `since` to `until`, both inclusive, oldest first; `words` are the raw states wanted."""
        self._move_to(now)
        if words is None:
            return _between(self._jobs, since, until)
        lists = [_between(self._settled.get(word, []), since, until) for word in words]
        found = lists[0] if len(lists) == 1 else sorted(chain(*lists), key=_order)
        for job in self._moving.values():
            if since <= job.created <= until and job.word(now) in words:
                insort(found, job, key=_order)
        return found

    def counts(self, now: float) -> dict[str, int]:
        """How many jobs are in each raw state."""
        self._move_to(now)
        counts = {word: len(jobs) for word, jobs in self._settled.items() if jobs}
        for job in self._moving.values():
            counts[job.word(now)] = counts.get(job.word(now), 0) + 1
        return counts

    def render(self, job: Job, now: float, form: Callable[[Job, float], dict[str, Any]]) -> bytes:
        """A job as JSON; that of a settled one is kept. A service has one form for its lists."""
        if job.id in self._moving:
            return to_json(form(job, now))
        kept = self._rendered.get(job.id)
        if kept is None:
            kept = self._rendered[job.id] = to_json(form(job, now))
        return kept

    def _move_to(self, now: float) -> None:
        while self._next is not None and self._next.created <= now:
            self.add(self._next)
            self._next = next(self._to_come, None)
        while self._due and self._due[0][0] <= now:
            _, job_id = heappop(self._due)
            if job := self._by_id.get(job_id):
                self._finish(job, now)

    def _finish(self, job: Job, now: float) -> None:
        if job.gone <= now:
            self.remove(job.id)
        elif job.settled(now) and self._moving.pop(job.id, None):
            insort(self._settled.setdefault(job.stages[-1].word, []), job, key=_order)


def to_json(value: Any) -> bytes:
    """A value as compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _between(jobs: list[Job], since: float, until: float) -> list[Job]:
    begin = 0 if since == -inf else bisect_left(jobs, (since, ""), key=_order)
    end = len(jobs) if until == inf else bisect_right(jobs, (until, _AFTER_EVERY_ID), key=_order)
    return jobs[begin:end]


def _cut(jobs: list[Job], job: Job) -> None:
    del jobs[bisect_left(jobs, _order(job), key=_order)]
