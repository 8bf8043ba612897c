"""A job that two services know has each event once in a destination, whichever of them it is noticed in first."""

import pytest

from bot.domain.attempts import attempts_ended
from bot.domain.cards import Card
from bot.domain.notifications import GroupHead
from providers.mirrors import AI_TYPE
from tests.bot.rules.desk import Desk, failed, rules, watch
from tests.bot.rules.test_last_decisions import followed

OWN = failed(1, account="vod-sg", service="vod-ai", kind="AIMediaDNA")
OTHER = failed(1, account="vod-sg", service="vod-jobs", kind="ai", attributes={AI_TYPE: "AIMediaDNA"})


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("watched_first", [True, False])
def test_a_follower_and_a_watch_get_one_message(*, watched_first: bool, together: bool):
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


def test_attempts_that_ended_are_known_by_the_events_that_were_decided_on():
    assert attempts_ended([]) == 0
    assert attempts_ended(["acme/video/a#1/started"]) == 0
    assert attempts_ended(["acme/video/a#1/failed", "acme/video/a#1/started"]) == 1
    assert attempts_ended(["acme/video/a#b#2/started"]) == 1
    assert attempts_ended(["acme/video/a#2/lost"]) == 2
