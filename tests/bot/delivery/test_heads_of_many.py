"""A head starts with all failures that wait for it, and with nothing else."""

from dataclasses import replace

from bot.delivery.next_step import DeliveryStep, next_step
from bot.domain.cards import Card
from bot.domain.decisions import Outcome
from bot.domain.notifications import GroupHead
from bot.domain.watches import Rules
from providers.models import JobState
from tests.bot.memory import NOW
from tests.bot.rules.desk import CHANNEL, Desk, ended, failed, watch
from tests.bot.samples import Story, card, job, moved, step_of

WATCHES = Rules(watches=(watch(1, mention=("@U1",)), watch(2, name="lecture 3", mention=("@U2",))))


def head_of(step: DeliveryStep | None) -> GroupHead:
    assert step
    assert step.notification
    assert isinstance(step.notification.content, GroupHead)
    return step.notification.content


def test_a_head_counts_all_that_wait_for_it_and_mentions_each_person_once():
    desk = Desk(WATCHES)
    for number in range(4):
        desk.comes(failed(number), failed(number + 10, code="ALG.011"))
    desk.comes(ended(20))
    step = next_step(desk.snapshot, NOW, [1])
    assert isinstance(step, DeliveryStep), "the number of one group is enough"
    head = head_of(step)
    assert (head.group.code, head.group.count, head.group.line_count) == ("ALG.002", 4, 4)
    assert head.group.mentioned == ("@U1", "@U2")
    assert len(step.entries) == 5, "what asks for no message goes with it"
    outcomes = [each.decision.outcome for each in step.kept_decisions]
    assert outcomes == [Outcome.POST, Outcome.FOLD, Outcome.FOLD, Outcome.FOLD]
    assert len(step.members[head.group.id]) == 4
    desk.takes()
    assert [content.group.count for _, content in desk.posts if isinstance(content, GroupHead)] == [4, 4]
    assert len(desk.posts) == 2


def test_a_head_leaves_a_job_whose_earlier_event_needs_a_message():
    story, cards = Story(), list[Card]()
    for number in range(3):
        story.changed(f"c{number}", moved(job(f"j{number}", "failed")))
        cards.append(card(f"c{number}", job(f"j{number}")))
    story.entries.insert(1, Story().changed("c2", moved(job("j2", "succeeded"))).entries[0]._replace(id="1000-1"))
    step = step_of(story.snapshot(*cards))
    assert head_of(step).group.count == 2
    assert [entry.card for entry in step.entries] == ["c0", "c1"]


def test_a_batch_head_shows_the_card_with_all_that_failed():
    story, batch = Story(), card("batch", *(job(f"j{number}") for number in range(4)))
    for number in range(3):
        story.changed("batch", moved(job(f"j{number}", "failed")))
    head = head_of(step_of(replace(story.snapshot(batch), destination=CHANNEL)))
    assert head.card
    failures = [each for each in head.card.jobs.values() if each.job and each.job.state is JobState.FAILED]
    assert (head.group.count, len(failures)) == (3, 3)
