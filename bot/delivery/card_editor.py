"""Keeps the messages of cards as they should be, within what Slack allows the whole workspace.

A mark says that a card's message is no longer as it should be; whatever happened meanwhile, one edit shows the newest.
"""

from datetime import datetime, timedelta

import structlog
from slack_sdk.errors import SlackApiError

from bot.delivery.context import DeliveryContext
from bot.delivery.rendering import draw_card
from bot.deps.deps import Deps
from bot.domain.cards import Card
from bot.domain.changes import LOSSES, EndReason
from bot.domain.outbox import OutboxSnapshot, Urgency
from bot.slack_api.errors import HOLD_S, RETRY_S, TRANSPORT_ERRORS, ErrorAction, classify, error_code

UNSUBSCRIBED_KEPT = timedelta(hours=1)
"""For so long an unsubscription can be taken back on the same card."""
LOST_KEPT = timedelta(days=30)
"""For so long a job that its provider lost can be followed again on the same card."""
EDITS_A_VISIT = 20
"""A run ends after so many edits, so that other destinations get their turn."""
EDIT_WAIT_MAX_S = 5.0
"""A card that waits for its turn keeps a more urgent one of the same destination waiting for no longer than this."""

log = structlog.get_logger("callboard")


async def edit_cards(deps: Deps, destination: str) -> float | None:
    """Edit the cards of a destination that need it; return after how many seconds to come again, None when none does.

    Raises StoreUnavailable.
    """
    context = await DeliveryContext.to(deps, destination)
    if context is None:
        return HOLD_S
    for _ in range(EDITS_A_VISIT):
        snapshot = await context.read()
        if not snapshot.stale or snapshot.suspension or snapshot.newer:
            return None
        if wait := await _edit(context, snapshot):
            return wait
    return 0.1


async def _edit(context: DeliveryContext, snapshot: OutboxSnapshot) -> float:
    """Edit the card that needs it most; return for how long to wait before the next."""
    card_id, mark = min(snapshot.stale.items(), key=lambda item: (item[1][:1], item[0]))
    card = snapshot.cards.get(card_id)
    if card is not None and card.ts:
        if wait := await context.deps.store.slack.may_edit(context.workspace, _urgency(mark)):
            return min(wait, EDIT_WAIT_MAX_S)
        if wait := await _update(context, card):
            return wait
    drop = snapshot.records[card_id] if card is not None and droppable(card, context.now) else ""
    await context.deps.store.outbox.unmark(snapshot.destination, card_id, mark, drop=drop)
    return 0


def _urgency(mark: str) -> Urgency:
    """Return how urgent an edit is; an unreadable mark counts as a change of state."""
    try:
        return Urgency(mark[:1])
    except ValueError:
        return Urgency.STATE


async def dropped(context: DeliveryContext, snapshot: OutboxSnapshot) -> bool:
    """Drop the cards that are over and whose time for second thoughts is too; whether none is left."""
    going = [card_id for card_id, card in snapshot.cards.items() if droppable(card, context.now)]
    for card_id in going:
        await context.deps.store.outbox.unmark(snapshot.destination, card_id, "", drop=snapshot.records[card_id])
    return len(going) == len(snapshot.records)


def droppable(card: Card, now: datetime) -> bool:
    """Whether nobody can want a card's record any more."""
    kept = {EndReason.UNSUBSCRIBED: UNSUBSCRIBED_KEPT, **dict.fromkeys(LOSSES, LOST_KEPT)}
    return (
        card.over
        and not card.has_held
        and all(
            each.at is None or now - each.at >= kept.get(each.fate or EndReason.ENDED, timedelta())
            for each in card.jobs.values()
        )
    )


async def _update(context: DeliveryContext, card: Card) -> float:
    message = await draw_card(context.deps, card)
    try:
        await context.slack.chat_update(channel=card.channel, ts=card.ts, text=message.text, blocks=message.blocks)
    except SlackApiError as error:
        return await _refused(context, card, error)
    except TRANSPORT_ERRORS as error:
        log.warning("a card could not be edited, retrying", destination=card.place, reason=type(error).__name__)
        return RETRY_S
    context.deps.metrics.delivered("edited")
    return 0


async def _refused(context: DeliveryContext, card: Card, error: SlackApiError) -> float:
    action, code = classify(error), error_code(error)
    log.warning("Slack refused an edit", destination=card.place, error=code, action=action.value)
    context.deps.metrics.delivered(action.value)
    match action:
        case ErrorAction.POST_NEW | ErrorAction.SEND_AS_TEXT:
            return 0  # somebody deleted the message, or it cannot be drawn: what ends is told all the same
        case ErrorAction.SUSPEND:
            await context.suspend(code)
            return 0.1
        case ErrorAction.WAIT_FOR_OPERATOR:
            return HOLD_S
        case _:
            return await context.paused("chat.update", error)
