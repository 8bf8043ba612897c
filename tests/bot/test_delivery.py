"""Deliveries to a destination: each event is posted once, despite crashes, races and refusals."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.background.reconcile import reconcile_destinations
from bot.config.settings import AccessRule
from bot.delivery import card_editor, sender
from bot.delivery.card_editor import edit_cards
from bot.delivery.dispatcher import deliver
from bot.deps.deps import Deps
from bot.domain.access import Access, Audience
from bot.domain.cards import On, SubscriptionOptions, To
from bot.domain.changes import EndReason
from bot.domain.errors import UsageError
from bot.domain.notifications import Notification, SearchExpired
from bot.domain.outbox import NoteEntry, Urgency
from bot.polling.recorder import observe
from bot.polling.sweep import sweep
from bot.slack_api.errors import VERDICTS, ErrorAction, classify, retry_after
from bot.store import Store
from bot.store.redis.keys import CARDS, PLACES
from bot.subscriptions.listing import subscriptions
from bot.subscriptions.snooze import snooze
from bot.subscriptions.subscribe import subscribe, unsubscribe
from bot.views.slack.block_kit import Message
from providers.models import JobState
from tests.bot.delivery_world import ANY, World
from tests.bot.memory import NOW
from tests.bot.samples import DESTINATION, SLOT, TERMS, empty
from tests.bot.slack import Reply, in_one, refused

NOTE = NoteEntry(note=SearchExpired(ids=["x"], looked_in=[SLOT], minutes=10))


@pytest.fixture
def world(store: Store, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    return World(store)


def meanwhile(monkeypatch: pytest.MonkeyPatch, what: Callable[[], Any]) -> None:
    """Run something once, between a visit's decision and its action."""
    draw, done = sender.draw, list[bool]()

    async def drawing(deps: Deps, notification: Notification) -> Message:
        if not done:
            done.append(True)
            await what()
        return await draw(deps, notification)

    monkeypatch.setattr(sender, "draw", drawing)


async def test_a_job_is_notified_from_its_card_until_it_finishes(world: World):
    await world.follow()
    await world.becomes(state=JobState.FAILED)
    assert await world.told() == 2
    card, end = world.slack.said
    assert (end.thread_ts, end.broadcast) == (card.ts, True)
    assert await edit_cards(world.deps, DESTINATION) is None
    assert empty(await world.forgotten())
    assert len(world.slack.said) == 2


@pytest.mark.parametrize("options", [ANY, TERMS])
async def test_a_visit_that_read_before_another_one_posted_posts_nothing(
    world: World, options: SubscriptionOptions, monkeypatch: pytest.MonkeyPatch
):
    await world.follow(options)
    await world.becomes(**({"state": JobState.RUNNING} if options is ANY else {"state": JobState.FAILED}))
    meanwhile(monkeypatch, world.told)
    assert await world.told() == 2


async def test_a_note_is_posted_once_by_two_visits(world: World, monkeypatch: pytest.MonkeyPatch):
    await world.store.outbox.put("U1", NOTE, "once")
    meanwhile(monkeypatch, lambda: world.told("U1"))
    assert await world.told("U1") == 1


async def test_what_was_shown_before_a_crash_is_not_judged_by_later_terms(
    world: World, store: Store, monkeypatch: pytest.MonkeyPatch
):
    await world.follow(TERMS)
    await world.becomes(state=JobState.RUNNING)
    with monkeypatch.context() as patch:
        patch.setattr("bot.delivery.dispatcher.finish", _dies)
        with pytest.raises(ConnectionAbortedError):
            await world.follow(ANY)
    assert await world.told() == 1, "nobody had asked for this change when it came"


async def _dies(*_: object) -> None:
    raise ConnectionAbortedError


@pytest.mark.parametrize("trouble", ["lost", "internal_error!", "internal_error"])
async def test_a_post_in_doubt_is_searched_for_before_it_is_sent_again(world: World, trouble: str):
    await world.follow()
    await world.becomes(state=JobState.SUCCEEDED)
    world.slack.trouble = [trouble]
    assert await world.told() == 2


async def test_a_post_that_comes_too_late_is_taken_back(world: World):
    await world.follow()
    await world.becomes(state=JobState.SUCCEEDED)

    async def another_one_takes_over() -> None:
        world.now += timedelta(seconds=sender.IN_FLIGHT_TIMEOUT_S + 1)
        assert await world.told() == 2

    world.slack.trouble, world.slack.slowly = ["slow"], another_one_takes_over
    assert await world.told() == 2
    assert [said.taken_back for said in world.slack.said] == [False, False, True]


@pytest.mark.parametrize("trouble", ["lost", "internal_error"])
async def test_a_deleted_thread_delays_nothing(world: World, trouble: str):
    await world.follow()
    await world.becomes(state=JobState.SUCCEEDED)
    world.slack.trouble = [trouble]
    await deliver(world.deps, DESTINATION)
    world.slack.said[0].gone = True
    assert await world.told() <= 2
    assert [said.thread_ts for said in world.slack.said][1:]
    assert await edit_cards(world.deps, DESTINATION) is None
    assert empty(await world.snapshot())


@pytest.mark.parametrize(
    ("code", "left"),
    [("is_archived", "suspended"), ("token_revoked", "begun"), ("ratelimited", "begun"), ("missing_scope", "told")],
)
async def test_where_nothing_can_be_read_the_verdict_decides(
    world: World, code: str, left: str, monkeypatch: pytest.MonkeyPatch
):
    await world.follow()
    await world.becomes(state=JobState.SUCCEEDED)
    world.slack.trouble = ["lost"]
    await deliver(world.deps, DESTINATION)
    world.now += timedelta(seconds=sender.IN_FLIGHT_TIMEOUT_S)

    async def refusing(*_: object, **__: object) -> None:
        raise refused(code)

    monkeypatch.setattr(world.slack, "api_call", refusing)
    await deliver(world.deps, DESTINATION)
    snapshot = await world.snapshot()
    kept = {
        "suspended": bool(snapshot.suspension and snapshot.in_flight),
        "begun": bool(snapshot.in_flight),
        "told": not snapshot.entries,
    }
    assert kept[left]
    assert len(world.slack.said) == (3 if left == "told" else 2), "only who may never read sends it again unread"


async def test_a_destination_that_rejects_everything_is_suspended_its_owner_notified_and_restored(world: World):
    await world.follow()
    await world.becomes(state=JobState.FAILED)
    world.slack.trouble = ["is_archived"]
    assert await world.told() == 1
    assert (await world.snapshot()).suspension
    await world.told("U1")
    assert [said.channel for said in world.slack.said] == [DESTINATION, "DU1"]
    await world.told()
    await world.told("U1")
    assert len(world.slack.said) == 2, "told once"
    await world.store.outbox.restore(DESTINATION)
    await world.told()
    assert [said.channel for said in world.slack.said] == [DESTINATION, "DU1", DESTINATION]


async def test_a_lost_job_is_notified_only_to_its_subscribers_of_that_time(
    world: World, monkeypatch: pytest.MonkeyPatch
):
    lost, other = world.provider.filled(2).jobs
    await subscribe(world.deps, [lost.ref, other.ref], DESTINATION, TERMS)
    world.provider.jobs = [other]
    for _ in range(6):
        world.now += timedelta(seconds=140)
        await sweep(world.deps, world.provider)
    with monkeypatch.context() as patch:
        patch.setattr("bot.store.outbox.Outbox.begin", _dies)
        with pytest.raises(ConnectionAbortedError):
            await world.told()
    await subscribe(world.deps, [other.ref], DESTINATION, SubscriptionOptions(user="U2", at=NOW))
    assert [len((await world.snapshot(user)).entries) for user in (TERMS.user, "U2")] == [1, 0]


async def test_who_subscribes_too_shares_the_card_and_the_first_keeps_what_was_asked_for(world: World):
    await world.follow(ANY)
    ref = world.provider.jobs[0].ref
    _, result = await subscribe(
        world.deps, [ref], DESTINATION, SubscriptionOptions(user="U2", at=NOW, on=frozenset({On.FAILED}))
    )
    assert (result.changed, result.others) == ([ref], ["U1"])
    assert (await subscribe(world.deps, [ref], DESTINATION, ANY))[1].others == ["U2"]
    for user in ("U1", "U2"):
        assert [each.card.subscribers for each in await subscriptions(world.deps, user=user)] == [("U1", "U2")]
    await edit_cards(world.deps, DESTINATION)
    assert await world.told() == 1
    await world.becomes(state=JobState.RUNNING)
    assert await world.told() == 2
    world.slack.trouble = ["is_archived"]
    await world.becomes(state=JobState.CANCELLED)
    await world.told()
    assert [len((await world.snapshot(user)).entries) for user in ("U1", "U2", "U3")] == [1, 1, 0]


async def test_people_without_subscriptions_hear_of_no_suspension(world: World):
    await world.follow()
    await world.follow(SubscriptionOptions(user="U2", at=NOW, to=To.THREAD))
    world.provider.jobs = [*world.provider.jobs, world.provider.job("other")]
    await subscribe(world.deps, [world.provider.jobs[1].ref], DESTINATION, SubscriptionOptions(user="U3", at=NOW))
    await unsubscribe(world.deps, [world.provider.jobs[1].ref], DESTINATION, "U3")
    assert await edit_cards(world.deps, DESTINATION) is None
    await world.becomes(state=JobState.FAILED)
    world.slack.trouble = ["is_archived"]
    await world.told()
    assert (await world.snapshot("U2")).entries
    assert not (await world.snapshot("U3")).entries


async def test_a_message_that_slack_rejects_even_as_plain_text_suspends_its_destination(world: World):
    await world.follow()
    await world.becomes(state=JobState.FAILED)
    world.slack.trouble = ["invalid_blocks", "msg_too_long"]
    assert await world.told() == 1
    suspension = (await world.snapshot()).suspension
    assert suspension
    assert suspension.reason == "msg_too_long"
    assert await world.told("U1") == 2
    await world.store.outbox.restore(DESTINATION)
    assert await world.told() == 3


async def test_a_job_that_finished_before_its_subscription_is_notified_where_that_is_wanted(world: World):
    await world.becomes(state=JobState.FAILED)
    ref = world.provider.jobs[0].ref
    world.deps = Deps([world.provider], world.store, clock=lambda: NOW, workspaces=in_one(world.slack))
    await subscribe(world.deps, [ref], DESTINATION, TERMS)
    assert world.slack.said == []
    world.deps = Deps([world.provider], world.store, clock=world.tick, workspaces=in_one(world.slack))
    await subscribe(world.deps, [ref], DESTINATION, TERMS, ended_too=True)
    assert await world.told() == 1


async def test_an_answer_older_than_the_subscription_changes_nothing(world: World):
    before = world.now - timedelta(seconds=1)
    await world.follow(ANY)
    old = world.provider.jobs[0].model_copy(update={"state": JobState.RUNNING})
    await observe(world.deps, world.provider, [old], before)
    assert await world.told() == 1


async def test_a_finished_card_is_kept_for_undo_and_then_deleted(world: World):
    await world.follow()
    await unsubscribe(world.deps, None, DESTINATION, "U1")
    await edit_cards(world.deps, DESTINATION)
    [card] = (await world.snapshot()).cards.values()
    assert [each.fate for each in card.jobs.values()] == [EndReason.UNSUBSCRIBED]
    world.now += card_editor.UNSUBSCRIBED_KEPT
    await world.told()
    assert empty(await world.snapshot())
    assert DESTINATION not in await world.store.outbox.destinations()


async def test_a_card_that_cannot_be_read_stops_no_round_and_is_notified_of(world: World):
    await world.store.link.execute_many(
        [("HSET", CARDS.of(DESTINATION), "odd", "{}"), ("SADD", PLACES.of(), DESTINATION)]
    )
    await reconcile_destinations(world.deps)
    assert await world.told() == 1
    assert await world.store.outbox.destinations() == set()


async def test_an_end_waits_no_minute_behind_the_progress_of_another_card(world: World):
    await world.follow()
    while not await world.store.slack.may_edit("", Urgency.PROGRESS):
        pass
    await world.becomes(progress=50)
    wait = await edit_cards(world.deps, DESTINATION)
    assert wait
    assert wait <= card_editor.EDIT_WAIT_MAX_S
    await world.becomes(state=JobState.SUCCEEDED)
    await world.told()
    assert await edit_cards(world.deps, DESTINATION) is None


async def test_an_edit_that_slack_rejects_counts_only_as_rejected(world: World):
    await world.follow()
    world.slack.said[0].gone = True
    await world.becomes(progress=50)
    assert await edit_cards(world.deps, DESTINATION) is None
    assert 'outcome="detach"' in world.deps.metrics.text().decode()
    assert 'outcome="edited"' not in world.deps.metrics.text().decode()


def test_a_code_has_one_action_and_an_unknown_one_is_marked_as_such():
    assert classify(refused("ratelimited")) is ErrorAction.RETRY
    assert classify(refused("never_heard_of")) is ErrorAction.UNKNOWN_CODE
    assert classify(refused("")) is ErrorAction.LOOK_UP_FIRST
    assert {classify(refused(code)) for code in (*VERDICTS, "never_heard_of")} == set(ErrorAction)


@pytest.mark.parametrize("code", ["msg_blocks_too_long", "never_heard_of"])
async def test_a_message_that_slack_rejects_is_sent_as_plain_text(world: World, code: str):
    world.slack.trouble.append(code)
    await world.follow()
    assert await world.told() == 1
    assert "job-0000" in world.slack.said[0].text


async def test_an_unreadable_card_delays_no_other_notification(world: World):
    await world.follow()
    await world.store.link.execute("HSET", CARDS.of(DESTINATION), "from-another-version", '{"id": 7}')
    await world.becomes(state=JobState.FAILED)
    assert await world.told() == 3, "the card, its end and the notification"


@pytest.mark.parametrize(
    ("headers", "seconds"), [({"Retry-After": "30"}, 30), ({"retry-after": "1"}, 1), ({"Retry-After": "x"}, None)]
)
def test_slack_says_how_long_to_wait(headers: dict[str, str], seconds: float | None):
    assert retry_after(refused("ratelimited", 429, **headers)) == seconds
    assert Reply({}).headers == {}


async def test_a_snooze_that_is_over_is_found_by_visits_and_posted_together(world: World):
    await world.follow(ANY)
    [card] = (await world.snapshot()).cards
    await snooze(world.deps, card, DESTINATION, "U2", world.now + timedelta(hours=1))
    await world.becomes(state=JobState.FAILED, raw_state="F")
    assert await world.told() == 1
    assert [said.text for said in world.slack.said if "Failed" in said.text] == []
    assert await edit_cards(world.deps, DESTINATION) is None
    assert "Failed" in world.slack.said[0].text
    world.now += timedelta(hours=1)
    await reconcile_destinations(world.deps)
    assert await deliver(world.deps, DESTINATION) is None
    assert [said.thread_ts == world.slack.said[0].ts for said in world.slack.said] == [False, True]
    assert await edit_cards(world.deps, DESTINATION) is None
    assert await world.told() == 2
    assert empty(await world.forgotten())
    assert len(world.slack.said) == 2


async def test_nothing_of_a_card_is_snoozed_for_whom_it_is_not_or_when_it_is_over(world: World):
    await world.follow()
    [card] = (await world.snapshot()).cards
    hidden = replace(world.deps, access=Access([AccessRule(accounts=("acme",), users=("U1",))])).seen_by(
        Audience("U2", DESTINATION)
    )
    with pytest.raises(UsageError, match="NOT_FOR_YOU"):
        await snooze(hidden, card, DESTINATION, "U2", world.now + timedelta(hours=1))
    await world.becomes(state=JobState.SUCCEEDED)
    await world.told()
    assert await snooze(world.deps, card, DESTINATION, "U2", world.now + timedelta(hours=1)) is None
    assert (await world.snapshot()).entries == []


async def test_accounts_that_a_destination_may_no_longer_read_are_not_posted_after_a_snooze(world: World):
    await world.follow()
    [card] = (await world.snapshot()).cards
    await snooze(world.deps, card, DESTINATION, "U2", world.now + timedelta(hours=1))
    await world.becomes(state=JobState.FAILED)
    assert await world.told() == 1
    closed = replace(world.deps, access=Access([AccessRule(accounts=("acme",), users=("U1",))]))
    await reconcile_destinations(closed)
    world.now += timedelta(hours=2)
    assert await world.told() == 1
