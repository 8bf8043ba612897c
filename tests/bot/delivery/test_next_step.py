"""The next step for a destination, from what waits in its outbox."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.next_step import DeliveryStep, next_step, noticed_late, withheld
from bot.domain.cards import Card, CardJob, On, SubscriptionOptions, To
from bot.domain.changes import Change, EndReason
from bot.domain.decisions import Outcome, Reason
from bot.domain.failure_groups import GroupKind
from bot.domain.notifications import BatchEnd, CardChange, GroupHead, NewCard, SearchExpired
from bot.domain.outbox import Entry, NoteEntry, OutboxSnapshot, Urgency, encode
from bot.rules.card_reducer import expected
from bot.rules.job_events import LATE_AFTER
from providers.models import JobState
from tests.bot.memory import NOW
from tests.bot.samples import (
    ANY,
    DESTINATION,
    DONE,
    FAILED,
    MOVED,
    ON_FAILURE,
    SLOT,
    TERMS,
    Story,
    after,
    card,
    gone,
    job,
    moved,
    step_of,
    taken,
)

T = TypeVar("T")


def test_nothing_waits():
    assert next_step(OutboxSnapshot(DESTINATION), NOW) is None


def test_a_subscription_posts_its_card():
    step = step_of(Story().subscribed("card", job()).snapshot())
    assert step.notification
    assert step.notification.card == after(step)
    assert after(step).jobs == {str(job().ref): CardJob()}
    assert step.by_slot == {SLOT: ("1000-0",)}


def test_jobs_of_one_command_share_one_new_card():
    story = Story().subscribed("card", job("a")).subscribed("other", job("x")).subscribed("card", job("b"))
    step = step_of(story.snapshot())
    assert [entry.id for entry in step.entries] == ["1000-0", "1002-0"]
    assert step.notification
    assert step.notification.card
    assert list(step.notification.card.jobs) == [str(job("a").ref), str(job("b").ref)]


def test_what_came_between_two_jobs_of_a_card_keeps_its_place():
    story = Story().subscribed("card", job("a")).changed("card", moved(job("a", "failed"))).subscribed("card", job("b"))
    assert len(step_of(story.snapshot()).entries) == 1


def test_other_options_change_the_card_and_post_nothing():
    step = step_of(Story().subscribed("card", job(), ON_FAILURE).snapshot(card("card", job())))
    assert step.notification is None
    assert after(step).terms == ON_FAILURE
    assert step.writes[0].urgency is Urgency.STATE


LEE = SubscriptionOptions(user="U2", at=NOW, on=frozenset({On.ANY}), to=To.THREAD, mention=("<@U3>",))


def test_a_second_subscriber_joins_the_card_and_takes_nothing_from_the_first():
    first = SubscriptionOptions(user="U1", at=NOW, mention=("<@U4>",))
    joined = after(step_of(Story().subscribed("card", job(), LEE).snapshot(card("card", job(), options=first))))
    assert joined.subscribers == ("U1", "U2")
    assert joined.terms == first.model_copy(update={"on": first.on | LEE.on, "mention": ("<@U4>", "<@U3>")})
    again = after(step_of(Story().subscribed("card", job(), ON_FAILURE).snapshot(joined)))
    assert (again.subscribers, again.terms.on, again.terms.to) == (("U1", "U2"), {On.FAILED, On.ANY}, None)
    quiet = LEE.model_copy(update={"on": frozenset({On.FAILED})})
    quieter = after(step_of(Story().subscribed("card", job(), quiet).snapshot(again)))
    assert quieter.terms == ON_FAILURE.model_copy(update={"mention": ("<@U3>",)})


def test_a_finished_job_is_notified_and_no_longer_followed():
    step = step_of(Story().changed("card", FAILED).snapshot(card("card", job())))
    assert step.notification
    assert isinstance(step.notification.content, GroupHead)
    assert (step.notification.content.change, step.notification.content.card) == (FAILED, after(step))
    assert after(step).jobs[str(job().ref)] == CardJob(fate=EndReason.ENDED, job=FAILED.job, at=NOW)
    assert (after(step).over, step.writes[0].urgency) == (True, Urgency.END)


def test_a_job_that_may_no_longer_be_seen_is_not_notified_and_not_followed():
    story = Story().changed("card", FAILED)
    step = step_of(withheld(story.snapshot(card("card", job())), {"acme"}.__contains__))
    assert step.notification is None
    left = after(step).jobs[str(job().ref)]
    assert (left.fate, left.by, left.job and left.job.state) == (EndReason.UNSUBSCRIBED, "", JobState.RUNNING)
    assert withheld(story.snapshot(), {"other"}.__contains__) == story.snapshot()


def test_a_card_that_may_no_longer_be_seen_is_never_posted():
    step = step_of(withheld(Story().subscribed("card", job()).snapshot(), {"acme"}.__contains__))
    assert (step.notification, step.writes) == (None, [])


def test_the_options_decide_what_is_notified():
    for options, change, told in [
        (TERMS, MOVED, False),
        (TERMS, DONE, True),
        (ANY, MOVED, True),
        (ON_FAILURE, DONE, False),
        (ON_FAILURE, FAILED, True),
        (ON_FAILURE, gone(job()), True),
    ]:
        step = step_of(Story().changed("card", change).snapshot(card("card", job(), options=options)))
        assert bool(step.notification) is told, (options.on, change.kind)
        assert after(step)


def test_unwanted_changes_are_taken_out_together():
    story = Story().changed("card", MOVED).changed("card", MOVED).changed("card", DONE)
    step = step_of(story.snapshot(card("card", job())))
    assert (len(step.entries), step.notification) == (2, None)


def test_changes_of_a_job_that_is_no_longer_followed_are_not_notified():
    story = Story().unsubscribed("card", job()).changed("card", FAILED).changed("nowhere", FAILED)
    step = step_of(story.snapshot(card("card", job())))
    assert (len(step.entries), step.notification) == (3, None)
    assert after(step).jobs[str(job().ref)].fate is EndReason.UNSUBSCRIBED


def test_a_batch_posts_its_first_failure_and_its_result_once():
    batch = card("card", job("a"), job("b"), job("c"))
    story = Story().changed("card", moved(job("a", "failed"))).changed("card", moved(job("b", "failed")))
    snapshot = story.snapshot(batch)
    first = step_of(snapshot)
    assert first.notification
    assert isinstance(first.notification.content, GroupHead)
    assert (first.notification.content.group.group, len(first.entries)) == (GroupKind.BATCH, 2)
    snapshot = taken(snapshot, first)
    snapshot.entries = Story().changed("card", moved(job("c", "succeeded"))).entries
    last = step_of(snapshot)
    assert last.notification
    assert isinstance(last.notification.content, BatchEnd)
    assert after(last).over
    [head] = taken(snapshot, last).groups.values()
    assert head.closed_at


def test_a_batch_that_is_over_posts_only_its_result():
    batch = card("card", job("a"), job("b"))
    story = Story().changed("card", moved(job("a", "failed"))).changed("other", DONE)
    snapshot = story.changed("card", moved(job("b", "failed"))).snapshot(batch)
    step = step_of(snapshot)
    assert step.notification
    assert isinstance(step.notification.content, BatchEnd)
    assert [entry.card for entry in step.entries] == ["card", "card"]
    assert not taken(snapshot, step).groups


def test_a_batch_without_anything_that_its_options_ask_for_ends_in_silence():
    batch = card("card", job("a"), job("b"), options=ON_FAILURE)
    story = Story().changed("card", moved(job("a", "succeeded"))).unsubscribed("card", job("b"))
    assert step_of(story.snapshot(batch)).notification is None


@pytest.mark.parametrize("by", ["U1", ""])  # a person, or the rules of access
def test_a_batch_whose_rest_is_no_longer_followed_says_how_the_others_finished(by: str):
    batch = card("card", job("a"), job("b"))
    story = Story().changed("card", moved(job("a", "failed"))).unsubscribed("card", job("b"), by=by)
    step = step_of(story.snapshot(batch))
    assert len(step.entries) == 2
    assert step.notification
    assert isinstance(step.notification.content, BatchEnd)


def test_a_batch_whose_first_job_ended_long_ago_was_not_missed():
    story = Story().changed("card", moved(job("a", "failed")))
    snapshot = story.snapshot(card("card", job("a"), job("b")), card("c", job("c")))
    snapshot = taken(snapshot, step_of(snapshot))
    later = NOW + LATE_AFTER + timedelta(minutes=1)
    story = Story().changed("card", moved(job("b", "succeeded"), at=later)).changed("c", moved(job("c"), at=later))
    story.changed("c", moved(job("c", "failed"), at=later))
    snapshot.entries = story.entries
    step = step_of(snapshot, later)
    assert step.notification
    assert isinstance(step.notification.content, BatchEnd)


def test_a_large_batch_makes_no_larger_message():
    jobs = [job(f"j{n}") for n in range(100)]
    story = Story()
    for each in jobs:
        story.changed("card", moved(each.model_copy(update={"state": JobState.FAILED})))
    snapshot = story.snapshot(card("card", *jobs, job("last")))
    head = step_of(snapshot)
    [group] = taken(snapshot, head).groups.values()
    assert (len(head.entries), group.count, len(group.newest)) == (100, 100, 3)
    assert len(head.members[group.id]) == 100
    assert len(taken(snapshot, head).records[group.id]) < 5000


def test_a_note_is_a_separate_post():
    note = SearchExpired(ids=["x"], looked_in=[], minutes=10)
    step = step_of(
        OutboxSnapshot(
            DESTINATION, [Entry(DESTINATION, "1-0", "", NoteEntry(note=note)), *Story().subscribed("c", job()).entries]
        )
    )
    assert (step.notification and step.notification.content, len(step.entries), step.writes) == (note, 1, [])


def test_a_change_is_late_if_it_could_have_been_noticed_long_before():
    [soon] = Story().changed("card", FAILED).entries
    [late] = (
        Story().changed("card", FAILED.model_copy(update={"since": NOW - LATE_AFTER - timedelta(seconds=1)})).entries
    )
    [other] = Story().subscribed("card", job()).entries
    assert [noticed_late(each) for each in (soon, late, other)] == [None, NOW, None]


JOBS = ["a", "b", "c"]
CARDS = ["one", "two"]
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["subscribe", "subscribe", "move", "end", "lose", "leave"]),
        st.sampled_from(CARDS),
        st.sampled_from(JOBS),
        st.sampled_from([TERMS, ANY, ON_FAILURE]),
    ),
    max_size=14,
)


def tell(events: Sequence[tuple[str, str, str, SubscriptionOptions]]) -> Story:
    """Return what Redis would have put into the outbox. A job is followed once in a destination, by one card."""
    story, following = Story(), dict[str, str]()
    for number, (what, card_id, job_id, options) in enumerate(events, start=1):
        word = str(number)
        if what == "subscribe":
            story.subscribed(following.setdefault(job_id, card_id), job(job_id), options)
        elif (mine := following.get(job_id)) is None:
            continue
        elif what == "move":
            story.changed(mine, numbered(moved(job(job_id, raw_state=word), before=JobState.PENDING), number))
        else:
            del following[job_id]
            if what == "leave":
                story.unsubscribed(mine, job(job_id))
            else:
                failed = job(job_id, state=JobState.FAILED, raw_state=word)
                change = moved(failed) if what == "end" else gone(job(job_id, raw_state=word))
                story.changed(mine, numbered(change, number))
    return story


def numbered(change: Change, number: int) -> Change:
    """Make a change different from all others: each has its own attempt."""
    return change.model_copy(update={"attempt": number})


def wanted_alone(snapshot: OutboxSnapshot) -> set[str]:
    """Return the events that each card's options ask for, entry by entry, as if nothing else waits or was posted
    before.
    """
    wanted, cards = set[str](), snapshot
    for entry in snapshot.entries:
        step = step_of(OutboxSnapshot(DESTINATION, [entry], cards=cards.cards, records=cards.records))
        wanted |= decided([step], Outcome.POST, Outcome.FOLD).keys()
        cards = taken(OutboxSnapshot(DESTINATION, [entry], cards=cards.cards, records=cards.records), step)
    return wanted


def decided(steps: Iterable[DeliveryStep], *outcomes: Outcome) -> dict[str, Reason]:
    """Return why each event got one of these decisions. No event has two."""
    found: dict[str, Reason] = {}
    for decision in (each.decision for step in steps for each in step.decisions):
        assert decision.event not in found
        found |= {decision.event: decision.reason} if decision.outcome in outcomes else {}
    return found


def contents(steps: Iterable[DeliveryStep], kind: type[T]) -> list[T]:
    """Return what the steps post of one kind."""
    return [
        step.notification.content for step in steps if step.notification and isinstance(step.notification.content, kind)
    ]


@given(EVENTS)
def test_steps_end_where_all_entries_lead_and_post_each_change_once(
    events: list[tuple[str, str, str, SubscriptionOptions]],
):
    start = tell(events).snapshot()
    snapshot, steps = start, list[DeliveryStep]()
    while snapshot.entries:
        steps.append(step_of(snapshot))
        assert steps[-1].entries, "a step gets on"
        snapshot = taken(snapshot, steps[-1])
    assert next_step(snapshot, NOW) is None
    assert {name: each.jobs for name, each in snapshot.cards.items()} == {
        name: each.jobs for name, each in expected(start).items()
    }
    posted, folded = decided(steps, Outcome.POST), decided(steps, Outcome.FOLD)
    assert {*posted, *folded} == wanted_alone(start)
    assert set(folded.values()) <= {Reason.GROUP, Reason.BATCH, Reason.STORM}
    own = [each.change.id for each in contents(steps, CardChange)]
    own += [each.change.id for each in contents(steps, GroupHead) if each.change]
    assert len(own) == len(set(own))
    assert {*own} <= {*posted}
    finals = len(contents(steps, BatchEnd))
    assert len(posted) - len(own) <= finals + len(contents(steps, NewCard)), "a new card may say it"


def test_a_card_comes_back_as_it_was_kept():
    full = card("card", job(), options=ANY).having(
        str(job("b").ref), CardJob(fate=EndReason.NOT_FOUND, job=job("b"), at=NOW)
    )
    assert Card.model_validate_json(encode(full)) == full
