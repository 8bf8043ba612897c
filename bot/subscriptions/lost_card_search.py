"""Searches Slack for the cards that a reset of the database lost, and closes them.

The metadata of a card's message identifies it. Each channel with such cards gets one notice. Each card is edited to say
that it is no longer followed, and gets a button to subscribe again. Direct messages are not searched, because the app
would need another scope for them.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from slack_sdk.errors import SlackApiError

from bot.delivery.context import DeliveryContext
from bot.delivery.message_lookup import MAY_NOT_ASK, history
from bot.deps.deps import Deps
from bot.deps.outboxes import read_outbox
from bot.domain.card_metadata import EVENT, CardMessage
from bot.domain.notifications import ForgottenCards
from bot.domain.outbox import NoteEntry, Urgency
from bot.domain.slack_ids import bare_id, qualify
from bot.domain.workspaces import NotInstalled, Workspace
from bot.rules.card_reducer import card_ids
from bot.slack_api.errors import HOLD_S, RETRY_S, TRANSPORT_ERRORS, ErrorAction, classify, error_code
from bot.slack_api.users import channels_of
from bot.store.epochs import SHOWN_FOR, Epoch
from bot.task_queue.enqueue import enqueue_delivery
from bot.views.slack import database_reset
from providers.json_fields import listing, mapping, text

SETTLED = timedelta(minutes=1)
"""Age of a database that started empty before the search starts: most of them are new."""
REACHES = timedelta(days=30)
"""Cards posted longer than this before the reset are not searched for."""
PAGES = 3
"""The number of pages of 200 messages read of one channel."""
LATER_S = 600.0
"""Seconds until the search of workspaces that are new, or whose channels Slack did not list."""
NEW = timedelta(days=1)
"""The search runs for this long after a database started empty."""

log = structlog.get_logger("callboard")


class _Card(NamedTuple):
    """A lost card: the timestamp of its message, its first text, and what it says."""

    ts: str
    shown: str
    card: CardMessage


@dataclass(frozen=True, slots=True)
class _Search:
    """A search of one destination, for cards of `bot_id` posted before `knows_from`."""

    context: DeliveryContext
    bot_id: str | None
    epoch: Epoch
    knows_from: datetime


async def needed(deps: Deps) -> bool:
    """Return whether Slack may have cards that the database lost. Raises StoreUnavailable."""
    return await _lost(deps) is not None


async def _lost(deps: Deps) -> tuple[Epoch, datetime] | None:
    """Return the epoch to search for, and the time since when it has every card."""
    epoch, now = await deps.store.epochs.read(), deps.clock()
    if epoch is None or epoch.knows_from is None:
        return None
    age = now - epoch.knows_from
    due = age < SHOWN_FOR if epoch.reset_at else SETTLED <= age < NEW
    return (epoch, epoch.knows_from) if due else None


async def search(deps: Deps) -> float | None:
    """Search the channels that the bot is in.

    Returns the seconds until the next search, None once the time for it is over. A workspace that installs the app
    again after a reset is searched then. Raises StoreUnavailable.
    """
    deps, lost = deps.whole, await _lost(deps)
    if lost is None or deps.workspaces is None:
        return None
    waits = [LATER_S]
    for workspace in await deps.workspaces.ids():
        with suppress(NotInstalled):
            if wait := await _search_workspace(deps, await deps.workspaces.get(workspace), *lost):
                waits.append(wait)
    return min(waits)


async def _search_workspace(deps: Deps, workspace: Workspace, epoch: Epoch, knows_from: datetime) -> float:
    """Search the unsearched channels of a workspace.

    Returns 0, or the seconds until the search continues. Channels with records of a newer version are left alone.
    """
    epochs = deps.store.epochs
    done = await epochs.searched(epoch, workspace.id)
    channels = None if workspace.id in done else await channels_of(workspace.client, workspace.id)
    if channels is None:
        return 0
    left_alone = False
    for destination in sorted({qualify(workspace.id, channel) for channel in channels} - done):
        if (await read_outbox(deps, destination)).newer:
            left_alone = True
            continue
        if wait := await deps.store.slack.may_read(workspace.id):
            return wait
        context = DeliveryContext(deps, workspace.client, destination)
        if wait := await _search_destination(_Search(context, workspace.bot_id, epoch, knows_from)):
            return wait
        await epochs.note_searched(epoch, workspace.id, destination)
    if left_alone:
        return LATER_S
    await epochs.note_searched(epoch, workspace.id, workspace.id)
    return 0


async def _search_destination(search: _Search) -> float:
    """Search one destination. Return 0, or the seconds until it is searched again."""
    context = search.context
    try:
        found = [each async for each in _lost_cards(search)]
    except SlackApiError as error:
        return await _refused(context, "conversations.history", error)
    except TRANSPORT_ERRORS:
        return RETRY_S
    if found:
        await context.deps.store.epochs.note_reset()
        await _notify(search, found)
    for each in found:
        if wait := await _close(search, each):
            return wait
    return 0


async def _lost_cards(search: _Search) -> AsyncGenerator[_Card]:
    """Return the messages of open cards that are not in the database."""
    context, until = search.context, search.knows_from
    known = card_ids(await context.read())
    async for message in history(context, bare_id(context.destination), (until - REACHES, until), PAGES):
        if mapping(message.get("metadata")).get("event_type") != EVENT or message.get("bot_id") != search.bot_id:
            continue
        card = CardMessage.read(message)
        if card.open and card.card not in known:
            texts = (text(mapping(mapping(block).get("text")).get("text")) for block in listing(message.get("blocks")))
            yield _Card(str(message["ts"]), next(filter(None, texts), ""), card)


async def _notify(search: _Search, found: Sequence[_Card]) -> None:
    """Post one notice to the destination, even if it is searched again."""
    context = search.context
    people = dict.fromkeys(qualify(context.workspace, user) for each in found for user in each.card.by)
    note = ForgottenCards(reset_at=search.knows_from, forgotten=len(found), people=tuple(people))
    await context.deps.store.outbox.put(context.destination, NoteEntry(note=note), f"reset:{search.epoch.id}")
    await enqueue_delivery(context.deps, context.destination)


async def _close(search: _Search, found: _Card) -> float:
    """Edit a card: it is no longer followed. Returns 0, or the seconds to wait."""
    context = search.context
    if wait := await context.deps.store.slack.may_edit(context.workspace, Urgency.STATE):
        return wait
    drawn = database_reset.closed(found.shown, search.knows_from, found.card)
    try:
        channel = bare_id(context.destination)
        await context.slack.chat_update(channel=channel, ts=found.ts, text=drawn.text, blocks=drawn.blocks)
    except SlackApiError as error:
        return await _refused(context, "chat.update", error)
    except TRANSPORT_ERRORS:
        return RETRY_S
    return 0


async def _refused(context: DeliveryContext, method: str, error: SlackApiError) -> float:
    """Return the seconds until a refused call may succeed, 0 for never."""
    code = error_code(error)
    match None if code in MAY_NOT_ASK else classify(error):
        case ErrorAction.RETRY | ErrorAction.LOOK_UP_FIRST:
            return await context.paused(method, error)
        case ErrorAction.WAIT_FOR_OPERATOR:
            return HOLD_S
        case _:
            log.warning("Slack rejected a search for lost cards", place=context.destination, method=method, error=code)
            return 0
