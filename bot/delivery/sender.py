"""Posts one message exactly once.

A post is marked as in flight before it is sent, and recorded together with the resulting cards. Slack has no
idempotency key. A worker that finds another's unfinished mark first looks for the message in the conversation, by the
id in its metadata. Only then is anything sent again.
"""

import asyncio
import secrets
from datetime import timedelta
from typing import Any, cast

import structlog
from slack_sdk.errors import SlackApiError

from bot.delivery.context import DeliveryContext
from bot.delivery.lost_heads import lose_head
from bot.delivery.message_lookup import EVERYTHING, MAY_NOT_ASK, conversation, find_post, own_posts, search_from
from bot.delivery.next_step import DeliveryStep
from bot.delivery.posts_in_doubt import Searches, left_by
from bot.delivery.rendering import draw
from bot.domain.card_metadata import EVENT, essentials
from bot.domain.cards import Card, To
from bot.domain.elapsed import in_future
from bot.domain.notifications import ChangedMute, GroupHead, Notification, SnoozedGroup, ThreadLine
from bot.domain.outbox import Doubt, InFlightPost, OutboxSnapshot
from bot.domain.slack_ids import is_direct_message, is_user
from bot.domain.watches import Mute
from bot.rules.decide import in_thread_alone
from bot.slack_api.errors import (
    HOLD_S,
    RATE_LIMITED,
    RETRY_S,
    TRANSPORT_ERRORS,
    ErrorAction,
    classify,
    error_code,
    retry_after,
)
from bot.store.redis.keys import POST_INTERVAL
from bot.views.slack.block_kit import Message

POST_INTERVAL_S: float = POST_INTERVAL.seconds
"""The interval between two posts to one destination. Slack allows about one message a second per channel (its rate
limits page).
"""
IN_FLIGHT_TIMEOUT_S = 15.0
"""After this many seconds an unconfirmed post has arrived or failed: the client times out after 10 s."""
IN_FLIGHT_POLL_S = 0.5
"""Seconds between checks while another worker's post to the destination is in flight."""
TRIES = 5
"""The number of attempts to delete a post."""
RECORDED = timedelta(minutes=50)
"""Posts up to this age are known to be recorded or not: `TOLD` keeps their ids somewhat longer."""  # stored

log = structlog.get_logger("callboard")


async def post(
    context: DeliveryContext, snapshot: OutboxSnapshot, step: DeliveryStep, notification: Notification
) -> float:
    """Send the message of a step. Return the seconds until the next step."""
    pace, outbox = context.deps.store.slack, context.deps.store.outbox
    if wait := await pace.paused(context.workspace, "chat.postMessage"):
        return wait
    try:
        channel = await conversation(context)
    except SlackApiError as error:
        return await _not_opened(context, error)
    except TRANSPORT_ERRORS:
        return RETRY_S
    in_flight = InFlightPost(
        id=secrets.token_hex(8),
        at=context.now,
        oldest=search_from(context, snapshot),
        channel="" if is_user(channel) else channel,
        thread_ts=_thread(snapshot, notification),
        card=notification.record.id if notification.record else "",
        writes=tuple(step.writes),
        entries=step.by_slot,
        members=step.members,
        decisions=step.kept_decisions,
    )
    message = await draw(context.deps, notification)
    answer = await outbox.begin(context.destination, in_flight, POST_INTERVAL_S, snapshot.turn)
    # A store command that broke off is sent again, and then finds its own mark.
    if not answer.ok and not (answer.in_flight and answer.in_flight.id == in_flight.id):
        return answer.wait or (IN_FLIGHT_POLL_S if answer.in_flight else 0)
    if wait := await pace.may_post(context.workspace):
        await outbox.release(context.destination, in_flight.id)
        return wait
    return await _send(context, in_flight, channel, notification, message)


def _thread(snapshot: OutboxSnapshot, notification: Notification) -> str:
    """Return the thread of a reply, empty for a message outside of threads."""
    match notification.content:
        case SnoozedGroup(group=group_id) | ChangedMute(mute=Mute(group=group_id)):
            group = snapshot.groups.get(group_id)
            return (group.thread_ts or group.ts) if group and not group.head_lost else ""
        case _:
            return notification.thread_ts


async def _not_opened(context: DeliveryContext, error: SlackApiError) -> float:
    """Handle direct messages that cannot be opened."""
    log.warning("direct messages cannot be opened", destination=context.destination, error=error_code(error))
    if classify(error) is ErrorAction.SUSPEND:
        await context.suspend(error_code(error))
        return 0.1
    return (
        HOLD_S
        if classify(error) is ErrorAction.WAIT_FOR_OPERATOR
        else await context.paused("conversations.open", error)
    )


async def recover(context: DeliveryContext, in_flight: InFlightPost) -> float:
    """Finish a post that another worker started. Return the seconds until that is possible."""
    if in_flight.recorded:
        await finish(context, in_flight)
        return 0
    if any(in_future(at, context.now) for at in (in_flight.at, in_flight.since, in_flight.searched) if at):
        return await _begun_now(context, in_flight)
    searches = Searches.of(in_flight, IN_FLIGHT_TIMEOUT_S)
    due = searches.next(in_flight.searched)
    if context.now >= due and not await context.deps.store.slack.may_search(context.workspace):
        due = searches.ripe
    if (left := (due - context.now).total_seconds()) > 0:
        # Without a doubt the call may still run, and its process continues as soon as Slack answers.
        return left if in_flight.doubt else min(left, IN_FLIGHT_POLL_S)
    return await _search(context, in_flight, searches)


async def _begun_now(context: DeliveryContext, in_flight: InFlightPost) -> float:
    """Move the start of a post from the future to now. Its message may be anywhere in the history."""
    now = context.now
    log.warning(
        "post is dated in the future, counting it as posted now",
        destination=context.destination,
        at=in_flight.at.isoformat(),
    )
    since = now if in_flight.since else None
    again = {"at": now, "since": since, "searched": None, "oldest": in_flight.oldest or EVERYTHING}
    await context.deps.store.outbox.renew(context.destination, in_flight.model_copy(update=again))
    return 0.1


async def _search(context: DeliveryContext, in_flight: InFlightPost, searches: Searches) -> float:
    """Look for a post in its conversation. Return the seconds until the next step."""
    outbox, searched = context.deps.store.outbox, context.now
    unread = "" if in_flight.channel else "conversation unknown"
    try:
        found = await (
            _take_back_unrecorded(context, in_flight) if in_flight.replaces else find_post(context, in_flight)
        )
    except SlackApiError as error:
        if wait := await _not_searched(context, error):
            return wait
        found, unread = None, error_code(error)
    except TRANSPORT_ERRORS:
        return RETRY_S
    if found:
        log.info("post in doubt arrived", destination=context.destination)
        context.deps.metrics.delivered("found")
        await _commit(context, in_flight.arrived(*found))
    elif searched >= searches.ripe if unread else searches.settled(searched):
        if unread:
            log.warning(
                "post may be sent twice: cannot read the history", destination=context.destination, error=unread
            )
        await outbox.release(context.destination, in_flight.id)
    else:
        await outbox.renew(context.destination, in_flight.model_copy(update={"searched": searched}))
    return 0


async def _take_back_unrecorded(context: DeliveryContext, in_flight: InFlightPost) -> None:
    """Delete every unrecorded post, because one may belong to an unreadable mark.

    The entries still wait, and are posted again. Posts from before a reset of the database stay.
    """
    if not in_flight.channel:
        return
    epoch = await context.deps.store.epochs.as_of(context.now)
    since = max(filter(None, (context.now - RECORDED, epoch and epoch.knows_from)))
    snapshot = await context.read()
    waiting = {entry.card for entry in snapshot.entries}
    threads = [card.ts for card in snapshot.cards.values() if card.ts and (card.has_held or card.id in waiting)]
    threads += [group.thread_ts or group.ts for group in snapshot.groups.values() if group.open and group.ts]
    for ts, post_id in (await own_posts(context, in_flight.channel, since, threads)).items():
        if not await context.deps.store.outbox.was_notified(context.destination, post_id):
            log.warning("deleting a post whose in-flight record was unreadable", destination=context.destination)
            await _take_back(context, in_flight.model_copy(update={"ts": ts}))


async def _not_searched(context: DeliveryContext, error: SlackApiError) -> float:
    """Return the seconds until a conversation can be searched, 0 if it never can."""
    code = error_code(error)
    match None if code in MAY_NOT_ASK else classify(error):
        case ErrorAction.SUSPEND:
            await context.suspend(code)
            return 0.1
        case ErrorAction.WAIT_FOR_OPERATOR:
            return HOLD_S
        case ErrorAction.LOOK_UP_FIRST | ErrorAction.RETRY:
            if code in RATE_LIMITED:
                await context.deps.store.slack.searches_limited(context.workspace)
            return await context.paused("conversations.history", error)
        case _:
            return 0


async def _send(
    context: DeliveryContext, in_flight: InFlightPost, channel: str, notification: Notification, message: Message
) -> float:
    try:
        sent = await _call(context, in_flight, channel, notification, message)
    except SlackApiError as error:
        return await _refused(context, in_flight, channel, notification, message, error)
    except TRANSPORT_ERRORS as error:
        log.warning("post outcome unknown", destination=context.destination, reason=type(error).__name__)
        context.deps.metrics.delivered("unsure")
        return await _in_doubt(context, in_flight, Doubt.SILENT)
    context.deps.metrics.delivered("posted")
    for change in notification.fresh:
        context.deps.metrics.notified(max(0.0, (context.now - change.at).total_seconds()))
    await _commit(context, in_flight.arrived(str(sent["channel"]), str(sent["ts"])))
    if is_user(channel):
        await context.deps.store.slack.remember_direct(context.destination, str(sent["channel"]))
    return 0


async def _call(
    context: DeliveryContext, in_flight: InFlightPost, channel: str, notification: Notification, message: Message
) -> dict[str, Any]:
    sent = await context.slack.chat_postMessage(
        channel=channel,
        text=message.text,
        blocks=message.blocks or None,
        metadata={"event_type": EVENT, "event_payload": {"id": in_flight.id, **_essentials(notification.new_card)}},
        unfurl_links=False,
        unfurl_media=False,
        thread_ts=in_flight.thread_ts or None,
        reply_broadcast=_broadcasts(notification) if in_flight.thread_ts else None,
    )
    return cast("dict[str, Any]", sent.data)


def _essentials(card: Card | None) -> dict[str, Any]:
    return essentials(card) if card and not card.over else {}


def _broadcasts(notification: Notification) -> bool:
    """Return whether a reply also goes to the channel.

    In direct messages it always does, because people overlook threads there.
    """
    if isinstance(notification.content, ThreadLine):
        return notification.content.broadcast
    card = notification.card
    if card is None:
        return False
    if isinstance(notification.content, GroupHead):
        return bool(notification.content.group.watches) or not in_thread_alone(card)
    if is_direct_message(card.place) or card.terms.to is To.HERE:
        return True
    changed = [each.change.job for each in notification.changes]
    jobs = changed or [each.job for each in card.jobs.values() if each.job]
    return any(card.terms.broadcasts(job.state) for job in jobs)


async def _refused(  # noqa: PLR0917  # everything about one post
    context: DeliveryContext,
    in_flight: InFlightPost,
    channel: str,
    notification: Notification,
    message: Message,
    error: SlackApiError,
) -> float:
    """Apply the error action. A post that Slack certainly rejected is no longer in flight."""
    action, code = classify(error), error_code(error)
    log.warning("Slack rejected a post", destination=context.destination, error=code, action=action.value)
    context.deps.metrics.delivered(action.value)
    match action:
        case ErrorAction.LOOK_UP_FIRST:
            return await _in_doubt(context, in_flight, left_by(error))
        case ErrorAction.POST_NEW if isinstance(notification.content, ThreadLine):
            await context.deps.store.outbox.release(context.destination, in_flight.id)
            return await lose_head(context, notification.content.group.id)
        case ErrorAction.POST_NEW if in_flight.thread_ts:
            alone = in_flight.model_copy(update={"thread_ts": ""})
            return await _send_again(context, alone, channel, notification, message)
        case ErrorAction.SEND_AS_TEXT | ErrorAction.UNKNOWN_CODE if message.blocks:
            return await _send_again(context, in_flight, channel, notification, Message(message.text, []))
        case ErrorAction.SUSPEND | ErrorAction.SEND_AS_TEXT:
            await context.suspend(code)
            wait = 0.0
        case ErrorAction.WAIT_FOR_OPERATOR:
            wait = HOLD_S
        case _:
            wait = await context.paused("chat.postMessage", error)
    await context.deps.store.outbox.release(context.destination, in_flight.id)
    return wait


async def _send_again(
    context: DeliveryContext, in_flight: InFlightPost, channel: str, notification: Notification, message: Message
) -> float:
    """Send a rejected post in another form, unless another worker has taken it over.

    This is a new call, so the time for its message to arrive starts now.
    """
    in_flight = in_flight.model_copy(update={"at": context.now})
    if not await context.deps.store.outbox.renew(context.destination, in_flight):
        return 0
    return await _send(context, in_flight, channel, notification, message)


async def _in_doubt(context: DeliveryContext, in_flight: InFlightPost, doubt: Doubt) -> float:
    """Record why the outcome of a post is unknown. Return the seconds until it is searched for."""
    in_flight = in_flight.model_copy(update={"doubt": doubt, "since": context.now})
    await context.deps.store.outbox.renew(context.destination, in_flight)
    due = Searches.of(in_flight, IN_FLIGHT_TIMEOUT_S).next(None)
    return max(0.0, (due - context.now).total_seconds())


async def _commit(context: DeliveryContext, in_flight: InFlightPost) -> None:
    """Record a post that arrived, and take its entries out.

    If another worker gave this post up and sent it again, this one is deleted. After a reset of the database no other
    one exists, so this one stays.
    """
    outbox = context.deps.store.outbox
    if await outbox.commit(context.destination, in_flight):
        await finish(context, in_flight)
    elif not await outbox.was_notified(context.destination, in_flight.id):
        epoch = await context.deps.store.epochs.as_of(context.now)
        if epoch and epoch.knows_from and in_flight.at < epoch.knows_from:
            log.warning("keeping a post whose record a database reset lost", destination=context.destination)
        else:
            log.warning("deleting a post that arrived too late", destination=context.destination)
            await _take_back(context, in_flight)


async def _take_back(context: DeliveryContext, in_flight: InFlightPost) -> None:
    """Delete a post. No other record of it exists, so this retries for as long as a task may take."""
    for _ in range(TRIES):
        try:
            await context.slack.chat_delete(channel=in_flight.channel, ts=in_flight.ts)
        except SlackApiError as error:
            if classify(error) not in {ErrorAction.RETRY, ErrorAction.LOOK_UP_FIRST}:
                return log.warning(
                    "post could not be deleted", destination=context.destination, error=error_code(error)
                )
            wait = min(retry_after(error) or RETRY_S, IN_FLIGHT_TIMEOUT_S)
        except TRANSPORT_ERRORS:
            wait = RETRY_S
        else:
            return None
        await asyncio.sleep(wait)
    return log.warning("post could not be deleted", destination=context.destination, error="no answer")


async def finish(context: DeliveryContext, in_flight: InFlightPost) -> None:
    """Take out the entries of a recorded step, and finish it."""
    await context.deps.store.outbox.ack(context.destination, in_flight.entries)
    await context.deps.store.outbox.release(context.destination, in_flight.id)
