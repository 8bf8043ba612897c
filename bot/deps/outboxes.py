"""Reads outboxes, and refuses to change those with records of a newer version."""

from collections.abc import Collection, Iterable

from bot.deps.deps import Deps
from bot.domain.cards import Card
from bot.domain.errors import Problem, UsageError
from bot.domain.outbox import OutboxSnapshot
from bot.rules.card_reducer import expected
from providers.models import Job, JobRef, JobState


async def read_outbox(deps: Deps, destination: str) -> OutboxSnapshot:
    """Return the outbox of a destination. Raises StoreUnavailable."""
    return await deps.store.outbox.read(destination, deps.whole.catalog.scopes)


async def outbox_to_change(deps: Deps, destination: str) -> OutboxSnapshot:
    """Return the outbox of a destination, for a caller that changes it.

    Raises:
        StoreUnavailable: Redis is down.
        UsageError: A newer version wrote records for the destination.
    """
    snapshot = await read_outbox(deps, destination)
    refuse_newer(snapshot)
    return snapshot


def refuse_newer(*snapshots: OutboxSnapshot) -> None:
    """Raise UsageError if a newer version wrote any record of these outboxes."""
    for snapshot in snapshots:
        if snapshot.newer:
            raise UsageError(Problem.NEWER_VERSION, snapshot.destination)


def cards_to_change(snapshot: OutboxSnapshot) -> Collection[Card]:
    """Return a destination's expected cards; none if a newer version has records of it."""
    return () if snapshot.newer else expected(snapshot).values()


async def last_seen(deps: Deps, ref: JobRef) -> Job:
    """Return the last known state of a followed job. Raises StoreUnavailable."""
    known = (await deps.store.tracked.read([ref])).get(ref)
    return known[0].job if known else Job(account=ref.account, service=ref.service, id=ref.id, state=JobState.UNKNOWN)


async def refuse_newer_jobs(deps: Deps, destination: str, refs: Iterable[JobRef]) -> None:
    """Check that a destination may follow jobs.

    Raises:
        StoreUnavailable: Redis is down.
        UsageError: A newer version wrote records for the destination or one of the jobs.
    """
    await outbox_to_change(deps, destination)
    if await deps.store.tracked.newer(refs):
        raise UsageError(Problem.NEWER_VERSION, destination)
