"""Renders notifications as messages, with the present state of each job."""

from bot.delivery.group_rendering import draw_group, draw_thread_line
from bot.delivery.shown_cards import shown
from bot.deps.deps import Deps
from bot.domain.cards import Card
from bot.domain.notifications import (
    BatchEnd,
    CardChange,
    ChangedSubscriptions,
    DestinationSuspended,
    ForgottenCards,
    GroupHead,
    Head,
    LostJob,
    NewCard,
    Note,
    Notification,
    OtherNote,
    SearchExpired,
    ServiceHead,
    StormHead,
    ThreadLine,
    UnreadableRecords,
    WatchEvent,
    WatchNote,
)
from bot.views.slack import cards, database_reset, notifications, watch_events, watches
from bot.views.slack.block_kit import Message
from providers.registry import meaning


async def draw(deps: Deps, notification: Notification) -> Message:
    """Return the message of a notification. Raises StoreUnavailable."""
    if card := notification.new_card:
        return await draw_card(deps, card, mentions=notification.notifies)
    match notification.content:
        case NewCard(card=card):
            return await draw_card(deps, card)
        case GroupHead() | StormHead() | ServiceHead() as head:
            return await _head(deps, head)
        case ThreadLine(group=group):
            return await draw_thread_line(deps, group)
        case content:
            return _alone(content)


async def _head(deps: Deps, head: Head) -> Message:
    card, change = (head.card, head.change) if isinstance(head, GroupHead) else (None, None)
    groups = {each.id: each for each in head.groups} if isinstance(head, StormHead) else {}
    return await draw_group(deps, head.group, card=card, groups=groups, change=change, posted=False, held=head.held)


def _alone(content: CardChange | BatchEnd | WatchEvent | Note) -> Message:
    """Return a message that is complete without further reads."""
    match content:
        case CardChange():
            return notifications.thread_reply(content, meaning)
        case BatchEnd(card=card):
            return notifications.final(card, meaning)
        case WatchEvent():
            return watch_events.watch_event(content)
        case note:
            return watches.note(note) if isinstance(note, WatchNote) else _note(note)


def _note(note: OtherNote) -> Message:
    match note:
        case DestinationSuspended():
            return notifications.suspended(note)
        case LostJob():
            return notifications.lost(note)
        case ChangedSubscriptions():
            return notifications.subscriptions(note)
        case SearchExpired():
            return notifications.search_expired(note)
        case UnreadableRecords():
            return notifications.unreadable(note)
        case ForgottenCards():
            return database_reset.notice(note)


async def draw_card(deps: Deps, card: Card, *, mentions: bool = False) -> Message:
    """Return a card's message as of now. With `mentions` it mentions the people in its options."""
    (now,) = await shown(deps, [card])
    return cards.card(now, deps.clock(), mentions=mentions)
