"""Events after the removal of a watch are decided when it is restored or expires."""

from datetime import timedelta
from typing import Any

import pytest

from bot.domain.cards import On
from bot.domain.changes import Change, EventKind
from bot.domain.decisions import Outcome, Reason
from bot.domain.notifications import GroupHead, ServiceHead, StormHead
from bot.domain.service_events import ServiceEvent
from bot.domain.watches import Threshold, Watch
from providers.models import JobState
from tests.bot.memory import NOW
from tests.bot.rules.desk import Desk, Event, ended, failed, rules, watch

ANY = frozenset({On.ANY})
HOUR = timedelta(hours=1)


def gone(number: int = 1, **fields: Any) -> Watch:
    return watch(number, removed_at=NOW, removed_by="T1/U1", **fields)


def moved(number: int, state: JobState) -> Change:
    change = ended(number)
    return change.model_copy(update={"job": change.job.model_copy(update={"state": state}), "before": JobState.PENDING})


def service(happened: EventKind, at: timedelta = timedelta()) -> ServiceEvent:
    about = {"account": "acme", "service": "video", "since": NOW, "at": NOW + at, "happened": happened}
    return ServiceEvent.model_validate(about)


EVENTS = [
    ended(1),
    moved(2, JobState.CANCELLED),
    moved(3, JobState.RUNNING),
    failed(4),
    failed(5),
    service(EventKind.DOWN),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.id.rpartition("/")[2])
def test_each_kind_of_event_is_decided_on_when_the_watch_is_restored(event: Event):
    desk = Desk(rules(gone(on=ANY))).takes(event).waits(minutes=5)
    assert (desk.posts, desk.final()) == ([], {})
    desk.rules = rules(watch(on=ANY))
    desk.takes()
    assert len(desk.contents(GroupHead, StormHead, ServiceHead)) == 1
    [final] = desk.final().values()
    assert final.outcome in {Outcome.POST, Outcome.FOLD}
    assert final.held
    assert not any(group.held for group in desk.groups)


@pytest.mark.parametrize("reaped", [True, False])
def test_events_of_a_gap_are_dropped_once_after_the_hour(*, reaped: bool):
    desk = Desk(rules(gone(on=ANY))).takes(*EVENTS).waits(minutes=59)
    assert desk.final() == {}
    desk.rules = rules() if reaped else desk.rules
    desk.waits(minutes=2)
    assert (desk.posts, desk.groups) == ([], [])
    assert {(each.outcome, each.held) for each in desk.final().values()} == {(Outcome.DROP, True)}
    assert len(desk.final()) == len(EVENTS)
    late = Desk(rules(gone(on=ANY)), now=NOW + 2 * HOUR).takes(failed(7, at=NOW + 2 * HOUR))
    assert (late.groups, [each.reason for each in late.final().values()]) == ([], [Reason.NO_RULE])


def test_events_of_a_gap_are_counted_in_one_message():
    desk = Desk(rules(gone(on=ANY, mention=("<@U1>",)))).takes(ended(1), ended(2), moved(3, JobState.RUNNING))
    desk.rules = rules(watch(on=ANY))
    desk.takes()
    [storm] = desk.heads
    assert storm.counts == {"succeeded": 2, "started": 1}
    assert storm.mentioned == ("<@U1>",)


def test_events_wanted_only_by_a_removed_watch_still_wait():
    desk = Desk(rules(gone(1, on="done"), gone(2, on="started")))
    desk.takes(ended(1), moved(2, JobState.RUNNING))
    desk.rules = rules(watch(1, on="done"), gone(2, on="started"))
    desk.takes()
    assert [storm.counts for storm in desk.heads] == [{"succeeded": 1}]
    desk.waits(minutes=61)
    assert [each.outcome for each in desk.final().values()] == [Outcome.FOLD, Outcome.DROP]


def test_a_downtime_within_a_gap_is_no_news():
    desk = Desk(rules(gone())).takes(service(EventKind.DOWN), service(EventKind.UP, timedelta(minutes=9)))
    assert (desk.posts, desk.groups) == ([], [])
    assert {each.reason for each in desk.final().values()} == {Reason.AS_BEFORE}


def test_a_downtime_from_before_a_gap_is_closed_within_it():
    desk = Desk(rules(watch())).takes(service(EventKind.DOWN))
    desk.rules = rules(gone())
    desk.takes(service(EventKind.UP, timedelta(minutes=9)))
    [down] = desk.groups
    assert down.closed_at == NOW + timedelta(minutes=9)


def test_a_threshold_still_counts_the_failures_of_a_past_gap():
    counting = watch(2, after=Threshold(count=2, window_s=600))
    desk = Desk(rules(gone(1), counting)).waits(minutes=58).takes(failed(1, at=NOW + timedelta(minutes=58)))
    desk.rules = rules(counting)
    desk.waits(minutes=4).takes(failed(2, at=desk.now))
    [head] = desk.heads
    assert head.count == 2


def test_a_gap_holds_a_limited_number_of_failures():
    changes = [failed(number) for number in range(130)]
    desk = Desk(rules(gone())).takes(*changes)
    desk.rules = rules(watch())
    desk.takes()
    [members] = desk.members.values()
    assert len(members) == len(desk.final()) == 130
