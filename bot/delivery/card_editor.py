"""Keeps messages of cards and heads current, within what Slack allows the whole workspace.

A mark says that a message is out of date. One edit then shows the newest state, however many changes came before. The
head of a growing failure group is edited at most every few seconds.
"""

from datetime import UTC, datetime, timedelta

import structlog
from slack_sdk.errors import SlackApiError

from bot.delivery.closed_groups import droppable_groups, posts_over
from bot.delivery.context import DeliveryContext
from bot.delivery.group_rendering import draw_group
from bot.delivery.lost_heads import lose_head
from bot.delivery.rendering import draw_card
from bot.deps.deps import Deps
from bot.domain.cards import Card
from bot.domain.changes import LOSSES, EndReason
from bot.domain.elapsed import passed
from bot.domain.failure_groups import KEPT_AFTER_CLOSING, POSTS_ID, FailureGroup
from bot.domain.outbox import OutboxSnapshot, Urgency
from bot.slack_api.errors import HOLD_S, RETRY_S, TRANSPORT_ERRORS, ErrorAction, classify, error_code
from bot.views.slack.block_kit import Message

UNSUBSCRIBED_KEPT = timedelta(hours=1)
"""An unsubscription can be undone on the same card for this long."""
LOST_KEPT = timedelta(days=30)
"""A job that its provider lost can be followed again on the same card for this long."""
EDITS_A_VISIT = 20
"""A run ends after this many edits, so that other destinations get their turn."""
EDIT_WAIT_MAX_S = 5.0
"""The longest that a waiting message delays a more urgent one of the same destination, in seconds."""
GROWS_FAST = timedelta(seconds=15)
"""A head is edited this often while its last failure is no older than this."""
GROWS = timedelta(seconds=60)
"""Any other head is edited this often."""
_NEVER = datetime.min.replace(tzinfo=UTC)

log = structlog.get_logger("callboard")


async def edit_cards(deps: Deps, destination: str) -> float | None:
    """Edit the out-of-date messages of a destination.

    Returns the seconds until the next edit, None if no message needs one. Raises StoreUnavailable.
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
    """Edit the most urgent message, heads before cards. Return the seconds until the next."""
    stale = snapshot.stale
    heads = [snapshot.groups[name] for name in stale if name in snapshot.groups]
    edits = await context.deps.store.outbox.last_edits(context.destination) if heads else {}
    pace = {head.id: head_wait(head, stale[head.id], edits.get(head.id), context.now) for head in heads}
    due = [name for name, wait in pace.items() if not wait]
    waits = [wait for wait in pace.values() if wait]
    for names in (due, [name for name in stale if name not in pace]):
        if not names:
            continue
        record_id = min(names, key=lambda name: (stale[name][:1], edits.get(name, _NEVER), name))
        if wait := await _may_edit(context, snapshot, record_id):
            waits.append(wait)
        else:
            return await _redraw(context, snapshot, record_id)
    return min([*waits, EDIT_WAIT_MAX_S])


def head_wait(head: FailureGroup, mark: str, edited: datetime | None, now: datetime) -> float:
    """Return for how many seconds a head waits. Only a head that just grows has to wait. Pure."""
    last = edited or head.posted_at
    if last is None or _urgency(mark) is not Urgency.PROGRESS:
        return 0
    every = GROWS if passed(head.changed_at, GROWS_FAST, now) else GROWS_FAST
    return 0 if passed(last, every, now) else (last + every - now).total_seconds()


async def _may_edit(context: DeliveryContext, snapshot: OutboxSnapshot, record_id: str) -> float:
    """Reserve one edit. Return 0, also for a record without a message, or the seconds until the next try."""
    slack, record = context.deps.store.slack, _with_message(snapshot, record_id)
    if record is None:
        return 0
    if isinstance(record, FailureGroup):
        return await slack.may_edit_head(context.workspace)
    return await slack.may_edit(context.workspace, _urgency(snapshot.stale[record_id]))


def _with_message(snapshot: OutboxSnapshot, record_id: str) -> Card | FailureGroup | None:
    """Return the card or group with this id, if its message can be edited."""
    record = snapshot.groups.get(record_id) or snapshot.cards.get(record_id)
    lost = isinstance(record, FailureGroup) and record.head_lost
    return record if record and record.ts and not lost else None


def _urgency(mark: str) -> Urgency:
    """Return how urgent an edit is. An unreadable mark counts as a change of state."""
    try:
        return Urgency(mark[:1])
    except ValueError:
        return Urgency.STATE


async def _redraw(context: DeliveryContext, snapshot: OutboxSnapshot, record_id: str) -> float:
    """Edit a message, and remove its mark. Return the seconds until the next."""
    outbox, record = context.deps.store.outbox, _with_message(snapshot, record_id)
    if record and (wait := await _update(context, snapshot, record)):
        return wait
    if isinstance(record, FailureGroup):
        await outbox.edited(context.destination, record_id, context.now)
    card = snapshot.cards.get(record_id)
    drop = snapshot.records[record_id] if card is not None and droppable(card, context.now) else ""
    await outbox.unmark(context.destination, record_id, snapshot.stale[record_id], drop=drop)
    return 0


async def dropped(context: DeliveryContext, snapshot: OutboxSnapshot) -> bool:
    """Drop the records that are no longer needed. Return whether none is left."""
    going = [card_id for card_id, card in snapshot.cards.items() if droppable(card, context.now)]
    for group in droppable_groups(snapshot, context.now):
        if group.closed_at and not passed(group.closed_at, KEPT_AFTER_CLOSING, context.now):
            await context.deps.store.groups.keep(group)
        going.append(group.id)
    if POSTS_ID in snapshot.records and posts_over(snapshot, context.now):
        going.append(POSTS_ID)
    for name in going:
        await context.deps.store.outbox.unmark(snapshot.destination, name, "", drop=snapshot.records[name])
    return len(going) == len(snapshot.records)


def droppable(card: Card, now: datetime) -> bool:
    """Return whether a card's record is no longer needed."""
    kept = {EndReason.UNSUBSCRIBED: UNSUBSCRIBED_KEPT, **dict.fromkeys(LOSSES, LOST_KEPT)}
    return (
        card.over
        and not card.has_held
        and all(
            each.at is None or now - each.at >= kept.get(each.fate or EndReason.ENDED, timedelta())
            for each in card.jobs.values()
        )
    )


async def _update(context: DeliveryContext, snapshot: OutboxSnapshot, record: Card | FailureGroup) -> float:
    if isinstance(record, Card):
        message = await draw_card(context.deps, record)
    else:
        card = snapshot.cards.get(record.card)
        message = await draw_group(context.deps, record, card=card, groups=snapshot.groups)
    return await _send(context, record, message)


async def _send(context: DeliveryContext, record: Card | FailureGroup, message: Message) -> float:
    try:
        await context.slack.chat_update(channel=record.channel, ts=record.ts, text=message.text, blocks=message.blocks)
    except SlackApiError as error:
        return await _refused(context, record, message, error)
    except TRANSPORT_ERRORS as error:
        log.warning("message edit failed, retrying", destination=record.place, reason=type(error).__name__)
        return RETRY_S
    context.deps.metrics.delivered("edited")
    return 0


async def _refused(
    context: DeliveryContext, record: Card | FailureGroup, message: Message, error: SlackApiError
) -> float:
    action, code = classify(error), error_code(error)
    log.warning("Slack rejected an edit", destination=record.place, error=code, action=action.value)
    context.deps.metrics.delivered(action.value)
    match action:
        case ErrorAction.POST_NEW if isinstance(record, FailureGroup):
            return await lose_head(context, record.id)
        case ErrorAction.SEND_AS_TEXT if isinstance(record, FailureGroup) and message.blocks:
            return await _send(context, record, Message(message.text, []))
        case ErrorAction.POST_NEW | ErrorAction.SEND_AS_TEXT:
            return 0  # deleted by a person, or not drawable: subscribers are notified all the same
        case ErrorAction.SUSPEND:
            await context.suspend(code)
            return 0.1
        case ErrorAction.WAIT_FOR_OPERATOR:
            return HOLD_S
        case _:
            return await context.paused("chat.update", error)
