"""Posts one message exactly once.

A post is marked as begun before it is sent, and recorded together with the cards as they are after it. Slack has no
idempotency key: whoever finds a begun mark that nobody finished looks for the message in the conversation, by the id
in its metadata, before anything is sent again.
"""

import asyncio
import secrets
from datetime import timedelta
from typing import Any, cast

import structlog
from slack_sdk.errors import SlackApiError

from bot.delivery.context import DeliveryContext
from bot.delivery.doubt import Searches, left_by
from bot.delivery.message_lookup import EVERYTHING, MAY_NOT_ASK, conversation, find_post, own_posts, search_from
from bot.delivery.next_step import Step
from bot.delivery.rendering import draw
from bot.domain.card_metadata import EVENT, essentials
from bot.domain.card_reducer import Post
from bot.domain.cards import To
from bot.domain.elapsed import in_future
from bot.domain.outbox import Doubt, InFlightPost, OutboxSnapshot
from bot.domain.slack_ids import is_direct_message, is_user
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
"""Between two posts to one place: Slack takes about one message a second a channel (its rate limits page)."""
IN_FLIGHT_TIMEOUT_S = 15.0
"""A post that was begun this long ago has arrived by now or never will: the client gives up after 10 s."""
IN_FLIGHT_POLL_S = 0.5
"""While somebody else's post to the place is under way."""
TRIES = 5
"""So often it is tried to take a post back."""
RECORDED = timedelta(minutes=50)
"""Posts up to this age are known to be recorded or not: `TOLD` keeps their ids somewhat longer."""

log = structlog.get_logger("callboard")


async def post(visit: DeliveryContext, box: OutboxSnapshot, step: Step, what: Post) -> float:
    """Send the message of a step; return for how long to wait before the next."""
    pace, outbox = visit.deps.store.slack, visit.deps.store.outbox
    if wait := await pace.paused(visit.workspace, "chat.postMessage"):
        return wait
    try:
        channel = await conversation(visit)
    except SlackApiError as error:
        return await _not_opened(visit, error)
    except TRANSPORT_ERRORS:
        return RETRY_S
    begun = InFlightPost(
        id=secrets.token_hex(8),
        at=visit.now,
        oldest=search_from(visit, box),
        channel="" if is_user(channel) else channel,
        thread_ts=what.card.ts if what.card else "",
        card=what.card.id if what.card and not what.card.ts else "",
        writes=tuple(step.writes),
        entries=step.by_slot,
    )
    message = await draw(visit.deps, what)
    answer = await outbox.begin(visit.destination, begun, POST_INTERVAL_S, box.turn)
    # A command that broke off is sent again, and then finds its own mark.
    if not answer.ok and not (answer.in_flight and answer.in_flight.id == begun.id):
        return answer.wait or (IN_FLIGHT_POLL_S if answer.in_flight else 0)
    if wait := await pace.may_post(visit.workspace):
        await outbox.release(visit.destination, begun.id)
        return wait
    return await _send(visit, begun, channel, what, message)


async def _not_opened(visit: DeliveryContext, error: SlackApiError) -> float:
    """Somebody's direct messages cannot be opened."""
    log.warning("direct messages cannot be opened", destination=visit.destination, error=error_code(error))
    if classify(error) is ErrorAction.SUSPEND:
        await visit.suspend(error_code(error))
        return 0.1
    return (
        HOLD_S if classify(error) is ErrorAction.WAIT_FOR_OPERATOR else await visit.paused("conversations.open", error)
    )


async def recover(visit: DeliveryContext, begun: InFlightPost) -> float:
    """Finish a post that somebody began; return for how long to wait before it can be."""
    if begun.recorded:
        await finish(visit, begun)
        return 0
    if any(in_future(at, visit.now) for at in (begun.at, begun.since, begun.searched) if at):
        return await _begun_now(visit, begun)
    searches = Searches.of(begun, IN_FLIGHT_TIMEOUT_S)
    due = searches.next(begun.searched)
    if visit.now >= due and not await visit.deps.store.slack.may_search(visit.workspace):
        due = searches.ripe
    if (left := (due - visit.now).total_seconds()) > 0:
        # Without a doubt the call may still run, and its process goes on as soon as Slack answers.
        return left if begun.doubt else min(left, IN_FLIGHT_POLL_S)
    return await _search(visit, begun, searches)


async def _begun_now(visit: DeliveryContext, begun: InFlightPost) -> float:
    """Set the start of a post in the future to now. Its message may be anywhere in the history."""
    now = visit.now
    log.warning(
        "a post is dated in the future, it counts as posted now", destination=visit.destination, at=begun.at.isoformat()
    )
    since = now if begun.since else None
    again = {"at": now, "since": since, "searched": None, "oldest": begun.oldest or EVERYTHING}
    await visit.deps.store.outbox.renew(visit.destination, begun.model_copy(update=again))
    return 0.1


async def _search(visit: DeliveryContext, begun: InFlightPost, searches: Searches) -> float:
    """Look for a post in its conversation; return for how long to wait before the next step."""
    outbox, searched = visit.deps.store.outbox, visit.now
    unread = "" if begun.channel else "its conversation is not known"
    try:
        found = await (_take_back_unrecorded(visit, begun) if begun.replaces else find_post(visit, begun))
    except SlackApiError as error:
        if wait := await _not_searched(visit, error):
            return wait
        found, unread = None, error_code(error)
    except TRANSPORT_ERRORS:
        return RETRY_S
    if found:
        log.info("a post in doubt had arrived", destination=visit.destination)
        visit.deps.metrics.delivered("found")
        await _commit(visit, begun.arrived(*found))
    elif searched >= searches.ripe if unread else searches.settled(searched):
        if unread:
            log.warning(
                "a post may be sent twice: the history cannot be read", destination=visit.destination, error=unread
            )
        await outbox.release(visit.destination, begun.id)
    else:
        await outbox.renew(visit.destination, begun.model_copy(update={"searched": searched}))
    return 0


async def _take_back_unrecorded(visit: DeliveryContext, begun: InFlightPost) -> None:
    """Delete every unrecorded post: one may belong to the mark that could not be read.

    Its entries still wait, and are posted again. Posts from before a reset of the database stay.
    """
    if not begun.channel:
        return
    epoch = await visit.deps.store.epochs.as_of(visit.now)
    since = max(filter(None, (visit.now - RECORDED, epoch and epoch.knows_from)))
    box = await visit.read()
    waiting = {entry.card for entry in box.entries}
    threads = [card.ts for card in box.cards.values() if card.ts and (card.owing or card.id in waiting)]
    for ts, post_id in (await own_posts(visit, begun.channel, since, threads)).items():
        if not await visit.deps.store.outbox.was_notified(visit.destination, post_id):
            log.warning("deleting a post whose record in flight was unreadable", destination=visit.destination)
            await _take_back(visit, begun.model_copy(update={"ts": ts}))


async def _not_searched(visit: DeliveryContext, error: SlackApiError) -> float:
    """Return for how long to wait until a conversation can be searched; 0 where it never can."""
    code = error_code(error)
    match None if code in MAY_NOT_ASK else classify(error):
        case ErrorAction.SUSPEND:
            await visit.suspend(code)
            return 0.1
        case ErrorAction.WAIT_FOR_OPERATOR:
            return HOLD_S
        case ErrorAction.LOOK_UP_FIRST | ErrorAction.RETRY:
            if code in RATE_LIMITED:
                await visit.deps.store.slack.searches_limited(visit.workspace)
            return await visit.paused("conversations.history", error)
        case _:
            return 0


async def _send(visit: DeliveryContext, begun: InFlightPost, channel: str, what: Post, message: Message) -> float:
    try:
        sent = await _call(visit, begun, channel, what, message)
    except SlackApiError as error:
        return await _refused(visit, begun, channel, what, message, error)
    except TRANSPORT_ERRORS as error:
        log.warning("a post may or may not have arrived", destination=visit.destination, reason=type(error).__name__)
        visit.deps.metrics.delivered("unsure")
        return await _in_doubt(visit, begun, Doubt.SILENT)
    visit.deps.metrics.delivered("posted")
    for told in [what.told] if what.told else what.digest.told if what.digest else ():
        if not told.held:
            visit.deps.metrics.notified(max(0.0, (visit.now - told.change.at).total_seconds()))
    await _commit(visit, begun.arrived(str(sent["channel"]), str(sent["ts"])))
    if is_user(channel):
        await visit.deps.store.slack.remember_direct(visit.destination, str(sent["channel"]))
    return 0


async def _call(
    visit: DeliveryContext, begun: InFlightPost, channel: str, what: Post, message: Message
) -> dict[str, Any]:
    sent = await visit.slack.chat_postMessage(
        channel=channel,
        text=message.text,
        blocks=message.blocks or None,
        metadata={"event_type": EVENT, "event_payload": {"id": begun.id, **_essentials(what)}},
        unfurl_links=False,
        unfurl_media=False,
        thread_ts=begun.thread_ts or None,
        reply_broadcast=_broadcasts(what) if begun.thread_ts else None,
    )
    return cast("dict[str, Any]", sent.data)


def _essentials(what: Post) -> dict[str, Any]:
    return essentials(what.new_card) if what.new_card and not what.new_card.over else {}


def _broadcasts(what: Post) -> bool:
    """Whether a reply goes to the channel too; in direct messages always, where nobody looks into threads."""
    if what.card is None:
        return False
    if is_direct_message(what.card.place) or what.card.terms.to is To.HERE:
        return True
    jobs = [what.told.change.job] if what.told else [each.job for each in what.card.jobs.values() if each.job]
    return any(what.card.terms.broadcasts(job.state) for job in jobs)


async def _refused(  # noqa: PLR0917  # everything about one post
    visit: DeliveryContext, begun: InFlightPost, channel: str, what: Post, message: Message, error: SlackApiError
) -> float:
    """Do what the table of verdicts says; a post that Slack certainly did not take is no longer begun."""
    verdict, code = classify(error), error_code(error)
    log.warning("Slack refused a post", destination=visit.destination, error=code, action=verdict.value)
    visit.deps.metrics.delivered(verdict.value)
    match verdict:
        case ErrorAction.LOOK_UP_FIRST:
            return await _in_doubt(visit, begun, left_by(error))
        case ErrorAction.POST_NEW if begun.thread_ts:
            alone = begun.model_copy(update={"thread_ts": ""})
            return await _send_again(visit, alone, channel, what, message)
        case ErrorAction.SEND_AS_TEXT | ErrorAction.UNKNOWN_CODE if message.blocks:
            return await _send_again(visit, begun, channel, what, Message(message.text, []))
        case ErrorAction.SUSPEND | ErrorAction.SEND_AS_TEXT:
            await visit.suspend(code)
            wait = 0.0
        case ErrorAction.WAIT_FOR_OPERATOR:
            wait = HOLD_S
        case _:
            wait = await visit.paused("chat.postMessage", error)
    await visit.deps.store.outbox.release(visit.destination, begun.id)
    return wait


async def _send_again(visit: DeliveryContext, begun: InFlightPost, channel: str, what: Post, message: Message) -> float:
    """Send a post that was refused in another form, unless another worker has taken it over.

    This is a call of its own: whether its message has arrived is a matter of the time from now on.
    """
    begun = begun.model_copy(update={"at": visit.now})
    if not await visit.deps.store.outbox.renew(visit.destination, begun):
        return 0
    return await _send(visit, begun, channel, what, message)


async def _in_doubt(visit: DeliveryContext, begun: InFlightPost, doubt: Doubt) -> float:
    """Keep why the outcome of a post is unknown; return for how long to wait before it is searched for."""
    begun = begun.model_copy(update={"doubt": doubt, "since": visit.now})
    await visit.deps.store.outbox.renew(visit.destination, begun)
    due = Searches.of(begun, IN_FLIGHT_TIMEOUT_S).next(None)
    return max(0.0, (due - visit.now).total_seconds())


async def _commit(visit: DeliveryContext, begun: InFlightPost) -> None:
    """Record a post that arrived, and take out what it told.

    If another worker took this post for lost and sent it again, this one is deleted. After a reset of the database
    there is no other: it stays.
    """
    outbox = visit.deps.store.outbox
    if await outbox.commit(visit.destination, begun):
        await finish(visit, begun)
    elif not await outbox.was_notified(visit.destination, begun.id):
        epoch = await visit.deps.store.epochs.as_of(visit.now)
        if epoch and epoch.knows_from and begun.at < epoch.knows_from:
            log.warning(
                "a post is kept although its record is lost: the database was reset", destination=visit.destination
            )
        else:
            log.warning("deleting a post that arrived too late", destination=visit.destination)
            await _take_back(visit, begun)


async def _take_back(visit: DeliveryContext, begun: InFlightPost) -> None:
    """Delete a post. Nothing else remembers it, so this is tried for as long as a task may take."""
    for _ in range(TRIES):
        try:
            await visit.slack.chat_delete(channel=begun.channel, ts=begun.ts)
        except SlackApiError as error:
            if classify(error) not in {ErrorAction.RETRY, ErrorAction.LOOK_UP_FIRST}:
                return log.warning(
                    "a post could not be deleted", destination=visit.destination, error=error_code(error)
                )
            wait = min(retry_after(error) or RETRY_S, IN_FLIGHT_TIMEOUT_S)
        except TRANSPORT_ERRORS:
            wait = RETRY_S
        else:
            return None
        await asyncio.sleep(wait)
    return log.warning("a post could not be deleted", destination=visit.destination, error="no answer")


async def finish(visit: DeliveryContext, begun: InFlightPost) -> None:
    """Take out the entries of a step that is recorded, and end it."""
    await visit.deps.store.outbox.ack(visit.destination, begun.entries)
    await visit.deps.store.outbox.release(visit.destination, begun.id)
