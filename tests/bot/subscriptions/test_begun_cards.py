"""A command that a crash interrupted, and that is sent again, creates one card."""

from datetime import timedelta

import pytest

from bot.delivery import sender
from bot.domain.cards import SubscriptionOptions, To
from bot.domain.outbox import SubscribedEntry
from bot.store import Store
from bot.subscriptions.subscribe import subscribe
from providers.models import JobState
from tests.bot.delivery_world import World
from tests.bot.memory import NOW, InMemory
from tests.bot.samples import DESTINATION, TERMS


@pytest.mark.parametrize(
    ("asked", "cards"),
    [
        ([0, 1], 1),
        ([1, 2], 2),  # another command
    ],
)
@pytest.mark.parametrize("options", [TERMS, SubscriptionOptions(user="U2", at=NOW, to=To.HERE)])
async def test_a_command_that_is_sent_again_uses_the_card_that_it_started(
    store: Store, monkeypatch: pytest.MonkeyPatch, asked: list[int], cards: int, options: SubscriptionOptions
):
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    world = World(store)
    world.provider.jobs = InMemory().filled(3, state=JobState.RUNNING).jobs
    jobs = world.provider.jobs
    entry = SubscribedEntry(job=jobs[0], terms=TERMS).model_dump_json()
    at = world.now - timedelta(seconds=1)
    await store.tracked.subscribe(jobs[0], at, world.now, DESTINATION, "begun", entry, "U1")
    again = options.model_copy(update={"at": world.now + timedelta(seconds=2)})
    result = await subscribe(world.deps, [jobs[number].ref for number in asked], DESTINATION, again)
    assert result.result.card
    expected = cards if options is TERMS else 2
    assert await world.told() == expected
