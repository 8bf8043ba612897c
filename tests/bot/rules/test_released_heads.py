"""Late posts follow the rules of their time."""

from datetime import timedelta

from bot.domain.cards import Snooze
from bot.domain.decisions import Outcome, Reason
from bot.domain.failure_groups import GroupKind
from bot.domain.notifications import ThreadLine
from bot.domain.watches import FailureCode, Mute
from tests.bot.memory import NOW
from tests.bot.rules.desk import Desk, failed, rules, watch

SNOOZE = Snooze(until=NOW + timedelta(hours=1), by="T1/U1")


def snoozed(codes: int) -> Desk:
    return Desk(rules(watch(), snooze=SNOOZE)).takes(*(failed(number, f"ALG.{number:03}") for number in range(codes)))


def test_held_heads_use_the_post_budget():
    desk = snoozed(8)
    desk.rules = rules(watch())
    desk.waits(hours=1)
    assert [head.group for head in desk.heads] == [GroupKind.FAILURES] * 3 + [GroupKind.STORM]
    [storm] = [group for group in desk.groups if group.group is GroupKind.STORM]
    assert (storm.count, len(storm.groups)) == (5, 5)
    assert desk.outcomes() == {Outcome.POST: 3, Outcome.FOLD: 5}
    desk.waits(minutes=30)
    assert len(desk.heads) == 4


def test_accounts_hidden_during_a_snooze_are_not_posted_after_it():
    desk = snoozed(2)
    desk.rules = rules(watch(), hidden={"acme"})
    desk.waits(hours=1)
    assert desk.posts == []
    assert {each.reason for each in desk.final().values()} == {Reason.ACCESS}
    assert desk.groups == []


def test_no_line_follows_about_a_hidden_account():
    desk = Desk(rules(watch())).takes(failed(1), failed(2))
    desk.rules = rules(watch(), hidden={"acme"})
    desk.waits(minutes=6)
    assert desk.contents(ThreadLine) == []
    desk.rules = rules(watch())
    desk.takes(failed(3)).waits(minutes=10)
    assert len(desk.contents(ThreadLine)) == 1


def test_a_code_muted_while_its_head_was_held_is_not_posted():
    desk = snoozed(2)
    mute = Mute(id="m3", **FailureCode.of(failed(0, "ALG.000").job)._asdict(), by="T1/U1", at=NOW)
    desk.rules = rules(watch(), mutes=(mute,))
    desk.waits(hours=1)
    assert [head.code for head in desk.heads] == ["ALG.001"]
    assert {each.reason for each in desk.final().values()} == {Reason.MUTED, Reason.RELEASED}
