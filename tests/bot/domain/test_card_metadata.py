"""The subscriptions in a card's message."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.domain.card_metadata import CardMessage, essentials, posted_at
from bot.domain.cards import Card, CardJob, On, Shown, SubscriptionOptions, To
from bot.views.slack import cards
from sandbox.slack.block_kit.message_rules import read_metadata

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
DANA = "T0/U0DANA"
TERMS = SubscriptionOptions(user=DANA, at=NOW, on=frozenset({On.ANY}), to=To.THREAD, mention=("<@U0LEE>",))


def card(*refs: str, options: SubscriptionOptions = TERMS) -> Card:
    return Card(id="abc", place="T0/C0", terms=options, jobs=dict.fromkeys(refs, CardJob()), ts="1.0")


def message(shown: Card, **payload: Any) -> dict[str, Any]:
    """A card as Slack shows it."""
    kept = {"event_type": "callboard_post", "event_payload": payload}
    return {"ts": "1796040000.5", "blocks": cards.card(Shown(card=shown), NOW).blocks, "metadata": kept}


def test_a_card_can_be_subscribed_to_again_with_its_options():
    one = card("a/b/1", "a/b/2")
    read = CardMessage.read(message(one, id="post", **essentials(one)))
    assert (read.card, read.open, read.by) == ("abc", True, ("U0DANA",))
    assert read.again == "subscribe a/b/1 a/b/2 on:any to:thread mention:<@U0LEE>"
    assert read.show == "show a/b/1 a/b/2"


def test_the_buttons_have_the_jobs_that_are_still_tracked():
    one = card("a/b/1", "a/b/2")
    later = one.having("a/b/1", CardJob(fate="unsubscribed"))  # pyright: ignore[reportArgumentType]
    assert CardMessage.read(message(later, **essentials(one))).jobs == "a/b/2"


def test_a_card_of_an_earlier_version_has_only_its_buttons():
    read = CardMessage.read(message(card("a/b/1"), id="post"))
    assert (read.card, read.open, read.again) == ("abc", True, "subscribe a/b/1")


def test_the_metadata_has_what_the_buttons_lack():
    read = CardMessage.read({**message(card("a/b/1"), **essentials(card("a/b/1"))), "blocks": []})
    assert (read.card, read.open, read.jobs) == ("abc", False, "a/b/1")


@pytest.mark.parametrize(
    "odd",
    [
        {},
        {"metadata": None, "blocks": None, "ts": None},
        {"metadata": {"event_payload": [1]}, "blocks": [None, 3, {"elements": [None, {"value": 7}]}], "ts": "x"},
        {"metadata": {"event_payload": {"card": [], "jobs": {}, "by": 1.5}}, "blocks": [{"accessory": "x"}]},
        {"ts": "9" * 40},
    ],
)
def test_any_message_can_be_read(odd: dict[str, Any]):
    read = CardMessage.read(odd)
    assert (read.open, read.again) == (False, "")
    assert posted_at(odd) is None


def test_metadata_stays_small_and_flat():
    many = card(*(f"media-cn/video-ocr/{'x' * 90}{number}" for number in range(400)))
    kept = essentials(many)
    assert read_metadata({"event_type": "callboard_post", "event_payload": kept})
    assert {type(value) for value in kept.values()} == {str, int}
    assert len(str(kept)) < 3000


def test_when_it_was_posted():
    assert posted_at({"ts": "1796040000.500000"}) == datetime.fromtimestamp(1796040000.5, UTC)
