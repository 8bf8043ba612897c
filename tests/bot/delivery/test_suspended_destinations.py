"""A destination that rejects everything: who is notified, how often, and how long its entries wait."""

from datetime import timedelta

import pytest

from bot.delivery import sender
from bot.delivery.dispatcher import deliver
from bot.domain.cards import SubscriptionOptions
from bot.domain.notifications import WAITS
from bot.domain.suspensions import Suspension
from bot.store import Store
from bot.subscriptions.subscribe import restore, subscribe
from providers.models import JobState
from tests.bot.delivery_world import ANY, World
from tests.bot.memory import NOW
from tests.bot.samples import DESTINATION, empty


@pytest.fixture
def world(store: Store, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    return World(store)


async def test_a_channel_that_keeps_refusing_is_reported_once(world: World):
    await world.follow()
    await world.becomes(state=JobState.FAILED)
    world.slack.trouble = ["is_archived"]
    await world.told()
    world.provider.jobs = [world.provider.job("second"), world.provider.job("third")]
    for job, user in zip(world.provider.jobs, ["U1", "U2"], strict=True):
        world.slack.trouble = ["is_archived"]
        _, result = await subscribe(world.deps, [job.ref], DESTINATION, SubscriptionOptions(user=user, at=NOW))
        assert result.suspended == "is_archived"
        await world.told()
    await world.told("U1")
    await world.told("U2")
    assert [said.channel for said in world.slack.said[1:]] == ["DU1", "DU2"]


async def test_a_channel_that_accepted_messages_in_between_is_reported_again(world: World):
    await world.becomes(state=JobState.PENDING)
    await world.follow(ANY)
    for state in (JobState.RUNNING, JobState.SUCCEEDED):
        await world.becomes(state=state)
        world.slack.trouble = ["is_archived"]
        await world.told()
        await world.told("U1")
        await world.store.outbox.restore(DESTINATION)
        await world.told()
    assert [said.channel for said in world.slack.said] == [DESTINATION, *["DU1", DESTINATION] * 2]


async def test_a_suspended_destination_is_kept_until_its_jobs_have_finished_and_not_for_ever(world: World):
    await world.becomes(state=JobState.PENDING)
    await world.follow(ANY)
    await world.becomes(state=JobState.RUNNING)
    world.slack.trouble = ["is_archived"]
    await world.told()
    world.now += WAITS
    await world.told()
    assert (await world.snapshot()).entries, "its job may still end"
    await world.becomes(state=JobState.FAILED)
    await world.told()
    assert empty(await world.snapshot())
    assert not (await world.snapshot()).suspension
    assert DESTINATION not in await world.store.outbox.destinations()
    assert len(world.slack.said) == 1


async def test_a_post_in_doubt_does_not_keep_a_suspended_destination_for_ever(world: World):
    await world.follow()
    await world.becomes(state=JobState.FAILED)
    world.slack.trouble = ["lost"]
    await deliver(world.deps, DESTINATION)
    await world.store.outbox.suspend(DESTINATION, Suspension(reason="is_archived", since=world.now))
    world.now += WAITS - timedelta(hours=1)
    await world.told()
    assert (await world.snapshot()).in_flight
    world.now += timedelta(hours=1)
    await world.told()
    assert empty(await world.snapshot())


async def test_restoring_returns_whether_the_destination_was_suspended(world: World):
    await world.follow()
    assert not (await restore(world.deps, DESTINATION, None, "U1")).resumed
    await world.store.outbox.suspend(DESTINATION, Suspension(reason="is_archived", since=world.now))
    assert (await restore(world.deps, DESTINATION, None, "U1")).resumed
