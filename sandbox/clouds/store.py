"""The jobs of one service, indexed so that pages of large lists are cheap."""

import json
from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import heappop, heappush
from itertools import chain
from math import floor, inf
from typing import Any, NamedTuple

from sandbox.clouds.jobs import Job
from sandbox.clouds.provider_clock import ProviderClock
from sandbox.clouds.spans import Span

REMEMBERED = 100_000
"""How many deleted jobs the store keeps for `transitions`."""
_AFTER_EVERY_ID = "\U0010ffff"


class Removed(NamedTuple):
    """A deleted job, and when the service deleted it."""

    job: Job
    at: float
    expired: bool


class JobStore:
    """Jobs in order of creation. Every method takes the current instant, which must not go back.

    The order and the bounds of a selection follow the service's own `clock`, which can be wrong.
    """

    def __init__(self, jobs: Iterable[Job]) -> None:
        """Add a service's jobs in order of creation. Future ones appear when their time comes."""
        self.clock = ProviderClock()
        self.removed: deque[Removed] = deque(maxlen=REMEMBERED)
        self._to_come: Iterator[Job] = iter(jobs)
        self._next: Job | None = next(self._to_come, None)
        self._now = -inf
        self._planned: dict[str, Job] = {}
        self._unlisted: dict[str, Job] = {}
        self._jobs: list[Job] = []
        self._by_id: dict[str, Job] = {}
        self._by_media: dict[str, list[str]] = {}
        self._moving: dict[str, Job] = {}
        self._settled: dict[str, list[Job]] = {}
        self._due: list[tuple[float, str]] = []
        self._rendered: dict[str, bytes] = {}

    def add(self, job: Job) -> None:
        """Add a job that exists from its creation on. It replaces the job with the same id, if there is one."""
        self._drop(job.id)
        if job.created > self._now:
            self._planned[job.id] = job
            heappush(self._due, (job.created, job.id))
        else:
            self._keep(job)

    def remove(self, job_id: str, now: float = -inf) -> None:
        """Delete a job, if it exists. Without `now` the deletion happens at the latest instant used."""
        if job := self._drop(job_id):
            self.removed.append(Removed(job, max(now, self._now), expired=False))

    def shift_clock(self, now: float, seconds: float, in_s: float = 0.0) -> None:
        """Set the service's clock this many seconds ahead.

        The shift starts at the whole second that is `in_s` from now on.
        """
        self._move_to(now)
        self.clock.shift(floor(now + in_s), seconds)

    def get(self, job_id: str, now: float) -> Job | None:
        """Return the job with this id, if the service still has it."""
        self._move_to(now)
        return self._by_id.get(job_id)

    def of_media(self, media: str, now: float) -> list[Job]:
        """Return the listed jobs on a media asset, oldest first."""
        self._move_to(now)
        ids = (job_id for job_id in self._by_media.get(media, ()) if job_id not in self._unlisted)
        return sorted((self._by_id[job_id] for job_id in ids), key=_order)

    def every(self, now: float) -> list[Job]:
        """Return all existing jobs, oldest first by true time, unlisted ones included."""
        self._move_to(now)
        return sorted(self._by_id.values(), key=lambda job: (job.created, job.id))

    def unlisted(self, now: float) -> int:
        """Return how many existing jobs the lists do not show."""
        self._move_to(now)
        return len(self._unlisted)

    def select(
        self, now: float, *, words: Collection[str] | None = None, since: float = -inf, until: float = inf
    ) -> list[Job]:
        """Return listed jobs of a time range, oldest first, in one of the raw `words`.

        `since` and `until` are bounds of the creation time, both inclusive.
        """
        return list(self.matching(now, words=words, since=since, until=until))

    def matching(
        self, now: float, *, words: Collection[str] | None = None, since: float = -inf, until: float = inf
    ) -> Sequence[Job]:
        """Return the same as a view to read immediately. A selection by time costs only the entries read."""
        self._move_to(now)
        if words is None:
            return Span(self._jobs, _indexes(self._jobs, since, until))
        lists = [_between(self._settled.get(word, []), since, until) for word in words]
        found = lists[0] if len(lists) == 1 else sorted(chain(*lists), key=_order)
        for job in self._moving.values():
            if since <= _order(job)[0] <= until and job.word(now) in words:
                insort(found, job, key=_order)
        return found

    def counts(self, now: float) -> dict[str, int]:
        """Return the number of listed jobs in each raw state."""
        self._move_to(now)
        counts = {word: len(jobs) for word, jobs in self._settled.items() if jobs}
        for job in self._moving.values():
            counts[job.word(now)] = counts.get(job.word(now), 0) + 1
        return counts

    def render(self, job: Job, now: float, form: Callable[[Job, float], dict[str, Any]]) -> bytes:
        """Return a job as JSON, cached once it has settled. A service has one form for its lists."""
        if not job.settled(now):
            return to_json(form(job, now))
        kept = self._rendered.get(job.id)
        if kept is None:
            kept = self._rendered[job.id] = to_json(form(job, now))
        return kept

    def _move_to(self, now: float) -> None:
        self._now = max(self._now, now)
        while self._next is not None and self._next.created <= now:
            self.add(self._next)
            self._next = next(self._to_come, None)
        while self._due and self._due[0][0] <= now:
            _, job_id = heappop(self._due)
            if job := self._planned.pop(job_id, None):
                self._keep(job)
            elif job := self._by_id.get(job_id):
                self._turn(job, now)

    def _keep(self, job: Job) -> None:
        if job.created_reading is None:
            job = replace(job, clock=self.clock, created_reading=self.clock.reading(job.created))
        self._by_id[job.id] = job
        self._by_media.setdefault(job.media, []).append(job.id)
        if job.gone < inf:
            heappush(self._due, (job.gone, job.id))
        if job.listed is None:
            self._list(job)
        else:
            self._unlisted[job.id] = job
            heappush(self._due, (job.listed, job.id))

    def _list(self, job: Job) -> None:
        insort(self._jobs, job, key=_order)
        self._moving[job.id] = job
        heappush(self._due, (job.stages[-1].at, job.id))

    def _turn(self, job: Job, now: float) -> None:
        """Apply a job's due change: delete it, list it, or mark it as settled."""
        if job.gone <= now:
            self._drop(job.id)
            self.removed.append(Removed(job, job.gone, expired=True))
        elif job.id in self._unlisted:
            if job.listed is None or job.listed <= now:
                self._list(self._unlisted.pop(job.id))
        elif job.settled(now) and self._moving.pop(job.id, None):
            insort(self._settled.setdefault(job.stages[-1].word, []), job, key=_order)

    def _drop(self, job_id: str) -> Job | None:
        """Remove a job from all indexes and return it.

        Return None for an unknown or future job.
        """
        self._planned.pop(job_id, None)
        job = self._by_id.pop(job_id, None)
        if job is None:
            return None
        self._by_media[job.media].remove(job_id)
        self._rendered.pop(job_id, None)
        if self._unlisted.pop(job_id, None) is None:
            _cut(self._jobs, job)
            if self._moving.pop(job_id, None) is None:
                _cut(self._settled[job.stages[-1].word], job)
        return job


def to_json(value: Any) -> bytes:
    """Return a value as compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _order(job: Job) -> tuple[float, str]:
    return job.reading(job.created), job.id


def _indexes(jobs: list[Job], since: float, until: float) -> range:
    begin = 0 if since == -inf else bisect_left(jobs, (since, ""), key=_order)
    end = len(jobs) if until == inf else bisect_right(jobs, (until, _AFTER_EVERY_ID), key=_order)
    return range(begin, max(begin, end))


def _between(jobs: list[Job], since: float, until: float) -> list[Job]:
    indexes = _indexes(jobs, since, until)
    return jobs[indexes.start : indexes.stop]


def _cut(jobs: list[Job], job: Job) -> None:
    del jobs[bisect_left(jobs, _order(job), key=_order)]
