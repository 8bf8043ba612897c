"""Thresholds count every failure that their watch wants, regardless of other rules and messages."""

from datetime import timedelta

import pytest

from bot.domain.cards import Snooze
from bot.domain.decisions import Outcome, Reason
from bot.domain.event_log import Ended
from bot.domain.notifications import CardChange, GroupHead, StormHead
from bot.domain.outbox import encode_record
from bot.domain.watches import Threshold
from tests.bot.memory import NOW
from tests.bot.rules.desk import Desk, failed, rules, watch
from tests.bot.rules.test_last_decisions import desk_with, followed

TWO = watch(after=Threshold(count=2, window_s=600))
IN_THREAD = {"user": "T1/U1", "at": NOW, "on": "done", "to": "thread"}
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("snoozed", [True, False])
def test_a_failure_that_is_replied_to_or_held_in_its_thread_counts(*, first: bool, snoozed: bool):
    mine, other = failed(1), failed(2)
    card = followed("card", mine)
    about = {"terms": card.terms.model_validate(IN_THREAD)}
    about |= {"snooze": Snooze(until=NOW + HOUR, by="T1/U1")} if snoozed else {}
    desk = desk_with(card.model_copy(update=about), watches=(TWO,))
    if first:
        desk.takes(mine, card="card").takes(other)
    else:
        desk.takes(other).takes(mine, card="card")
    assert len(desk.contents(GroupHead)) == 1
    assert len(desk.contents(CardChange)) == (first and not snoozed)
    desk.waits(hours=2)
    assert {each.outcome.final for each in desk.final().values()} == {True}
    assert len(desk.final()) == 2
    [group] = desk.groups
    assert group.count == len(desk.members[group.id])


def test_a_failure_that_only_counts_leaves_nothing_after_the_window():
    card = followed("card", failed(1))
    desk = desk_with(card.model_copy(update={"terms": card.terms.model_validate(IN_THREAD)}), watches=(TWO,))
    desk.takes(failed(1), card="card").waits(minutes=11)
    assert (desk.groups, [each.outcome for each in desk.final().values()]) == ([], [Outcome.POST])


def test_failures_of_a_deleted_head_count_for_the_next_one():
    desk = Desk(rules(TWO)).takes(failed(1), failed(2))
    [group] = desk.groups
    desk.records[group.id] = encode_record(group.model_copy(update={"closed_at": NOW, "head_lost": True}))
    desk.takes(failed(3))
    assert len(desk.contents(GroupHead)) == 2


def test_a_share_that_holds_more_than_it_can_decides_on_the_oldest():
    desk = Desk(rules(watch(after={"share": 20, "window_s": 3600})))
    desk.ended = {("acme", "video"): [Ended(NOW, 0, 1000), Ended(NOW, 100, 100)]}
    desk.takes(*(failed(number) for number in range(130)))
    assert {each.reason for each in desk.final().values()} == {Reason.NOT_REACHED}
    desk.ended = {("acme", "video"): [Ended(NOW, 0, 500), Ended(NOW, 131, 131)]}
    desk.takes(failed(130))
    [head] = desk.heads
    assert len(desk.final()) == 131
    assert head.count == len(desk.members[head.id]) == 101


def test_one_late_failure_among_unwanted_ones_is_a_separate_message():
    late = [failed(number, f"ALG.{number:03}").model_copy(update={"since": NOW - HOUR}) for number in range(3)]
    desk = Desk(rules(watch(code="ALG.001"))).takes(*late)
    assert len(desk.contents(GroupHead)) == 1
    assert desk.contents(StormHead) == []
