"""Steps that post a storm message, with all that waits for it and nothing else."""

from datetime import datetime, timedelta

from bot.delivery.next_step import DeliveryStep
from bot.domain.cards import Card
from bot.domain.notifications import BatchEnd, CardChange, GroupHead, SearchExpired, StormHead
from bot.domain.outbox import Entry, NoteEntry
from bot.rules.decide import REPLIES_MAX
from bot.rules.job_events import LATE_AFTER
from providers.models import JobState
from tests.bot.memory import NOW
from tests.bot.samples import DESTINATION, FAILED, Story, after, card, job, moved, step_of, taken


def ends(number: int, at: datetime = NOW) -> tuple[Story, list[Card]]:
    story = Story()
    for n in range(number):
        story.changed(f"c{n}", moved(job(f"j{n}", "succeeded"), at=at))
    return story, [card(f"c{n}", job(f"j{n}")) for n in range(number)]


def test_a_burst_becomes_one_message():
    story, cards = ends(REPLIES_MAX)
    assert len(step_of(story.snapshot(*cards)).entries) == 1
    story, cards = ends(REPLIES_MAX + 1)
    step = step_of(story.snapshot(*cards))
    storm = storm_of(step)
    assert (storm.group.counts, storm.group.offline_from) == ({"succeeded": REPLIES_MAX + 1}, None)
    assert len(step.entries) == REPLIES_MAX + 1
    assert all(after(step, each.id).over for each in cards)


def storm_of(step: DeliveryStep) -> StormHead:
    assert step.notification
    assert isinstance(step.notification.content, StormHead)
    return step.notification.content


def test_late_changes_are_posted_in_one_message():
    story, cards, known = Story(), list[Card](), NOW - LATE_AFTER - timedelta(seconds=1)
    for n, state in enumerate(["failed", "failed", "succeeded"]):
        change = moved(job(f"j{n}", state))
        story.changed(f"c{n}", change.model_copy(update={"since": known}))
        cards.append(card(f"c{n}", job(f"j{n}")))
    step = step_of(story.snapshot(*cards))
    storm = storm_of(step)
    assert (storm.group.offline_from, storm.group.offline_until, storm.group.count) == (known, NOW, 2)
    assert (storm.group.counts, len(step.entries)) == ({"succeeded": 1}, 3)


def test_one_late_change_is_posted_like_any_other():
    late = FAILED.model_copy(update={"since": NOW - LATE_AFTER - timedelta(seconds=1)})
    step = step_of(Story().changed("card", late).snapshot(card("card", job())))
    assert step.notification
    assert isinstance(step.notification.content, GroupHead)


def test_a_storm_message_waits_for_no_card_and_takes_no_note():
    story, cards = ends(REPLIES_MAX + 1)
    story.subscribed("new", job("n")).changed("new", moved(job("n", "failed")))
    note = Entry(DESTINATION, "1-0", "", NoteEntry(note=SearchExpired(ids=["x"], looked_in=[], minutes=10)))
    snapshot = story.snapshot(*cards)
    snapshot.entries.insert(0, note)
    first = step_of(snapshot)
    assert list(first.entries) == [note]
    step = step_of(taken(snapshot, first))
    assert len(step.entries) == REPLIES_MAX + 1
    assert storm_of(step).group.counts == {"succeeded": REPLIES_MAX + 1}


def test_a_storm_message_takes_in_what_waits_behind_other_messages():
    story, cards = ends(REPLIES_MAX - 1)
    batch = card("batch", job("a"), job("b"))
    story.changed("batch", moved(job("a", "succeeded"))).changed("batch", moved(job("b", "succeeded")))
    late, others = Story(), [card(f"l{n}", job(f"l{n}")) for n in range(2)]
    late.entries = story.entries
    for each in others:
        late.changed(each.id, moved(job(each.id, "succeeded")))
    step = step_of(snapshot := late.snapshot(*cards, batch, *others))
    assert storm_of(step).group.counts == {"succeeded": REPLIES_MAX + 1}
    end = step_of(taken(snapshot, step))
    assert end.notification
    assert isinstance(end.notification.content, BatchEnd)
    assert len(taken(taken(snapshot, step), end).entries) == 0


def test_unwanted_changes_make_no_storm():
    story, cards = ends(1)
    for n in range(10):
        story.changed(f"m{n}", moved(job(f"m{n}"), before=JobState.PENDING))
        cards.append(card(f"m{n}", job(f"m{n}")))
    step = step_of(story.snapshot(*cards))
    assert step.notification
    assert isinstance(step.notification.content, CardChange)
