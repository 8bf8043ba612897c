"""Each held event gets one final decision, even if its job, watch or card changes."""

from datetime import timedelta

import pytest

from bot.domain.attempts import Attempt, with_events
from bot.domain.cards import Card, CardJob, On, Snooze, SubscriptionOptions
from bot.domain.changes import Change, EndReason, EventKind, compare, lost, reopened
from bot.domain.decisions import Outcome, Reason
from bot.domain.notifications import BatchEnd, CardChange, GroupHead
from bot.domain.outbox import UnsubscribedEntry
from bot.domain.watches import Rules, Threshold, Watch
from providers.models import JobState
from tests.bot.memory import NOW
from tests.bot.rules.desk import CHANNEL, Desk, ended, failed, watch

HOUR = timedelta(hours=1)
SNOOZE = Snooze(until=NOW + HOUR, by="T1/U1")


def followed(card_id: str, *changes: Change, on: On = On.DONE, **fields: object) -> Card:
    """Return a card that tracks the jobs of these changes."""
    terms = SubscriptionOptions(user="T1/U1", at=NOW, on=frozenset({on}))
    jobs = {str(each.job.ref): CardJob() for each in changes}
    card = Card(id=card_id, place=CHANNEL, terms=terms, jobs=jobs, channel="C1", ts="1.1")
    return card.model_copy(update=fields)


def desk_with(*cards: Card, watches: tuple[Watch, ...] = ()) -> Desk:
    return Desk(Rules(watches=watches), cards={card.id: card for card in cards})


def last(desk: Desk, change: Change, event: EventKind) -> tuple[Outcome, Reason]:
    """Return the only final decision about an event."""
    mine = [each.decision for each in desk.decisions if each.decision.event == change.event_id(event)]
    [final] = [each for each in mine if each.outcome.final]
    return final.outcome, final.reason


def test_the_last_job_of_a_snoozed_batch_is_decided_after_the_snooze():
    changes = [ended(1), failed(2)]
    desk = desk_with(followed("batch", *changes, snooze=SNOOZE)).takes(*changes, card="batch")
    assert desk.posts == []
    desk.waits(hours=2)
    assert [type(content) for _, content in desk.posts] == [BatchEnd]
    assert last(desk, changes[1], EventKind.FAILED) == (Outcome.FOLD, Reason.BATCH)


def test_unsubscribing_from_a_job_drops_its_held_changes():
    change = failed(1).model_copy(update={"fate": None})
    desk = desk_with(followed("card", change, snooze=SNOOZE)).takes(change, card="card")
    gone = UnsubscribedEntry(job=change.job, by="T1/U1", at=NOW)
    desk.takes(gone, card="card").waits(hours=2)
    assert desk.posts == []
    assert last(desk, change, EventKind.FAILED) == (Outcome.DROP, Reason.UNSUBSCRIBED)


def test_a_job_that_was_lost_and_found_while_its_card_was_snoozed_is_no_news():
    job = failed(1).job.model_copy(update={"state": JobState.RUNNING, "error": None})
    gone = lost(job, NOW, NOW, expired=False)
    again = reopened(job, NOW).model_copy(update={"attempt": 2})
    desk = desk_with(followed("card", gone, snooze=SNOOZE)).takes(gone, card="card").takes(again, card="card")
    desk.waits(hours=2)
    assert desk.posts == []
    assert last(desk, gone, EventKind.LOST) == (Outcome.DROP, Reason.AS_BEFORE)
    assert last(desk, again, EventKind.REOPENED) == (Outcome.DROP, Reason.AS_BEFORE)


def test_a_job_on_two_cards_is_decided_by_the_one_that_tracks_it():
    change = failed(1)
    left = CardJob(fate=EndReason.UNSUBSCRIBED, at=NOW - HOUR, by="T1/U1")
    before = followed("before", change, on=On.STARTED, jobs={str(change.job.ref): left})
    desk = desk_with(before, followed("now", change)).takes(change, card="now")
    [(_, head)] = desk.posts
    assert isinstance(head, GroupHead)
    assert head.card
    assert head.card.id == "now"


def test_a_batch_has_a_final_post_if_only_a_watch_wants_it():
    changes = [ended(1), ended(2)]
    batch = followed("batch", *changes, on=On.FAILED)
    desk = desk_with(batch, watches=(watch(on=frozenset({On.DONE})),)).takes(*changes, card="batch")
    assert [type(content) for _, content in desk.posts] == [BatchEnd]
    assert desk_with(batch).takes(*changes, card="batch").posts == []


def test_a_batch_has_a_final_post_even_if_its_last_result_is_unwanted():
    changes = [failed(1), ended(2)]
    desk = desk_with(followed("batch", *changes, on=On.FAILED))
    for change in changes:
        desk.takes(change, card="batch")
    assert [type(content) for _, content in desk.posts] == [GroupHead, BatchEnd]


def test_a_failure_that_only_a_watch_wants_is_not_just_a_thread_reply():
    change = failed(1)
    options = SubscriptionOptions.model_validate({"user": "T1/U1", "at": NOW, "on": "started", "to": "thread"})
    desk = desk_with(followed("card", change, terms=options), watches=(watch(),)).takes(change, card="card")
    assert [type(content) for _, content in desk.posts] == [GroupHead]


def test_an_active_watch_immediately_posts_what_a_removed_one_holds():
    gone = watch(1, code="ALG.002", removed_at=NOW, removed_by="T1/U1")
    desk = desk_with(watches=(gone,)).takes(failed(1))
    assert desk.posts == []
    desk.rules = Rules(watches=(gone, watch(2)))
    desk.takes(failed(2))
    assert [type(content) for _, content in desk.posts] == [GroupHead]
    assert last(desk, failed(1), EventKind.FAILED) == (Outcome.FOLD, Reason.GROUP)
    [members] = desk.members.values()
    assert len(members) == 2


@pytest.mark.parametrize(("failures", "heads"), [(1, 0), (2, 1)])
def test_the_threshold_of_a_restored_watch_counts_in_its_gap_too(failures: int, heads: int):
    wanted = watch(after=Threshold(count=2, window_s=600))
    gone = wanted.model_copy(update={"removed_at": NOW, "removed_by": "T1/U1"})
    desk = desk_with(watches=(gone,)).takes(*map(failed, range(failures)))
    desk.rules = Rules(watches=(wanted,))
    desk.takes().waits(hours=2)
    assert len([content for _, content in desk.posts if isinstance(content, GroupHead)]) == heads


def test_waiting_failures_are_counted_before_the_window_closes():
    desk = desk_with(watches=(watch(after=Threshold(count=2, window_s=600)),)).takes(failed(1))
    desk.comes(failed(2, at=NOW + timedelta(minutes=9)))
    desk.now += HOUR  # no delivery ran for an hour
    desk.takes()
    assert [type(content) for _, content in desk.posts] == [GroupHead]


def test_a_job_that_is_dropped_is_no_member_of_its_group():
    desk = desk_with(watches=(watch(after=Threshold(count=3, window_s=600)),))
    desk.takes(failed(1)).waits(minutes=6).takes(failed(2, at=desk.now + timedelta(minutes=6))).waits(minutes=6)
    desk.takes(*(failed(number, at=desk.now) for number in (3, 4)))
    [members] = desk.members.values()
    assert sorted(each.partition("\t")[0][-4:] for each in members) == ["0002", "0003", "0004"]


def test_replies_missed_during_a_downtime_are_one_message():
    changes = [ended(1), ended(2)]
    late = [each.model_copy(update={"since": NOW - HOUR}) for each in changes]
    desk = desk_with(*(followed(f"card-{number}", each) for number, each in enumerate(late)))
    desk.comes(late[0], card="card-0").takes(late[1], card="card-1")
    [(_, storm)] = desk.posts
    assert not isinstance(storm, CardChange)


def test_a_new_raw_state_of_the_same_state_is_no_event():
    job = failed(1).job.model_copy(update={"state": JobState.RUNNING, "error": None, "raw_state": "A"})
    again = with_events(reopened(job, NOW), Attempt(2), timedelta())
    other = compare(job, NOW, job.model_copy(update={"raw_state": "B"}), NOW)
    assert with_events(other, Attempt(2).after(again), timedelta()).events == ()
