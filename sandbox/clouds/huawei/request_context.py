"""The context of a request to a Huawei service."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from sandbox.clouds.accounts import CloudAccount
from sandbox.clouds.jobs import Job
from sandbox.clouds.store import JobStore


class Desk(NamedTuple):
    """One account's jobs of one service at the instant of the request.

    A fault deletes `deletions` of them before the answer to a later page.
    """

    account: CloudAccount
    store: JobStore
    now: float
    deletions: int = 0


class Cut(NamedTuple):
    """The requested part of a list, and the key of its entries in the answer."""

    offset: int
    limit: int
    key: str


def listing(desk: Desk, jobs: Sequence[Job], cut: Cut, form: Callable[[Job, float], dict[str, Any]]) -> bytes:
    """Return a page of these jobs as JSON. The count of all comes first."""
    if desk.deletions:
        jobs = _without_those_before(desk, list(jobs), cut.offset)
    entries = [desk.store.render(job, desk.now, form) for job in jobs[cut.offset : cut.offset + cut.limit]]
    return b'{"count":%d,"%s":[%s]}' % (len(jobs), cut.key.encode(), b",".join(entries))


def _without_those_before(desk: Desk, jobs: list[Job], offset: int) -> list[Job]:
    """Delete the jobs just before this offset, and return the others."""
    places = slice(max(0, offset - desk.deletions), offset)
    for job in jobs[places]:
        desk.store.remove(job.id, desk.now)
    del jobs[places]
    return jobs


def last_change(job: Job, now: float) -> float:
    """Return when the job's state last changed."""
    return job.stage(now).at
