"""Outcomes of events: posted, folded, held or dropped, each once, in any order of their arrival."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.cards import Snooze
from bot.domain.changes import Change, EventKind
from bot.domain.decisions import Outcome, Reason
from bot.domain.event_log import Ended
from bot.domain.failure_groups import GroupKind
from bot.domain.notifications import GroupHead, ServiceHead, StormHead, ThreadLine, WatchEvent
from bot.domain.service_events import ServiceEvent
from bot.domain.watches import FailureCode, Mute
from tests.bot.memory import NOW
from tests.bot.rules.desk import CHANNEL, Desk, ended, failed, rules, watch

MINUTE = timedelta(minutes=1)


class TestOrder:
    def test_the_first_failure_is_posted_and_the_next_folds(self):
        desk = Desk(rules(watch())).takes(*(failed(number) for number in range(8)))
        assert len(desk.posts) == 1
        [group] = desk.groups
        assert (group.count, len(desk.members[group.id])) == (8, 8)
        assert desk.outcomes() == {Outcome.POST: 1, Outcome.FOLD: 7}

    def test_hidden_accounts_are_dropped_first(self):
        desk = Desk(rules(watch(), hidden={"acme"})).takes(failed(1))
        assert desk.posts == []
        [decision] = desk.final().values()
        assert (decision.outcome, decision.reason) == (Outcome.DROP, Reason.ACCESS)

    def test_events_noticed_before_the_watch_are_dropped(self):
        [decision] = Desk(rules(watch(at=NOW + MINUTE))).takes(failed(1)).final().values()
        assert decision.reason is Reason.BASELINE

    @pytest.mark.parametrize(
        ("spec", "reason"),
        [
            ({"on": "started"}, Reason.NOT_WANTED),
            ({"name": "other"}, Reason.FILTERED),
            ({"code": "ALG.003"}, Reason.FILTERED),
            ({"without": (("name", "lecture"),)}, Reason.FILTERED),
            ({"service": "audio"}, Reason.NO_RULE),
        ],
        ids=str,
    )
    def test_events_that_no_rule_wants_are_dropped(self, spec: dict[str, Any], reason: Reason):
        [decision] = Desk(rules(watch(**spec))).takes(failed(1)).final().values()
        assert (decision.outcome, decision.reason) == (Outcome.DROP, reason)

    def test_a_muted_code_is_dropped(self):
        code = FailureCode.of(failed(1).job)
        mute = Mute(id="m3", **code._asdict(), by="T1/U1", at=NOW)
        desk = Desk(rules(watch(), mutes=(mute,))).takes(failed(1), failed(2, "ALG.003"))
        assert [group.code for group in desk.heads] == ["ALG.003"]

    def test_the_loudest_rule_counts_and_the_others_are_named(self):
        desk = Desk(rules(watch(1, after={"count": 5, "window_s": 600}), watch(2), watch(3))).takes(failed(1))
        [decision] = desk.final().values()
        assert (decision.outcome, decision.rule, set(decision.also)) == (Outcome.POST, "w2", {"w1", "w3"})

    def test_a_snooze_holds_failures_for_one_message_afterwards(self):
        snooze = Snooze(until=NOW + timedelta(hours=1), by="T1/U1")
        desk = Desk(rules(watch(), snooze=snooze)).takes(*(failed(number) for number in range(3)))
        assert desk.posts == []
        desk.rules = rules(watch())
        desk.waits(hours=1)
        [head] = desk.heads
        assert head.count == 3
        assert desk.outcomes() == {Outcome.POST: 1, Outcome.FOLD: 2}


class TestRemovedWatches:
    GONE = watch(removed_at=NOW, removed_by="T1/U1")

    def test_a_restored_watch_is_notified_of_the_gap(self):
        desk = Desk(rules(self.GONE)).takes(failed(1), failed(2)).waits(minutes=5)
        assert desk.posts == []
        desk.rules = rules(watch())
        desk.takes()
        [head] = desk.heads
        assert head.count == 2
        assert desk.outcomes() == {Outcome.POST: 1, Outcome.FOLD: 1}

    def test_a_watch_that_stays_removed_is_not(self):
        desk = Desk(rules(self.GONE)).takes(failed(1)).waits(minutes=59)
        desk.rules = rules()
        desk.waits(minutes=2)
        assert (desk.posts, desk.groups) == ([], [])
        assert desk.outcomes() == {Outcome.DROP: 1}


class TestThresholds:
    def test_five_within_ten_minutes(self):
        desk = Desk(rules(watch(after={"count": 5, "window_s": 600})))
        for number in range(4):
            desk.takes(failed(number, at=desk.now)).waits(minutes=1)
        assert desk.posts == []
        desk.takes(failed(4, at=desk.now))
        [head] = desk.heads
        assert head.count == 5
        assert desk.outcomes() == {Outcome.POST: 1, Outcome.FOLD: 4}

    def test_two_of_five_are_dropped_once_the_window_is_over(self):
        desk = Desk(rules(watch(after={"count": 5, "window_s": 600}))).takes(failed(1), failed(2)).waits(minutes=11)
        assert (desk.posts, desk.groups) == ([], [])
        for decision in desk.final().values():
            assert (decision.reason, decision.parameters["count"], decision.parameters["of"]) == (
                Reason.NOT_REACHED,
                2,
                5,
            )

    def test_a_share_is_judged_from_ten_jobs_on(self):
        desk = Desk(rules(watch(after={"share": 20, "window_s": 3600})))
        desk.ended = {("acme", "video"): [Ended(NOW, 0, 7), Ended(NOW, 2, 2)]}
        desk.takes(failed(1), failed(2))
        assert desk.posts == []
        desk.ended = {("acme", "video"): [Ended(NOW, 0, 7), Ended(NOW, 3, 3)]}
        desk.takes(failed(3))
        [head] = desk.heads
        assert head.count == 3

    def test_each_hold_is_followed_by_one_final_decision(self):
        desk = Desk(rules(watch(after={"count": 3, "window_s": 600}))).takes(failed(1), failed(2), failed(3), failed(4))
        held = [decision.event for _, decision in desk.decisions if decision.outcome is Outcome.HOLD]
        assert len(held) == 2
        assert len(desk.final()) == 4


class TestBudget:
    def test_three_messages_a_minute_and_then_a_storm(self):
        desk = Desk(rules(watch())).takes(*(failed(number, f"ALG.{number:03}") for number in range(10)))
        assert len(desk.contents(GroupHead)) == 3
        assert len(desk.contents(StormHead)) == 1
        [storm] = [group for group in desk.groups if group.group is GroupKind.STORM]
        assert (storm.count, len(storm.groups)) == (7, 7)

    def test_a_thousand_failures_of_three_kinds_are_three_posts(self):
        desk = Desk(rules(watch())).takes(*(failed(number, f"ALG.{number % 3:03}") for number in range(1000)))
        assert len(desk.posts) == 3
        assert sum(len(members) for members in desk.members.values()) == 1000
        assert desk.outcomes() == {Outcome.POST: 3, Outcome.FOLD: 997}

    def test_other_events_are_counts_in_a_storm(self):
        desk = Desk(rules(watch(on="done"))).takes(*(ended(number) for number in range(10)))
        assert len(desk.contents(WatchEvent)) == 3
        [storm] = desk.groups
        assert storm.counts == {"succeeded": 7}

    def test_a_storm_closes_after_ten_minutes_without_news(self):
        desk = Desk(rules(watch())).takes(*(failed(number, f"ALG.{number:03}") for number in range(10)))
        desk.waits(minutes=11)
        [storm] = [group for group in desk.groups if group.group is GroupKind.STORM]
        assert storm.closed_at

    def test_its_groups_close_with_it_and_the_next_head_links_to_it(self):
        desk = (
            Desk(rules(watch())).takes(*(failed(number, f"ALG.{number:03}") for number in range(10))).waits(minutes=11)
        )
        [storm] = [group for group in desk.groups if group.group is GroupKind.STORM]
        assert all(desk.snapshot.groups[each].closed_at for each in storm.groups)
        desk.takes(failed(20, "ALG.009", at=desk.now))
        assert desk.heads[-1].previous
        assert desk.heads[-1].previous.ts == storm.ts

    def test_late_events_are_one_message(self):
        late = [failed(number, f"ALG.{number:03}") for number in range(3)]
        late = [change.model_copy(update={"since": NOW - timedelta(hours=1)}) for change in late]
        desk = Desk(rules(watch())).takes(*late)
        [content] = desk.contents(StormHead, GroupHead)
        assert isinstance(content, StormHead)
        assert content.group.offline_from == NOW - timedelta(hours=1)
        [storm] = [group for group in desk.groups if group.group is GroupKind.STORM]
        assert storm.count == 3


class TestTime:
    def test_thread_lines_come_at_their_times_when_there_is_news(self):
        desk = Desk(rules(watch())).takes(failed(1))
        for number in range(2, 62):
            desk.waits(minutes=1).takes(failed(number, at=desk.now))
        lines = [(at - NOW) // MINUTE for at, content in desk.posts if isinstance(content, ThreadLine)]
        assert lines == [1, 5, 15, 30]

    def test_thread_lines_of_a_storm_mention_people_added_later(self):
        people = [watch(number, code=f"ALG.{number:03}", mention=(f"<@U{number}>",)) for number in range(6)]
        desk = Desk(rules(*people)).takes(*(failed(number, f"ALG.{number:03}") for number in range(4)))
        desk.waits(seconds=10).takes(failed(4, "ALG.004"), failed(5, "ALG.005")).waits(minutes=9)
        [line] = desk.contents(ThreadLine)
        assert isinstance(line, ThreadLine)
        assert (line.group.group, line.group.mentioned) == (GroupKind.STORM, ("<@U3>",))
        assert line.group.mentions == ("<@U3>", "<@U4>", "<@U5>")

    def test_at_ten_a_hundred_and_a_thousand_a_line_goes_to_the_channel(self):
        desk = (
            Desk(rules(watch())).takes(failed(0)).takes(*(failed(number) for number in range(1, 12))).waits(minutes=2)
        )
        [line] = desk.contents(ThreadLine)
        assert isinstance(line, ThreadLine)
        assert line.broadcast

    def test_a_group_closes_after_an_hour_and_the_next_head_links_to_it(self):
        desk = Desk(rules(watch())).takes(failed(1)).waits(minutes=62)
        [closed] = desk.groups
        assert closed.closed_at
        desk.takes(failed(2, at=desk.now))
        assert desk.heads[-1].previous
        assert desk.heads[-1].previous.ts == closed.ts

    def test_people_are_mentioned_once_in_a_group(self):
        desk = Desk(rules(watch(1, mention=("<@U1>",)))).takes(failed(1))
        desk.rules = rules(watch(1, mention=("<@U1>",)), watch(2, mention=("<@U2>",)))
        desk.takes(failed(2)).waits(minutes=2)
        assert desk.heads[0].mentioned == ("<@U1>",)
        [group] = desk.groups
        assert group.mentioned == ("<@U1>", "<@U2>")


def service(happened: EventKind, **fields: object) -> ServiceEvent:
    about = {"account": "acme", "service": "video", "since": NOW, "at": NOW, "happened": happened, **fields}
    return ServiceEvent.model_validate(about)


class TestServices:
    def test_a_service_that_is_down_has_one_message_that_says_when_it_is_back(self):
        desk = Desk(rules(watch())).takes(service(EventKind.DOWN), service(EventKind.UP, found=3, at=NOW + MINUTE))
        assert len(desk.contents(ServiceHead)) == 1
        [down] = desk.groups
        assert (down.count, down.closed_at) == (3, NOW + MINUTE)

    def test_over_the_budget_it_is_a_line_of_the_storm(self):
        desk = Desk(rules(watch())).takes(*(failed(number, f"ALG.{number:03}") for number in range(3)))
        desk.takes(service(EventKind.DOWN)).takes(service(EventKind.UP, found=3, at=NOW + MINUTE))
        assert desk.contents(ServiceHead) == []
        [storm] = desk.contents(StormHead)
        assert isinstance(storm, StormHead)
        assert [group.group for group in storm.groups] == [GroupKind.DOWN]

    def test_a_watch_that_does_not_want_it_gets_none(self):
        assert Desk(rules(watch(on="failed"))).takes(service(EventKind.DOWN)).posts == []


EVENTS = [failed(number, f"ALG.{number % 2:03}") for number in range(6)] + [ended(number) for number in range(6, 9)]
SOME = rules(watch(1, on="failed"), watch(2, after={"count": 4, "window_s": 600}), watch(3, on="done", name="7"))


def results(desk: Desk) -> object:
    """Return the results that do not depend on the order of equal events."""
    reasons = sorted((decision.outcome.value, decision.reason.value) for decision in desk.final().values())
    groups = sorted((group.code or "", group.count, group.mentioned) for group in desk.groups)
    return reasons, groups, len(desk.posts), sorted(desk.final())


class TestMetamorphic:
    @given(st.permutations(range(len(EVENTS))))
    def test_events_at_one_time_in_any_order(self, order: Sequence[int]):
        expected = results(Desk(SOME).takes(*EVENTS))
        assert results(Desk(SOME).takes(*(EVENTS[index] for index in order))) == expected

    @given(st.integers(0, len(EVENTS)))
    def test_one_sweep_in_two(self, cut: int):
        assert results(Desk(SOME).takes(*EVENTS[:cut]).takes(*EVENTS[cut:])) == results(Desk(SOME).takes(*EVENTS))

    def test_each_event_separately(self):
        desk = Desk(SOME)
        for event in EVENTS:
            desk.takes(event)
        assert results(desk) == results(Desk(SOME).takes(*EVENTS))


def test_ids_are_made_of_the_providers_data():
    change: Change = failed(1)
    assert change.id == "acme/video/job-0001#1/failed"
    assert service(EventKind.DOWN).id == f"acme/video#{int(NOW.timestamp())}/down"
    assert CHANNEL.startswith("T1/")


class TestMirrors:
    @pytest.mark.parametrize("service", ["vod-ai", "vod-jobs"])
    def test_a_rule_that_names_either_service_matches(self, service: str):
        change = failed(1, account="vod-sg", service="vod-ai", kind="AIMediaDNA")
        desk = Desk(rules(watch(account="vod-sg", service=service))).takes(change)
        assert [decision.outcome for decision in desk.final().values()] == [Outcome.POST]
