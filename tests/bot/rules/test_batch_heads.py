"""The head of a batch lists every failed job of it, including the last one."""

from datetime import timedelta

import pytest

from bot.domain.cards import Card, CardJob, Snooze, SubscriptionOptions
from bot.domain.notifications import BatchEnd, GroupHead
from tests.bot.memory import NOW
from tests.bot.rules.desk import CHANNEL, Desk, failed

SOON = NOW + timedelta(minutes=5)


def batch(number: int, snooze: Snooze | None = None) -> Card:
    """Return a card that tracks this many jobs."""
    jobs = {str(failed(each).job.ref): CardJob() for each in range(number)}
    terms = SubscriptionOptions(user="T1/U1", at=NOW)
    return Card(id="card", place=CHANNEL, terms=terms, jobs=jobs, channel="C1", ts="1.1", snooze=snooze)


@pytest.mark.parametrize("snoozed_after", [0, 1, 2, 3])
def test_all_failures_are_listed(snoozed_after: int):
    desk = Desk(cards={"card": batch(3)})
    for number in range(3):
        if number == snoozed_after:
            desk.snoozes("card", Snooze(until=SOON, by="T1/U1"))
        desk.takes(failed(number), card="card")
    desk.waits(minutes=10)
    listed = [member for members in desk.members.values() for member in members]
    heads = [each for _, each in desk.posts if isinstance(each, GroupHead)]
    assert len([each for _, each in desk.posts if isinstance(each, BatchEnd)]) == 1
    assert len(listed) == (3 if heads else 0)
    assert len(heads) == (snoozed_after > 0)
    final = [each.decision.event for each in desk.decisions if each.decision.outcome.final]
    assert sorted(final) == sorted(failed(number).id for number in range(3))
