"""Notifications of a card that is or was snoozed: held during the snooze, posted once afterwards."""

from datetime import datetime, timedelta

from bot.delivery.next_step import next_step
from bot.domain.cards import Card, Snooze, SubscriptionOptions
from bot.domain.changes import Change, EndReason
from bot.domain.notifications import BatchEnd, CardChange, GroupHead, StormHead
from bot.domain.outbox import OutboxSnapshot
from bot.rules.decide import REPLIES_MAX
from providers.models import Job, JobState
from tests.bot.memory import NOW
from tests.bot.samples import ANY, FAILED, MOVED, TERMS, Story, after, card, gone, job, moved, step_of, taken

LATER = NOW + timedelta(hours=1)
ENDED = moved(job(state=JobState.SUCCEEDED, raw_state="C"))


def asleep(*jobs: Job, options: SubscriptionOptions = TERMS) -> Card:
    """A card that is snoozed until LATER."""
    return card("card", *jobs, options=options).model_copy(update={"snooze": Snooze(until=LATER, by="U2")})


def reported_at(snapshot: OutboxSnapshot, now: datetime) -> list[str]:
    """Return what is posted, in raw states, after all waiting entries were taken out."""
    words: list[str] = []
    while next_step(snapshot, now):
        step = step_of(snapshot, now)
        if step.notification:
            match step.notification.content:
                case BatchEnd():
                    words.append("final")
                case CardChange(change=change) | GroupHead(change=Change() as change):
                    words.append(change.job.raw_state or "")
                case _:
                    words.append("other")
        snapshot = taken(snapshot, step)
    return words


def test_a_snoozed_card_shows_changes_and_posts_nothing():
    snapshot = Story().snoozed("card", LATER).changed("card", FAILED).snapshot(card("card", job()))
    step = step_of(snapshot)
    assert (step.notification, len(step.entries)) == (None, 2)
    assert after(step).jobs[str(job().ref)].fate is EndReason.ENDED
    assert after(step).held == {str(job().ref): FAILED}
    assert next_step(taken(snapshot, step), LATER - timedelta(seconds=1)) is None


def test_when_the_snooze_is_over_it_posts_what_it_held_and_nothing_twice():
    snapshot = Story().changed("card", MOVED).changed("card", ENDED).snapshot(asleep(job(), options=ANY))
    assert reported_at(snapshot, NOW) == []
    assert reported_at(snapshot, LATER) == ["C"]


def test_a_state_that_was_already_posted_is_not_posted_again():
    there = moved(job(state=JobState.PENDING, raw_state=None))
    back = moved(job(raw_state=None), before=JobState.PENDING)
    assert (
        reported_at(Story().changed("card", there).changed("card", back).snapshot(asleep(job(), options=ANY)), LATER)
        == []
    )


def test_changes_after_a_snooze_are_posted_after_what_it_held():
    late = moved(job(state=JobState.SUCCEEDED, raw_state="C"), at=LATER)
    story = Story().changed("card", MOVED).changed("card", late)
    assert reported_at(story.snapshot(asleep(job(), options=ANY)), LATER) == ["B", "C"]


def test_ending_a_snooze_posts_what_was_held():
    story = Story().changed("card", moved(job(state=JobState.FAILED, raw_state="F"))).snoozed("card", None)
    assert reported_at(story.snapshot(asleep(job())), NOW) == ["F"]


def test_another_snooze_keeps_it_back_for_longer():
    story = Story().changed("card", moved(job(state=JobState.FAILED, raw_state="F")))
    snapshot = story.snoozed("card", LATER + timedelta(hours=1)).snapshot(asleep(job()))
    assert reported_at(snapshot, LATER) == []
    assert reported_at(snapshot, LATER + timedelta(hours=1)) == ["F"]


def test_the_result_of_a_batch_is_posted_once_after_its_snooze():
    story = Story().changed("card", moved(job("a", "failed"))).changed("card", moved(job("b", "succeeded")))
    for options in (TERMS, ANY):
        assert reported_at(story.snapshot(asleep(job("a"), job("b"), options=options)), LATER) == ["final"]


def test_a_job_unsubscribed_from_during_a_snooze_is_not_posted():
    story = Story().changed("card", MOVED).unsubscribed("card", job())
    assert reported_at(story.snapshot(asleep(job(), options=ANY)), LATER) == []


def test_a_lost_job_followed_again_during_a_snooze_is_not_posted_as_lost():
    story = Story().changed("card", gone(job())).subscribed("card", job())
    assert reported_at(story.snapshot(asleep(job())), LATER) == []


def test_many_snoozes_that_end_together_are_one_message_about_no_downtime():
    ids = [f"card{at}" for at in range(REPLIES_MAX + 1)]
    done = [moved(job(each, JobState.SUCCEEDED)) for each in ids]
    held = [{str(each.job.ref): each} for each in done]
    cards = [
        asleep(each.job).model_copy(update={"id": card_id, "held": changes})
        for card_id, each, changes in zip(ids, done, held, strict=True)
    ]
    step = step_of(Story().snapshot(*cards), LATER + timedelta(hours=9))
    assert step.notification
    assert isinstance(step.notification.content, StormHead)
    assert step.notification.content.group.counts == {"succeeded": REPLIES_MAX + 1}
    assert step.notification.content.group.offline_from is None
    assert not any(after(step, each).has_held for each in ids)
