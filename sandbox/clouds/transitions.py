"""Each job's true transitions, by true time: the reference for a bot's messages."""

from collections.abc import Iterator
from itertools import pairwise
from math import inf
from typing import Any

from sandbox.clouds.jobs import Job, Stage
from sandbox.clouds.raw_states import KINDS
from sandbox.clouds.store import Removed
from sandbox.clouds.world import World


def transitions(world: World, account: str | None, service: str | None, since: float) -> list[dict[str, Any]]:
    """Return the jobs that changed at or after `since`, deleted ones included.

    `account` and `service` limit the result; None is all.
    """
    now = world.now()
    rows: list[dict[str, Any]] = []
    for own, of, store in world.stores():
        if account in (None, own) and service in (None, of):
            there = [Removed(job, inf, expired=False) for job in store.every(now)]
            jobs = (each for each in [*store.removed, *there] if _latest(each, now) >= since)
            rows += ({"account": own, "service": of, **_row(of, each, now)} for each in jobs)
    return rows


def _row(service: str, each: Removed, now: float) -> dict[str, Any]:
    job, seen = each.job, min(now, each.at)
    failure = job.failure_by(seen)
    return {
        "id": job.id,
        "name": job.name,
        "kind": job.kind,
        "media": job.media,
        "created": job.created,
        "listed": job.created if job.listed is None else job.listed,
        "deleted": None if each.at == inf else each.at,
        "expired": each.expired,
        "provider_created_at": job.stamp(job.created),
        "code": failure.code if failure else None,
        "message": failure.message if failure else None,
        "transitions": [_transition(service, job, stage) for stage in _stages(job, seen)],
    }


def _transition(service: str, job: Job, stage: Stage) -> dict[str, Any]:
    phase = KINDS[service][job.kind].phase(stage.word)
    return {"at": stage.at, "state": phase, "raw_state": stage.word, "provider_at": job.stamp(stage.at)}


def _stages(job: Job, seen: float) -> Iterator[Stage]:
    """Yield the stages up to then. A stage without duration never happened."""
    begun = [stage for stage in job.stages if stage.at <= seen]
    yield from (stage for stage, following in pairwise(begun) if stage.at < following.at)
    yield from begun[-1:]


def _latest(each: Removed, now: float) -> float:
    return each.at if each.at < inf else each.job.stage(now).at
