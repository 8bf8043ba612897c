"""The head of a batch: where it goes, and when it is posted."""

import pytest

from bot.delivery import sender
from bot.domain.cards import SubscriptionOptions, To
from bot.polling.recorder import observe
from bot.store import Store
from bot.subscriptions.subscribe import subscribe
from providers.models import JobState
from tests.bot.delivery_world import World
from tests.bot.memory import NOW
from tests.bot.samples import DESTINATION, TERMS


@pytest.fixture
def world(store: Store, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    return World(store)


@pytest.mark.parametrize(("to", "broadcast"), [(To.THREAD, False), (None, True)])
async def test_the_head_of_a_batch_goes_to_the_channel_unless_all_is_to_stay_in_the_thread(
    world: World, to: To | None, broadcast: object
):
    failing, other = world.provider.filled(2).jobs
    options = SubscriptionOptions(user="U1", at=NOW, to=to)
    await subscribe(world.deps, [failing.ref, other.ref], DESTINATION, options)
    world.provider.jobs = [failing.model_copy(update={"state": JobState.FAILED}), other]
    await observe(world.deps, world.provider, world.provider.jobs, world.now)
    assert await world.told() == 2
    card, head = world.slack.said
    assert (head.thread_ts, head.broadcast) == (card.ts, broadcast)


async def test_a_batch_that_fails_before_its_card_is_posted_gets_its_head(world: World):
    failing, other = world.provider.filled(2).jobs
    world.slack.trouble = ["is_archived"]
    await subscribe(world.deps, [failing.ref, other.ref], DESTINATION, TERMS)
    world.provider.jobs = [failing.model_copy(update={"state": JobState.FAILED}), other]
    await observe(world.deps, world.provider, world.provider.jobs, world.now)
    await world.store.outbox.restore(DESTINATION)
    assert await world.told() == 2
    card, head = world.slack.said
    assert (head.thread_ts, head.broadcast) == (card.ts, True)
