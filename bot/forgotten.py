"""What the database does not know because it was reset: clicks on old cards are answered in words."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.boxes import read_box
from bot.card_metadata import CardMessage, posted_at
from bot.errors import ForgottenError
from bot.outgoing import cards_of
from bot.payloads import Ask
from bot.replies import Asker
from bot.services import Services

SKEW = timedelta(minutes=5)
"""Slack's clock and ours may differ: a message that is so much younger than a reset still counts as older."""


async def forgotten_since(services: Services, message: Mapping[str, Any]) -> datetime | None:
    """Return when the database was reset, if that was after a message was posted; None where it knows older ones too.

    Where it is not known when that was, as in a view, this is a reset of the last days. Raises StoreUnavailable.
    """
    now, at = services.clock(), posted_at(message)
    epoch = await services.store.epochs.as_of(now)
    if epoch is None or epoch.knows_from is None:
        return None
    if at is None:
        return epoch.recent_reset(now)
    return epoch.knows_from if at < epoch.knows_from + (SKEW if epoch.reset_at else timedelta(0)) else None


async def refuse_forgotten(services: Services, asker: Asker, ask: Ask) -> None:
    """Raise ForgottenError for a click about a card, or about all of a place, that the database lost in a reset.

    Raises StoreUnavailable.
    """
    reset_at = await forgotten_since(services, asker.message)
    if reset_at is None:
        return
    boxes = [await read_box(services, place) for place in (ask.place or asker.channel, asker.user)]
    cards = {card for box in boxes for card in cards_of(box)}
    if (ask.card not in cards) if ask.card else not cards:
        raise ForgottenError(reset_at, again(asker.message))


def again(message: Mapping[str, Any], jobs: Sequence[str] = ()) -> str:
    """Return the command that makes the subscriptions of a message again; else of these jobs, empty without any."""
    return CardMessage.read(message).again or (" ".join(["subscribe", *jobs]) if jobs else "")
