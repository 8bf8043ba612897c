"""Subscriptions to jobs that are not found: who is notified when they are suspended, restored or dropped."""

from datetime import timedelta

import pytest

from bot.delivery import sender
from bot.delivery.card_editor import edit_cards
from bot.delivery.dispatcher import deliver
from bot.delivery.next_step import noticed_late
from bot.domain.cards import On, SubscriptionOptions, To
from bot.domain.changes import EndReason, Kind, unfound
from bot.domain.notifications import CardChange, GroupHead
from bot.domain.outbox import ChangedEntry, Entry
from bot.polling.sweep import sweep
from bot.rules.card_reducer import apply
from bot.rules.destination_state import DestinationState
from bot.store import Store
from bot.subscriptions.listing import subscriptions
from bot.subscriptions.snooze import snooze
from bot.subscriptions.subscribe import restore, subscribe
from providers.models import Job, JobState
from tests.bot.delivery_world import World
from tests.bot.domain.test_absence import missed
from tests.bot.memory import NOW
from tests.bot.samples import DESTINATION, SLOT, TERMS, after, card, empty, job, step_of
from tests.bot.samples import Story as Entries

BOTH = (SubscriptionOptions(user="U1", at=NOW), SubscriptionOptions(user="U2", at=NOW))


@pytest.fixture
def world(store: Store, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    return World(store)


async def suspend(world: World, number: int = 1, *terms: SubscriptionOptions) -> list[Job]:
    """Follow jobs, each on its own card, and find none of them for a day."""
    jobs = [world.provider.job(f"job-{index}") for index in range(number)]
    world.provider.jobs = jobs
    for each in jobs:
        for one in terms or (TERMS,):
            await subscribe(world.deps, [each.ref], DESTINATION, one)
    await world.told(terms[0].user if terms and terms[0].to is To.DM else DESTINATION)
    world.provider.jobs = []
    for _ in range(26):
        await looks(world)
    return jobs


async def looks(world: World, hours: float = 1) -> None:
    world.now += timedelta(hours=hours)
    await sweep(world.deps, world.provider)


async def drains(world: World) -> list[tuple[str, str]]:
    """Deliver everything. Return the channel and the text of each new message."""
    before = len(world.slack.said)
    for place in (DESTINATION, "U1", "U2"):
        await world.told(place)
    return [(said.channel, said.text) for said in world.slack.said[before:]]


async def test_each_subscriber_gets_one_direct_message_and_the_channel_none(world: World):
    await suspend(world, 3, *BOTH)
    assert await drains(world) == [(f"D{user}", "⏸️ 3 subscriptions suspended") for user in ("U1", "U2")]
    await looks(world)
    assert await drains(world) == []
    assert len(await subscriptions(world.deps, here=DESTINATION)) == 3


async def test_in_direct_messages_the_card_gets_a_reply(world: World):
    await suspend(world, 1, SubscriptionOptions(user="U1", at=NOW, to=To.DM))
    [(channel, text)] = await drains(world)
    assert (channel, text) == ("DU1", "⏸️ Suspended: job-0, acme/video")


async def test_a_found_job_is_posted_in_the_thread_and_by_direct_message(world: World):
    jobs = await suspend(world)
    await drains(world)
    world.provider.jobs = jobs
    await looks(world)
    assert await drains(world) == [
        (DESTINATION, "🔄 Running: job-0, found again, acme/video"),
        ("DU1", "🔄 Running: job-0, found again, acme/video"),
    ]
    assert world.slack.said[-2].thread_ts == world.slack.said[0].ts
    world.provider.jobs = [jobs[0].model_copy(update={"state": JobState.FAILED})]
    await looks(world)
    [(channel, text)] = await drains(world)
    assert (channel, text.startswith("❌ Failed: job-0")) == (DESTINATION, True)


async def test_one_restore_is_for_all_suspended_jobs_of_the_destination(world: World):
    jobs = await suspend(world, 3)
    await drains(world)
    restored = await restore(world.deps, DESTINATION, None, "U1")
    assert sorted(restored.followed) == sorted(each.ref for each in jobs)
    assert (await restore(world.deps, DESTINATION, None, "U1")).followed == []
    world.provider.jobs = jobs
    await looks(world, 0.01)
    assert await drains(world) == []
    known = await world.store.tracked.read([each.ref for each in jobs])
    assert [kept.absence for kept, _ in known.values()] == [None] * 3


async def test_a_dropped_job_has_a_last_message(world: World):
    await suspend(world)
    await drains(world)
    await looks(world, 24 * 30 + 1)
    told = await drains(world)
    assert [channel for channel, _ in told] == [DESTINATION, "DU1"]
    assert all("job-0" in text for _, text in told)
    await edit_cards(world.deps, DESTINATION)
    assert await sweep(world.deps, world.provider) is None
    world.now += timedelta(days=31)
    assert await deliver(world.deps, DESTINATION) is None
    assert await edit_cards(world.deps, DESTINATION) is None, "the head of what was lost closes"
    assert empty(await world.snapshot())


async def test_a_snoozed_card_posts_the_outcome_of_a_suspended_job_after_its_snooze(world: World):
    jobs = await suspend(world)
    await drains(world)
    [shown] = await subscriptions(world.deps, here=DESTINATION)
    await snooze(world.deps, shown.card.id, DESTINATION, "U1", world.now + timedelta(hours=4))
    world.provider.jobs = jobs
    await looks(world)
    assert [channel for channel, _ in await drains(world)] == ["DU1"]
    world.now += timedelta(hours=4)
    assert [channel for channel, _ in await drains(world)] == [DESTINATION]


FOUND = unfound(job(), missed(0, 5, 10), NOW + timedelta(hours=1), Kind.FOUND)
LOST = FOUND.model_copy(update={"kind": Kind.LOST, "fate": EndReason.NOT_FOUND})


def test_what_is_lost_and_found_during_a_snooze_is_no_news():
    story = Entries().snoozed("card", NOW + timedelta(days=1)).changed("card", LOST).changed("card", FOUND)
    left = after(step_of(story.snapshot(card("card", job()))))
    assert (left.held, left.over) == ({}, False)


@pytest.mark.parametrize("on", On)
def test_people_notified_of_a_loss_are_notified_that_the_job_is_found(on: On):
    options = SubscriptionOptions(user="U1", at=NOW, on=frozenset({on}))
    state = DestinationState(DESTINATION, NOW, {"card": card("card", job(), options=options)}, numbers=(1,))
    for change in (LOST, FOUND):
        state, [notification] = apply(state, Entry(SLOT, "1-0", "card", ChangedEntry(change=change)))
        assert isinstance(notification.content, GroupHead if change is LOST else CardChange)
        assert notification.content.change == change
    assert state.cards["card"].jobs[str(job().ref)].fate is None


def test_that_a_job_is_not_found_is_not_noticed_late():
    """Believing it takes time, which is no reason to wait for other services."""
    assert noticed_late(Entry(SLOT, "1-0", "card", ChangedEntry(change=LOST))) is None
    assert noticed_late(Entry(SLOT, "1-0", "card", ChangedEntry(change=FOUND))) == FOUND.at
