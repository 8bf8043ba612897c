"""Several events of a job in one sweep: one message is about all of them."""

from datetime import timedelta
from typing import Any

from bot.domain.cards import On
from bot.domain.changes import Change, EventKind
from bot.domain.decisions import Outcome, Reason
from bot.domain.notifications import GroupHead, WatchEvent
from bot.domain.watches import Rules, Threshold
from providers.models import JobState
from tests.bot.memory import NOW
from tests.bot.rules.desk import Desk, failed, watch

ANY = frozenset({On.ANY})


def at_once(number: int, **fields: Any) -> Change:
    """Return a job that was submitted, started and failed between two sweeps."""
    known = {"before": JobState.UNKNOWN, "passed": (EventKind.SUBMITTED, EventKind.STARTED)}
    return failed(number, **fields).model_copy(update=known)


def test_a_failure_that_joins_a_group_includes_its_start():
    desk = Desk(Rules(watches=(watch(on=ANY),))).takes(at_once(1), at_once(2), at_once(3))
    [(_, head)] = desk.posts
    assert isinstance(head, GroupHead)
    [group] = desk.members.values()
    assert len(group) == 3
    last = [each.decision for each in desk.decisions if "job-0003" in each.ref]
    assert [(each.outcome, each.reason) for each in last] == [
        (Outcome.FOLD, Reason.TOGETHER),
        (Outcome.FOLD, Reason.TOGETHER),
        (Outcome.FOLD, Reason.GROUP),
    ]


def test_a_failure_held_for_a_threshold_counts_although_its_start_is_posted():
    rules = Rules(watches=(watch(1, on=frozenset({On.STARTED})), watch(2, after=Threshold(count=2, window_s=600))))
    desk = Desk(rules).takes(at_once(1))
    [(_, first)] = desk.posts
    assert isinstance(first, WatchEvent)
    assert first.change.job.state is JobState.RUNNING
    assert first.change.events[-1] is EventKind.STARTED
    desk.takes(at_once(2))
    assert [type(each) for _, each in desk.posts] == [WatchEvent, GroupHead]
    [group] = desk.members.values()
    assert len(group) == 2


def test_a_failure_below_the_threshold_is_dropped_once():
    rules = Rules(watches=(watch(on=ANY, after=Threshold(count=2, window_s=600)),))
    desk = Desk(rules).takes(at_once(1)).waits(minutes=15)
    final = [each.decision for each in desk.decisions if each.decision.outcome.final]
    assert sorted((each.event.rpartition("/")[2], each.reason) for each in final) == [
        ("failed", Reason.NOT_REACHED),
        ("started", Reason.WANTED),
        ("submitted", Reason.TOGETHER),
    ]


def test_the_start_of_a_job_whose_failure_is_not_wanted_is_shown_as_a_start():
    desk = Desk(Rules(watches=(watch(on=frozenset({On.STARTED})),))).takes(at_once(1, at=NOW - timedelta(seconds=1)))
    [(_, start)] = desk.posts
    assert isinstance(start, WatchEvent)
    assert start.change.job.state is JobState.RUNNING
    assert start.change.fate is None
