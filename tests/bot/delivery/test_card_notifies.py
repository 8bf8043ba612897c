"""A card posted for finished jobs is itself the notification, where both would notify the same people."""

from datetime import timedelta

import pytest

from bot.delivery.card_editor import edit_cards
from bot.delivery.dispatcher import deliver
from bot.delivery.next_step import withheld
from bot.domain.cards import On, Snooze, SubscriptionOptions, To
from bot.domain.changes import Change, EndReason
from bot.domain.notifications import BatchEnd
from bot.domain.outbox import ChangedEntry, OutboxSnapshot, SubscribedEntry
from bot.rules.decide import REPLIES_MAX
from bot.store import Store
from providers.models import JobState
from tests.bot.delivery_world import World
from tests.bot.memory import NOW
from tests.bot.samples import (
    ANY,
    DESTINATION,
    DONE,
    FAILED,
    MOVED,
    ON_FAILURE,
    TERMS,
    Story,
    after,
    gone,
    job,
    moved,
    step_of,
    taken,
)

THREAD = TERMS.model_copy(update={"to": To.THREAD})
CALLS = TERMS.model_copy(update={"mention": ("<@U7>",)})


def posts(snapshot: OutboxSnapshot) -> list[str]:
    """Return what each post is until nothing waits: a card, a notification, or both in one."""
    found: list[str] = []
    while snapshot.entries:
        step = step_of(snapshot)
        if step.notification:
            card, notifies = bool(step.notification.new_card), step.notification.notifies
            found.append("both" if card and notifies else "card" if card else "notification")
        snapshot = taken(snapshot, step)
    return found


@pytest.mark.parametrize("to", [None, To.HERE])
@pytest.mark.parametrize("change", [DONE, FAILED, moved(job(state=JobState.CANCELLED)), gone(job())])
def test_one_post_is_the_card_and_the_result(to: To | None, change: Change):
    options = TERMS.model_copy(update={"to": to})
    snapshot = Story().subscribed("card", job(), options).changed("card", change).snapshot()
    step = step_of(snapshot)
    assert posts(snapshot) == ["both"]
    assert step.notification
    assert step.notification.new_card == after(step)
    assert after(step).over
    assert [write.urgency for write in step.writes] == [None], "it is drawn as it is, and needs no edit"


def test_a_notification_for_the_thread_only_is_not_in_the_card():
    assert posts(Story().subscribed("card", job(), THREAD).changed("card", FAILED).snapshot()) == [
        "card",
        "notification",
    ]


def test_a_direct_message_has_no_channel_to_spare():
    snapshot = Story().subscribed("card", job(), THREAD).changed("card", FAILED).snapshot()
    snapshot.destination = "U1"
    assert posts(snapshot) == ["both"]


def test_a_success_without_a_subscriber_who_wants_it_is_a_card_without_a_notification():
    snapshot = Story().subscribed("card", job(), ON_FAILURE).changed("card", DONE).snapshot()
    assert posts(snapshot) == ["card"]
    assert after(step_of(snapshot)).over
    assert posts(Story().subscribed("card", job(), ON_FAILURE).changed("card", FAILED).snapshot()) == ["both"]


def test_where_every_change_is_wanted_each_has_its_post_in_its_order():
    every = Story().subscribed("card", job(), ANY).changed("card", MOVED).changed("card", DONE)
    assert posts(every.snapshot()) == ["card", "notification", "notification"]
    assert posts(Story().subscribed("card", job(), ANY).changed("card", DONE).snapshot()) == ["both"]


def test_a_job_that_continues_has_its_card_as_of_now():
    snapshot = Story().subscribed("card", job()).changed("card", MOVED).snapshot()
    assert posts(snapshot) == ["card"]
    assert not after(step_of(snapshot)).over


def test_a_batch_whose_jobs_have_all_finished_is_its_own_final_post():
    story = Story().subscribed("card", job("a")).subscribed("card", job("b"))
    story.changed("card", moved(job("a", "failed")))
    assert posts(story.snapshot()) == ["card", "notification"], "its head"
    story.changed("card", moved(job("b", "succeeded")))
    assert posts(story.snapshot()) == ["both"]
    step = step_of(story.snapshot())
    assert step.notification
    assert isinstance(step.notification.content, BatchEnd)
    assert len(step.entries) == 4


def test_a_batch_without_a_failure_is_no_notification_on_failure():
    story = Story().subscribed("card", job("a"), ON_FAILURE).subscribed("card", job("b"), ON_FAILURE)
    story.changed("card", moved(job("a", "succeeded"))).changed("card", moved(job("b", "succeeded")))
    assert posts(story.snapshot()) == ["card"]


def test_a_batch_whose_rest_is_no_longer_followed_is_its_own_final_post():
    story = Story().subscribed("card", job("a")).subscribed("card", job("b"))
    story.changed("card", moved(job("a", "failed"))).unsubscribed("card", job("b"))
    assert posts(story.snapshot()) == ["both"]


def test_a_card_without_a_subscription_is_no_notification():
    assert posts(Story().subscribed("card", job()).unsubscribed("card", job()).snapshot()) == ["card"]
    changed = Story().subscribed("card", job(), ANY).changed("card", MOVED).unsubscribed("card", job())
    assert posts(changed.snapshot()) == ["card", "notification"]


def test_a_later_subscriber_is_notified_by_the_card_too():
    lee = SubscriptionOptions(user="U2", at=NOW, on=frozenset({On.ANY}), mention=("<@U3>",))
    story = Story().subscribed("card", job(), ON_FAILURE).subscribed("card", job(), lee).changed("card", DONE)
    assert posts(story.snapshot()) == ["both"]
    assert after(step_of(story.snapshot())).terms.mention == ("<@U3>",)


def test_one_subscriber_who_wants_only_the_thread_does_not_delay_the_others():
    story = (
        Story()
        .subscribed("card", job(), THREAD)
        .subscribed("card", job(), SubscriptionOptions(user="U2", at=NOW, to=To.HERE))
    )
    assert posts(story.changed("card", DONE).snapshot()) == ["both"]


def test_a_card_that_is_followed_again_is_a_card():
    story = Story().subscribed("card", job()).changed("card", gone(job())).subscribed("card", job())
    assert posts(story.snapshot())[0] == "card"


def test_a_snoozed_card_posts_its_result_after_the_snooze():
    later = NOW + timedelta(hours=1)
    story = Story().subscribed("card", job()).snoozed("card", later).changed("card", FAILED)
    step = step_of(story.snapshot())
    assert step.notification
    assert not step.notification.notifies
    assert (after(step).over, after(step).snooze, list(after(step).held)) == (
        True, Snooze(until=later, by="U2"), [str(job().ref)],
    )  # fmt: skip
    late = step_of(story.snapshot(), later)
    assert late.notification
    assert late.notification.notifies
    assert not after(late).has_held


def test_a_card_that_access_rules_withhold_is_not_posted():
    snapshot = Story().subscribed("card", job()).changed("card", FAILED).snapshot()
    step = step_of(withheld(snapshot, {"acme"}.__contains__))
    assert (step.notification, len(step.entries)) == (None, 2)


def test_many_cards_of_finished_jobs_cost_a_post_each():
    story = Story()
    for n in range(REPLIES_MAX + 3):
        story.subscribed(f"c{n}", job(f"j{n}"))
    for n in reversed(range(REPLIES_MAX + 3)):
        story.changed(f"c{n}", moved(job(f"j{n}", "succeeded")))
    assert posts(story.snapshot()) == ["both"] * (REPLIES_MAX + 3)


@pytest.fixture
def world(store: Store, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr("bot.delivery.sender.POST_INTERVAL_S", 0.001)
    return World(store)


@pytest.mark.parametrize(
    ("options", "state", "called"),
    [
        (CALLS, JobState.FAILED, True),
        (CALLS, JobState.SUCCEEDED, True),
        (CALLS.model_copy(update={"on": frozenset({On.FAILED})}), JobState.FAILED, True),
        (CALLS.model_copy(update={"on": frozenset({On.FAILED})}), JobState.SUCCEEDED, False),
    ],
)
async def test_after_a_suspension_one_message_mentions_the_subscribers_of_the_result(
    world: World, options: SubscriptionOptions, state: JobState, *, called: bool
):
    world.slack.trouble = ["is_archived"]
    await world.follow(options)
    await world.becomes(state=state, raw_state="CODE")
    assert await world.told() == 0
    await world.store.outbox.restore(DESTINATION)
    assert await world.told() == 1
    [said] = world.slack.said
    assert said.text.split()[1] == state.capitalize()
    assert any(block.get("text", {}).get("text") == "<@U7>" for block in said.blocks) is called
    assert "<@U7>" not in str(said.blocks[:-1])
    assert await edit_cards(world.deps, DESTINATION) is None
    assert await deliver(world.deps, DESTINATION) is None
    assert not (await world.snapshot()).entries


async def test_the_owner_of_a_lost_job_is_notified_beside_its_card(world: World):
    put = world.store.outbox.put
    await put(DESTINATION, SubscribedEntry(job=job(), terms=TERMS), "1", "card")
    await put(DESTINATION, ChangedEntry(change=gone(job())), "2", "card")
    assert await world.told() == 1
    assert [each.fate for card in (await world.snapshot()).cards.values() for each in card.jobs.values()] == [
        EndReason.NOT_FOUND
    ]
    assert await world.told("U1") == 2
