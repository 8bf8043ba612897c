"""What to do next for a place: from what waits to one step."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import pytest
from bot.delivery.digest import DIGEST_THRESHOLD, LATE_AFTER, noticed_late
from hypothesis import given
from hypothesis import strategies as st

from bot.delivery.next_step import DeliveryStep, next_step, withheld
from bot.domain.cards import Card, CardJob, On, SubscriptionOptions, To
from bot.domain.changes import Change, EndReason
from bot.domain.notifications import BatchEnd, CardChange, Digest, SearchExpired
from bot.domain.outbox import Entry, NoteEntry, OutboxSnapshot, Urgency, encode
from bot.rules.card_reducer import expected
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


def test_other_terms_change_the_card_and_post_nothing():
    step = step_of(Story().subscribed("card", job(), ON_FAILURE).snapshot(card("card", job())))
    assert step.notification is None
    assert after(step).terms == ON_FAILURE
    assert step.writes[0].urgency is Urgency.STATE


LEE = SubscriptionOptions(user="U2", at=NOW, on=frozenset({On.ANY}), to=To.THREAD, mention=("<@U3>",))


def test_who_subscribes_too_joins_the_card_and_takes_nothing_from_the_first():
    first = SubscriptionOptions(user="U1", at=NOW, mention=("<@U4>",))
    joined = after(step_of(Story().subscribed("card", job(), LEE).snapshot(card("card", job(), options=first))))
    assert joined.subscribers == ("U1", "U2")
    assert joined.terms == first.model_copy(update={"on": first.on | LEE.on, "mention": ("<@U4>", "<@U3>")})
    again = after(step_of(Story().subscribed("card", job(), ON_FAILURE).snapshot(joined)))
    assert (again.subscribers, again.terms.on, again.terms.to) == (("U1", "U2"), {On.FAILED, On.ANY}, None)
    quiet = LEE.model_copy(update={"on": frozenset({On.FAILED})})
    quieter = after(step_of(Story().subscribed("card", job(), quiet).snapshot(again)))
    assert quieter.terms == ON_FAILURE.model_copy(update={"mention": ("<@U3>",)})


def test_an_end_is_told_and_ends_the_following():
    step = step_of(Story().changed("card", FAILED).snapshot(card("card", job())))
    assert step.notification
    assert isinstance(step.notification.content, CardChange)
    assert step.notification.content.change == FAILED
    assert after(step).jobs[str(job().ref)] == CardJob(fate=EndReason.ENDED, job=FAILED.job, at=NOW)
    assert (after(step).over, step.writes[0].urgency) == (True, Urgency.END)


def test_what_may_not_be_seen_any_more_is_not_told_and_not_followed():
    story = Story().changed("card", FAILED)
    step = step_of(withheld(story.snapshot(card("card", job())), {"acme"}.__contains__))
    assert step.notification is None
    left = after(step).jobs[str(job().ref)]
    assert (left.fate, left.by, left.job and left.job.state) == (EndReason.UNSUBSCRIBED, "", JobState.RUNNING)
    assert withheld(story.snapshot(), {"other"}.__contains__) == story.snapshot()


def test_a_card_that_may_not_be_seen_any_more_is_never_posted():
    step = step_of(withheld(Story().subscribed("card", job()).snapshot(), {"acme"}.__contains__))
    assert (step.notification, step.writes) == (None, [])


def test_the_terms_decide_what_is_told():
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


def test_changes_that_nobody_asked_for_are_taken_out_together():
    story = Story().changed("card", MOVED).changed("card", MOVED).changed("card", DONE)
    step = step_of(story.snapshot(card("card", job())))
    assert (len(step.entries), step.notification) == (2, None)


def test_what_is_left_of_a_job_that_is_no_longer_followed_is_not_told():
    story = Story().unsubscribed("card", job()).changed("card", FAILED).changed("nowhere", FAILED)
    step = step_of(story.snapshot(card("card", job())))
    assert (len(step.entries), step.notification) == (3, None)
    assert after(step).jobs[str(job().ref)].fate is EndReason.UNSUBSCRIBED


def test_a_batch_tells_its_end_once():
    batch = card("card", job("a"), job("b"))
    first = step_of(Story().changed("card", moved(job("a", "failed"))).snapshot(batch))
    assert first.notification is None
    last = step_of(Story().changed("card", moved(job("b", "succeeded"))).snapshot(after(first)))
    assert last.notification
    assert isinstance(last.notification.content, BatchEnd)
    assert after(last).over


def test_a_batch_without_anything_that_its_terms_ask_for_ends_in_silence():
    batch = card("card", job("a"), job("b"), options=ON_FAILURE)
    story = Story().changed("card", moved(job("a", "succeeded"))).unsubscribed("card", job("b"))
    assert step_of(story.snapshot(batch)).notification is None


@pytest.mark.parametrize("by", ["U1", ""])  # somebody, or the rules of access
def test_a_batch_whose_rest_is_not_followed_any_more_tells_how_the_others_ended(by: str):
    batch = card("card", job("a"), job("b"))
    story = Story().changed("card", moved(job("a", "failed"))).unsubscribed("card", job("b"), by=by)
    snapshot = story.snapshot(batch)
    assert len(step_of(snapshot).entries) == 1
    step = step_of(OutboxSnapshot(DESTINATION, snapshot.entries[1:], cards={"card": after(step_of(snapshot))}))
    assert step.notification
    assert isinstance(step.notification.content, BatchEnd)


def ends(number: int, at: datetime = NOW) -> tuple[Story, list[Card]]:
    story = Story()
    for n in range(number):
        story.changed(f"c{n}", moved(job(f"j{n}", "succeeded"), at=at))
    return story, [card(f"c{n}", job(f"j{n}")) for n in range(number)]


def test_a_burst_becomes_one_message():
    story, cards = ends(DIGEST_THRESHOLD)
    assert len(step_of(story.snapshot(*cards)).entries) == 1
    story, cards = ends(DIGEST_THRESHOLD + 1)
    step = step_of(story.snapshot(*cards))
    assert step.notification
    assert isinstance(step.notification.content, Digest)
    assert [each.change.job.id for each in step.notification.content.told] == ["j0", "j1", "j2", "j3"]
    assert (len(step.writes), step.notification.content.away) == (DIGEST_THRESHOLD + 1, None)


def test_what_was_noticed_late_is_told_in_one_message():
    story, cards = ends(2)
    late = NOW + LATE_AFTER + timedelta(seconds=1)
    step = step_of(story.snapshot(*cards), late)
    assert step.notification
    assert isinstance(step.notification.content, Digest)
    assert step.notification.content.away == NOW - timedelta(seconds=10)
    alone, cards = ends(1)
    assert step_of(alone.snapshot(*cards), late).notification == step_of(alone.snapshot(*cards)).notification, (
        "one message is one message"
    )


def test_a_batch_whose_first_job_ended_long_ago_was_not_missed():
    batch = after(
        step_of(Story().changed("card", moved(job("a", "failed"))).snapshot(card("card", job("a"), job("b"))))
    )
    later = NOW + LATE_AFTER + timedelta(minutes=1)
    story = Story().changed("card", moved(job("b", "succeeded"), at=later)).changed("c", moved(job("c"), at=later))
    story.changed("c", moved(job("c", "failed"), at=later))
    step = step_of(story.snapshot(batch, card("c", job("c"))), later)
    assert step.notification
    assert isinstance(step.notification.content, BatchEnd)


def test_a_digest_waits_for_no_card_and_takes_no_note():
    story, cards = ends(DIGEST_THRESHOLD + 1)
    story.subscribed("new", job("n")).changed("new", moved(job("n", "failed")))
    note = Entry(DESTINATION, "1-0", "", NoteEntry(note=SearchExpired(ids=["x"], looked_in=[], minutes=10)))
    snapshot = story.snapshot(*cards)
    snapshot.entries.insert(0, note)
    assert len(step_of(snapshot).entries) == DIGEST_THRESHOLD + 1


def test_a_large_batch_makes_no_larger_digest():
    jobs = [job(f"j{n}") for n in range(100)]
    story = Story()
    for each in jobs:
        story.changed("card", moved(each.model_copy(update={"state": JobState.FAILED})))
    story.changed("c1", FAILED).changed("c2", FAILED).changed("c3", FAILED)
    snapshot = story.snapshot(card("card", *jobs), *(card(f"c{n}", job()) for n in (1, 2, 3)))
    step = step_of(snapshot)
    assert step.notification
    assert isinstance(step.notification.content, Digest)
    assert len(step.notification.content.told) == 103
    assert sum(len(each.card.jobs) for each in step.notification.content.told) == 0


def test_a_note_is_posted_alone():
    note = SearchExpired(ids=["x"], looked_in=[], minutes=10)
    step = step_of(
        OutboxSnapshot(
            DESTINATION, [Entry(DESTINATION, "1-0", "", NoteEntry(note=note)), *Story().subscribed("c", job()).entries]
        )
    )
    assert (step.notification and step.notification.content, len(step.entries), step.writes) == (note, 1, [])


def test_late_is_what_could_have_been_noticed_long_before():
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
    """What Redis would have put into the outbox: a job is followed once in a place, by one card."""
    story, following = Story(), dict[str, str]()
    for number, (what, card_id, job_id, options) in enumerate(events):
        word = str(number)  # no change is like another
        if what == "subscribe":
            story.subscribed(following.setdefault(job_id, card_id), job(job_id), options)
        elif (mine := following.get(job_id)) is None:
            continue
        elif what == "move":
            story.changed(mine, moved(job(job_id, raw_state=word)))
        else:
            del following[job_id]
            if what == "leave":
                story.unsubscribed(mine, job(job_id))
            else:
                failed = job(job_id, state=JobState.FAILED, raw_state=word)
                story.changed(mine, moved(failed) if what == "end" else gone(job(job_id, raw_state=word)))
    return story


def told_alone(snapshot: OutboxSnapshot) -> list[CardChange]:
    """The changes that each card's terms ask to tell, entry by entry."""
    changes: list[CardChange] = []
    while snapshot.entries:
        one = OutboxSnapshot(snapshot.destination, snapshot.entries[:1], cards=snapshot.cards, records=snapshot.records)
        step = step_of(one)
        changes += contents([step], CardChange)
        snapshot = taken(snapshot, step)
    return changes


def contents(steps: Iterable[DeliveryStep], kind: type[T]) -> list[T]:
    """What the steps post of one kind."""
    return [
        step.notification.content for step in steps if step.notification and isinstance(step.notification.content, kind)
    ]


def by_card(told: Iterable[CardChange]) -> dict[str, list[Change]]:
    """The changes of each card, in their order."""
    found: dict[str, list[Change]] = {}
    for each in told:
        found.setdefault(each.card.id, []).append(each.change)
    return found


def taken(snapshot: OutboxSnapshot, step: DeliveryStep) -> OutboxSnapshot:
    """What is left for a place after a step."""
    cards = dict(snapshot.cards)
    for write in step.writes:
        assert write.before == snapshot.records.get(write.id, "")
        new = Card.model_validate_json(write.after)
        cards[write.id] = new if new.ts else new.model_copy(update={"channel": DESTINATION, "ts": f"{len(cards)}.1"})
    left = [entry for entry in snapshot.entries if entry not in step.entries]
    assert len(left) == len(snapshot.entries) - len(step.entries)
    return OutboxSnapshot(
        snapshot.destination, left, cards=cards, records={name: encode(each) for name, each in cards.items()}
    )


@given(EVENTS, st.sampled_from([NOW, NOW + timedelta(hours=1)]))
def test_steps_end_where_all_entries_lead_and_tell_each_change_once(
    events: list[tuple[str, str, str, SubscriptionOptions]], now: datetime
):
    start = tell(events).snapshot()
    snapshot, posts = start, list[DeliveryStep]()
    while step := next_step(snapshot, now):
        assert step.entries, "a step gets on"
        posts += [step] if step.notification else []
        snapshot = taken(snapshot, step)
    assert {name: each.jobs for name, each in snapshot.cards.items()} == {
        name: each.jobs for name, each in expected(start).items()
    }
    alone = by_card(contents(posts, CardChange))
    digests = contents(posts, Digest)
    wanted = by_card(told_alone(start))
    ended = [change for each in digests for one in each.told if (change := one.change)]
    assert sum(map(len, alone.values())) + len(ended) >= sum(map(len, wanted.values()))
    assert all(mine.count(each) == wanted[name].count(each) for name, mine in alone.items() for each in mine)
    if not digests:
        assert alone == wanted
    for digest in digests:
        assert len(digest.told) > DIGEST_THRESHOLD or (digest.away and len(digest.told) > 1)


def test_a_card_comes_back_as_it_was_kept():
    full = card("card", job(), options=ANY).having(
        str(job("b").ref), CardJob(fate=EndReason.NOT_FOUND, job=job("b"), at=NOW)
    )
    assert Card.model_validate_json(encode(full)) == full
