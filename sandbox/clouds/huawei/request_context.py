"""What a Huawei service has before it when it answers."""

from typing import NamedTuple

from sandbox.clouds.accounts import CloudAccount
from sandbox.clouds.jobs import Job
from sandbox.clouds.store import JobStore


class Desk(NamedTuple):
    """One account's jobs of one service, at the instant of the request."""

    account: CloudAccount
    store: JobStore
    now: float


def listing(count: int, entries: list[bytes], key: str) -> bytes:
    """A list's JSON from its entries' JSON; the count comes first."""
    return b'{"count":%d,"%s":[%s]}' % (count, key.encode(), b",".join(entries))


def last_change(job: Job, now: float) -> float:
    """When the job's state changed last."""
    return job.stage(now).at
