"""Adds jobs to groups as a step does."""

import secrets
from collections.abc import Sequence

from bot.domain.failure_groups import GroupJob
from bot.domain.outbox import InFlightPost
from bot.domain.tracked_jobs import milliseconds
from bot.store import Store
from tests.bot.memory import NOW


async def add(store: Store, destination: str, group_id: str, jobs: Sequence[GroupJob]) -> None:
    """Take a step that adds jobs to a group."""
    members = {group_id: tuple((each.member, milliseconds(each.at)) for each in jobs)}
    snapshot = await store.outbox.read(destination, ())
    step = InFlightPost(id=secrets.token_hex(8), at=NOW, posts=False, members=members)
    assert await store.outbox.apply(destination, step, snapshot.turn)
    await store.outbox.release(destination, step.id)
