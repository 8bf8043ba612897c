"""Offset pages of one or several lists, merged into one page, newest first.

VAS and Moderation filter by exactly one raw state, and each of our states is several of theirs. So each raw state is a
separate list, and the lists are read in parallel. A cursor holds each list's offset.

The count of a reply is optional (provider API notes, section 5.3), and a cloud may send shorter pages than requested.
So a list without a count ends at an empty page, or at a page that repeats the one before. That costs one request more
than its jobs need, and for such a list a cursor holds the first job of the page before.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any, NamedTuple, TypeAlias
from zlib import crc32

from providers.cursors import wrong_cursor
from providers.http.transport import ApiReply
from providers.huawei.client import PAGE_MAX
from providers.json_fields import Unreadable, count, listing, mapping
from providers.lookups import Outcome, silence
from providers.models import Job, JobPage, JobQuery

ALL = ""
"""The list without a filter by raw state."""


class Start(NamedTuple):
    """The position from which to read a list; `after` is the mark of the page before where the cloud does not count."""

    offset: int = 0
    after: int | None = None


class Batch(NamedTuple):
    """Entries of one list from `start` on; `total` is the list's length, where the cloud gives it."""

    words: str
    start: Start
    items: list[Any]
    total: int | None
    request_id: str | None

    @classmethod
    def of(cls, reply: ApiReply, items: str, words: str, start: Start) -> "Batch":
        """Read a reply whose entries are under the name `items`."""
        return cls(words, start, listing(reply.json.get(items)), count(reply.json.get("count")), reply.request_id)

    @property
    def end(self) -> int:
        """The offset after its last entry."""
        return self.start.offset + len(self.items)

    def goes_on(self, offset: int) -> bool:
        """Return whether the list may have entries from this offset on.

        The offset is within this batch or right after it.
        """
        return offset < self.end or (bool(self.items) and (self.total is None or offset < self.total))


_Entry: TypeAlias = tuple[datetime, int, Job | None]
"""An entry's creation time for sorting, the number of its batch, and its job; None if unreadable."""


def starts(cursor: str | None, words: Sequence[str]) -> dict[str, Start]:
    """Return the start of each list; raises InvalidQuery for a cursor that is not of these lists."""
    if cursor is None:
        return dict.fromkeys(words, Start())
    try:
        places = mapping(json.loads(cursor))
    except ValueError:
        places = {}
    found = {word: start for word, place in places.items() if word in words and (start := _start(place))}
    if not found or len(found) < len(places):
        raise wrong_cursor()
    return found


def _start(place: Any) -> Start | None:
    """Read a cursor's offset, or its offset and mark."""
    numbers = listing(place) or [place]
    return Start(*numbers) if len(numbers) <= 2 and all(type(one) is int and one >= 0 for one in numbers) else None


def first_entries(
    batches: Sequence[Batch], read: Callable[[Any, str | None], Job], query: JobQuery, offset_max: int | None = None
) -> JobPage:
    """Return the newest entries that match the query, and a cursor to the rest.

    `total` is given when the cloud counted and no entry was left out here. Reading stops at jobs that are older than
    the query's range, and at `offset_max`.
    """
    marks = [_mark(batch, read) for batch in batches]
    batches = [_unless_repeated(batch, mark) for batch, mark in zip(batches, marks, strict=True)]
    offsets = [batch.start.offset for batch in batches]
    ended = [False] * len(batches)
    last: list[tuple[int, str] | None] = [None] * len(batches)
    jobs: dict[str, Job] = {}
    malformed = dropped = 0
    everything = not query.filters
    for created_at, number, job in _newest_first(batches, read):
        if len(jobs) == query.limit:
            break
        offsets[number] += 1
        if job is None:
            malformed += 1
            continue
        last[number] = offsets[number] - 1, job.id
        if (everything or query.matches(job)) and job.id not in jobs:
            jobs[job.id] = job
        else:
            dropped += 1
            ended[number] |= query.since is not None and created_at < query.since
    rest = {
        batch.words: _position(batch, offset, mark)
        for batch, offset, mark, over in zip(batches, offsets, marks, ended, strict=True)
        if batch.goes_on(offset) and not over and (offset_max is None or offset <= offset_max)
    }
    counts = [batch.total for batch in batches if batch.total is not None]
    total = sum(counts) if len(counts) == len(batches) and not dropped else None
    overlap = {batch.words: at for batch, at in zip(batches, last, strict=True) if at and batch.words in rest}
    return JobPage(
        tuple(jobs.values()),
        total,
        _cursor(rest),
        next((b.request_id for b in batches if b.request_id), None),
        malformed,
        _cursor({**rest, **{words: offset for words, (offset, _) in overlap.items()}}) if overlap else None,
        frozenset(job_id for _, job_id in overlap.values()),
    )


def _cursor(positions: Mapping[str, int | tuple[int, int]]) -> str | None:
    return json.dumps(positions, separators=(",", ":")) if positions else None


def _mark(batch: Batch, read: Callable[[Any, str | None], Job]) -> int | None:
    """Return the mark of a batch without a count: a hash of its first job, which ignores the job's changes."""
    if batch.total is not None or not batch.items:
        return None
    first = batch.items[0]
    try:
        name = read(first, batch.request_id).id
    except Unreadable:
        name = json.dumps(first)
    return crc32(name.encode())


def _unless_repeated(batch: Batch, mark: int | None) -> Batch:
    """Return a batch, empty if it repeats the page before: then the cloud has none after that page."""
    return batch._replace(items=[]) if mark is not None and mark == batch.start.after else batch


def _position(batch: Batch, offset: int, mark: int | None) -> int | tuple[int, int]:
    """Return where a list continues, for a cursor. A list that was not read further starts at the same entries."""
    seen = mark if offset > batch.start.offset else batch.start.after
    return offset if seen is None else (offset, seen)


def _newest_first(batches: Sequence[Batch], read: Callable[[Any, str | None], Job]) -> Iterable[_Entry]:
    """Yield the entries of all lists. Each list keeps its order; an unreadable entry follows its neighbor."""
    if len(batches) == 1:
        return _entries(0, batches[0], read)
    entries = [entry for number, batch in enumerate(batches) for entry in _entries(number, batch, read)]
    return sorted(entries, key=itemgetter(0), reverse=True)


def _entries(number: int, batch: Batch, read: Callable[[Any, str | None], Job]) -> Iterator[_Entry]:
    oldest, request_id = datetime.max.replace(tzinfo=UTC), batch.request_id
    for item in batch.items:
        try:
            job = read(item, request_id)
        except Unreadable:
            yield oldest, number, None
            continue
        created_at = job.created_at
        if created_at and created_at < oldest:
            oldest = created_at
        yield oldest, number, job


async def from_pages(wanted: set[str], page: Callable[[str | None], Awaitable[JobPage]]) -> dict[str, Outcome]:
    """Return the wanted jobs from a list, while pages cost less than single look-ups.

    Jobs that are not on it are missing only where it is one page: between two pages an entry may slip through.
    """
    answer = await page(None)
    found = {job.id: job for job in answer.jobs if job.id in wanted}
    if answer.cursor is None:
        return {**dict.fromkeys(wanted, silence(answer.malformed)), **found}
    new = found
    while answer.cursor is not None and len(new) >= 2 and len(found) < len(wanted):
        answer = await page(answer.cursor)
        new = {job.id: job for job in answer.jobs if job.id in wanted and job.id not in found}
        found |= new
    return {**found}


def page_size(query: JobQuery, *, narrowed_here: bool) -> int:
    """Return how many entries to request: the limit, or a full page where some will be filtered out here."""
    return PAGE_MAX if narrowed_here else min(query.limit, PAGE_MAX)
