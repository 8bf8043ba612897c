"""A look-up of many jobs may lack reasons. Failed jobs are then looked up one by one."""

from collections.abc import Sequence
from typing import Any

from bot.store import Store
from providers.base import NO_KINDS, Capabilities
from providers.models import SHOWN_ALONE, JobError, JobState, Lookup
from tests.bot.followed import World
from tests.bot.memory import InMemory

FEW = 2


class Terse(InMemory):
    """A service that returns the reasons of a few jobs, not of many."""

    async def lookup(self, ids: Sequence[str], kinds: Any = NO_KINDS) -> Lookup:
        answer = await super().lookup(ids, kinds)
        told = {"unexplained": None, "error": JobError(code="E7")} if len(ids) <= FEW else {"unexplained": SHOWN_ALONE}
        failed = JobState.FAILED
        return answer._replace(
            found=tuple(job.model_copy(update=told) if job.state is failed else job for job in answer.found)
        )


async def test_the_reason_is_there_when_the_failure_is_recorded(store: Store):
    world = World(store, Terse(capabilities=Capabilities(lists=False, batch_max=10)).filled(5))
    await world.follow(world.provider.jobs)
    world.becomes(1, state=JobState.FAILED)
    await world.sweep()
    [change] = await world.told()
    assert change.job.error == JobError(code="E7")
    assert [len(ids) for ids in world.provider.asked if isinstance(ids, tuple)] == [5, 1]
