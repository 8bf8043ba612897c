"""The texts of a snooze."""

from datetime import timedelta

from bot.domain.button_payloads import SNOOZE, UNSNOOZE
from bot.domain.cards import Card, Snooze
from bot.views.slack import cards, snooze
from providers.models import JobState
from tests.bot.views import judges, subscribed
from tests.bot.views.anything import NOON
from tests.bot.views.subscribed import RUNNING

UNTIL = NOON + timedelta(hours=4)
ENDED = RUNNING.model_copy(update={"state": JobState.FAILED})


def asleep(card: Card, **more: object) -> Card:
    return card.model_copy(update={"snooze": Snooze(until=UNTIL, by="U0LEE"), **more})


def test_a_card_says_until_when_by_whom_and_how_to_end_it():
    drawn = cards.card(subscribed.seen(asleep(subscribed.card(RUNNING))), NOON)
    judges.accept(drawn)
    assert "by <@U0LEE>: no notifications until then" in judges.words(drawn)
    assert [each["action_id"] for each in drawn.blocks[-1]["elements"]] == [
        "open:details", "refresh", UNSNOOZE, SNOOZE, "open:unsubscribe",
    ]  # fmt: skip


def test_a_snooze_still_shows_while_its_held_notification_waits():
    card = subscribed.card(ENDED)
    told = cards.card(subscribed.seen(asleep(card)), NOON)
    assert "Snoozed" not in judges.words(told)
    untold = cards.card(subscribed.seen(asleep(card, held={str(ENDED.ref): subscribed.change(ENDED)})), NOON)
    assert "by <@U0LEE>: updates will be posted then" in judges.words(untold)
    assert UNSNOOZE in [each["action_id"] for each in untold.blocks[-1]["elements"]]


def test_the_menu_of_a_snoozed_card_has_another_name():
    card = subscribed.card(RUNNING)
    assert snooze.block_id(card) != snooze.block_id(asleep(card))
    assert len(snooze.block_id(asleep(card), "C" * 21)) <= 255


def test_the_answers():
    card = subscribed.card(RUNNING)
    assert "*lecture 7* is snoozed until" in judges.words(snooze.answered(asleep(card)))
    assert "9:00 UTC" in judges.words(snooze.answered(asleep(card), in_utc=True))
    assert "*lecture 7* is no longer snoozed" in judges.words(snooze.answered(card, in_utc=True))
    assert "nothing to snooze" in judges.words(snooze.answered(None))
