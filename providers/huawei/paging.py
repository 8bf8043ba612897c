"""Offset pages of one or several lists, merged into one page that is newest first.

VAS and Moderation filter by exactly one raw state, and one of our states is several of theirs: so each raw state is a
list of its own, read in parallel. A cursor holds each list's offset.
"""

import json
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from providers.cursors import wrong_cursor
from providers.huawei.client import PAGE_MAX
from providers.models import Job, JobPage, JobQuery
from providers.parsing import Unreadable, count, listing, mapping
from providers.transport import Reply

ALL = ""
"""The list that no raw state narrows."""


class Batch(NamedTuple):
    """Entries of one list from `offset` on; `total` is how long the list is, where the cloud tells."""

    words: str
    offset: int
    limit: int
    items: list[Any]
    total: int | None
    request_id: str | None

    @classmethod
    def of(cls, reply: Reply, items: str, words: str, offset: int, limit: int) -> "Batch":
        """Read a reply whose entries stand under the name `items`."""
        return cls(
            words, offset, limit, listing(reply.json.get(items)), count(reply.json.get("count")), reply.request_id
        )

    def goes_on(self, offset: int) -> bool:
        """Whether the list has entries from this offset on, which is within this batch or just behind it."""
        if offset < self.offset + len(self.items):
            return True
        return bool(self.items) and (offset < self.total if self.total is not None else len(self.items) >= self.limit)


class _Entry(NamedTuple):
    created_at: datetime
    batch: int
    job: Job | None


def starts(cursor: str | None, words: Sequence[str]) -> dict[str, int]:
    """Return where each list is to be read from; raises InvalidQuery for a cursor that is not of these lists."""
    if cursor is None:
        return dict.fromkeys(words, 0)
    try:
        offsets = mapping(json.loads(cursor))
    except ValueError:
        offsets = {}
    if not offsets or not all(
        word in words and type(offset) is int and offset >= 0 for word, offset in offsets.items()
    ):
        raise wrong_cursor()
    return offsets


def first_entries(
    batches: Sequence[Batch], read: Callable[[Any, str | None], Job], query: JobQuery, offset_max: int | None = None
) -> JobPage:
    """Return the newest entries that fit the query, and a cursor to the rest.

    `total` is told when the cloud counted and nothing that it sent was left out here. No list is followed beyond
    jobs that are older than the query asks for, or beyond `offset_max`.
    """
    offsets = [batch.offset for batch in batches]
    ended = [False] * len(batches)
    jobs: dict[str, Job] = {}
    malformed = dropped = 0
    everything = not query.filters
    for entry in _newest_first(batches, read):
        if len(jobs) == query.limit:
            break
        offsets[entry.batch] += 1
        if entry.job is None:
            malformed += 1
        elif (everything or query.matches(entry.job)) and entry.job.id not in jobs:
            jobs[entry.job.id] = entry.job
        else:
            dropped += 1
            ended[entry.batch] |= query.since is not None and entry.created_at < query.since
    rest = {
        batch.words: offset
        for batch, offset, over in zip(batches, offsets, ended, strict=True)
        if batch.goes_on(offset) and not over and (offset_max is None or offset <= offset_max)
    }
    counts = [batch.total for batch in batches if batch.total is not None]
    total = sum(counts) if len(counts) == len(batches) and not dropped else None
    cursor = json.dumps(rest, separators=(",", ":")) if rest else None
    return JobPage(
        tuple(jobs.values()), total, cursor, next((b.request_id for b in batches if b.request_id), None), malformed
    )


def _newest_first(batches: Sequence[Batch], read: Callable[[Any, str | None], Job]) -> Iterable[_Entry]:
    """Return the entries of all lists; each list keeps its own order, an unreadable entry follows its neighbour."""
    if len(batches) == 1:
        return _entries(0, batches[0], read)
    entries = [entry for number, batch in enumerate(batches) for entry in _entries(number, batch, read)]
    return sorted(entries, key=lambda entry: entry.created_at, reverse=True)


def _entries(number: int, batch: Batch, read: Callable[[Any, str | None], Job]) -> Iterator[_Entry]:
    oldest = datetime.max.replace(tzinfo=UTC)
    for item in batch.items:
        try:
            job = read(item, batch.request_id)
        except Unreadable:
            yield _Entry(oldest, number, None)
            continue
        oldest = min(oldest, job.created_at or oldest)
        yield _Entry(oldest, number, job)


async def from_pages(wanted: set[str], page: Callable[[str | None], Awaitable[JobPage]]) -> dict[str, Job]:
    """Return those of the wanted jobs that a list has, read for as long as a page costs less than single questions."""
    found: dict[str, Job] = {}
    cursor: str | None = None
    while True:
        answer = await page(cursor)
        new = {job.id: job for job in answer.jobs if job.id in wanted and job.id not in found}
        found |= new
        cursor = answer.cursor
        if cursor is None or len(new) < 2 or len(found) == len(wanted):
            return found


def page_size(query: JobQuery, *, narrowed_here: bool) -> int:
    """How many entries to ask for: no more than wanted, but a full page where some will be left out here."""
    return PAGE_MAX if narrowed_here else min(query.limit, PAGE_MAX)
