"""A job of two services has each event once in a destination, in any order."""

import pytest

from bot.domain.attempts import attempts_ended
from bot.domain.cards import Card
from bot.domain.decisions import Outcome, Reason
from bot.domain.notifications import GroupHead
from providers.mirrors import AI_TYPE
from tests.bot.rules.desk import Desk, failed, rules, watch
from tests.bot.rules.test_last_decisions import followed

OWN = failed(1, account="vod-sg", service="vod-ai", kind="AIMediaDNA")
OTHER = failed(1, account="vod-sg", service="vod-jobs", kind="ai", attributes={AI_TYPE: "AIMediaDNA"})


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("watched_first", [True, False])
def test_a_subscriber_and_a_watch_get_one_message(*, watched_first: bool, together: bool):
    assert OWN.id == OTHER.id
    card: Card = followed("card", OTHER)
    desk = Desk(rules(watch(service="vod-ai")), cards={"card": card})
    for change, card_id in [(OWN, ""), (OTHER, "card")][:: 1 if watched_first else -1]:
        desk.comes(change, card=card_id)
        if not together:
            desk.takes()
    desk.takes()
    [head] = desk.contents(GroupHead)
    assert isinstance(head, GroupHead)
    assert head.card
    [final] = desk.final().values()
    assert {final.rule, *final.also} == {"subscription", "w1"}
    assert [group.count for group in desk.groups] == [1]
    assert desk.snapshot.cards["card"].over


@pytest.mark.parametrize("together", [True, False])
def test_a_batch_that_tracks_both_has_its_head_and_its_final_post(*, together: bool):
    desk = Desk(rules(watch(service="vod-ai")), cards={"card": followed("card", OWN, OTHER)})
    for change in (OWN, OTHER):
        desk.comes(change, card="card")
        if not together:
            desk.takes()
    desk.takes()
    reasons = [each.decision.reason for each in desk.decisions if each.decision.outcome is Outcome.POST]
    assert reasons == ([Reason.BATCH_FINISHED] if together else [Reason.BATCH_FAILED, Reason.BATCH_FINISHED])
    assert not [each for each in desk.groups if each.open]


def test_ended_attempts_are_counted_from_decided_events():
    assert attempts_ended([]) == 0
    assert attempts_ended(["acme/video/a#1/started"]) == 0
    assert attempts_ended(["acme/video/a#1/failed", "acme/video/a#1/started"]) == 1
    assert attempts_ended(["acme/video/a#b#2/started"]) == 1
    assert attempts_ended(["acme/video/a#2/lost"]) == 2
