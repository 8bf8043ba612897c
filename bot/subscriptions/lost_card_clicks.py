"""Answers clicks on old cards whose subscriptions a reset of the database lost."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.deps.deps import Deps
from bot.deps.outboxes import read_outbox
from bot.domain.button_payloads import CommandPayload
from bot.domain.card_metadata import CardMessage, posted_at
from bot.domain.errors import ForgottenError
from bot.rules.card_reducer import card_ids
from bot.slack_app.payloads import Asker

SKEW = timedelta(minutes=5)
"""A message younger than a reset by less than this counts as older: Slack's clock and ours may differ."""


async def forgotten_since(deps: Deps, message: Mapping[str, Any]) -> datetime | None:
    """Return when the database was reset, if a message is older, else None.

    Without a message, as in a view, every reset of the last days counts. Raises StoreUnavailable.
    """
    now, at = deps.clock(), posted_at(message)
    epoch = await deps.store.epochs.as_of(now)
    if epoch is None or epoch.knows_from is None:
        return None
    if at is None:
        return epoch.recent_reset(now)
    return epoch.knows_from if at < epoch.knows_from + (SKEW if epoch.reset_at else timedelta(0)) else None


async def refuse_forgotten(deps: Deps, asker: Asker, command: CommandPayload) -> None:
    """Raise ForgottenError for a click on a card that a reset of the database lost.

    A click about a whole destination counts if the destination has no cards. Raises StoreUnavailable too.
    """
    reset_at = await forgotten_since(deps, asker.message)
    if reset_at is None:
        return
    snapshots = [await read_outbox(deps, destination) for destination in (command.place or asker.channel, asker.user)]
    cards = {card for snapshot in snapshots for card in card_ids(snapshot)}
    if (command.card not in cards) if command.card else not cards:
        raise ForgottenError(reset_at, again(asker.message))


def again(message: Mapping[str, Any], jobs: Sequence[str] = ()) -> str:
    """Return the command that subscribes again to a message's jobs, or else to `jobs`.

    For example, `subscribe prod/mpc/1234abcd`.
    """
    return CardMessage.read(message).again or (" ".join(["subscribe", *jobs]) if jobs else "")
