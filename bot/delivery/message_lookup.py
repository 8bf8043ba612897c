"""Finds a destination's conversation in Slack, and Callboard's posts in it."""

import re
from collections.abc import AsyncGenerator, Iterable
from datetime import datetime, timedelta
from typing import Any, cast

from slack_sdk.errors import SlackApiError

from bot.delivery.context import DeliveryContext
from bot.domain.card_metadata import EVENT
from bot.domain.outbox import InFlightPost, OutboxSnapshot
from bot.domain.slack_ids import TS, bare_id, is_user
from bot.slack_api.errors import ErrorAction, classify, error_code
from providers.json_fields import listing, mapping, text

MAY_NOT_ASK = frozenset({"missing_scope", "unknown_method", "no_permission", "not_allowed_token_type"})
"""Errors of an app without the permission to ask: waiting does not help."""
PAGE = 200
PAGES_MAX = 10
EARLIER = timedelta(minutes=1)
"""A search starts this long before Slack's time at the start of the post."""
EVERYTHING = "0"
"""The start of a search if that time is not known."""
_TS = re.compile(TS)
FUTURE = "9999999999.999999"
"""The `latest` of a search. With one, Slack sends the newest messages first; without, perhaps the oldest."""


async def conversation(context: DeliveryContext) -> str:
    """Return the channel to post to: the destination, or the direct messages with a person.

    Where the app may not ask, the person's id works as well. Raises SlackApiError when Slack does not open them.
    """
    if not is_user(context.destination):
        return bare_id(context.destination)
    if known := await context.deps.store.slack.direct(context.destination):
        return known
    try:
        opened = cast(
            "dict[str, Any]", (await context.slack.conversations_open(users=[bare_id(context.destination)])).data
        )
    except SlackApiError as error:
        if error_code(error) in MAY_NOT_ASK:
            return bare_id(context.destination)
        raise
    channel = text(mapping(opened.get("channel")).get("id")) or bare_id(context.destination)
    await context.deps.store.slack.remember_direct(context.destination, channel)
    return channel


def search_from(context: DeliveryContext, snapshot: OutboxSnapshot) -> str:
    """Return a timestamp that is earlier than that of any later post.

    It is Slack's time in its last answer, or the newest known message of the destination, if that is earlier.
    """
    records = (*snapshot.cards.values(), *snapshot.groups.values())
    known = max((float(record.ts) for record in records if _TS.fullmatch(record.ts)), default=None)
    now = context.deps.slack_time.now()
    times = [at for at in (known, now and now - EARLIER.total_seconds()) if at]
    return f"{min(times):.6f}" if times else EVERYTHING


async def find_post(context: DeliveryContext, in_flight: InFlightPost) -> tuple[str, str] | None:
    """Return channel and timestamp of a started post, None if it never arrived.

    Raises SlackApiError, also when the bot may not read the conversation.
    """
    if not in_flight.channel:
        return None
    oldest = in_flight.oldest or f"{in_flight.at.timestamp() - EARLIER.total_seconds():.6f}"
    if not _TS.fullmatch(oldest):
        oldest = EVERYTHING
    if in_flight.thread_ts:
        try:
            replies = _messages(context, "conversations.replies", in_flight.channel, oldest, ts=in_flight.thread_ts)
            if ts := await _ts(replies, in_flight):
                return in_flight.channel, ts
        except SlackApiError as error:
            if classify(error) is not ErrorAction.POST_NEW:  # the thread was deleted; the post may be outside of it
                raise
    ts = await _ts(_messages(context, "conversations.history", in_flight.channel, oldest), in_flight)
    return (in_flight.channel, ts) if ts else None


async def own_posts(context: DeliveryContext, channel: str, since: datetime, threads: Iterable[str]) -> dict[str, str]:
    """Return the ids of Callboard's posts in a conversation and its `threads`, by timestamp.

    Raises SlackApiError, also when the bot may not read the conversation.
    """
    found: dict[str, str] = {}
    oldest = _timestamp(since)
    for thread in ("", *threads):
        if thread:
            messages = _messages(context, "conversations.replies", channel, oldest, ts=thread)
        else:
            messages = _messages(context, "conversations.history", channel, oldest)
        try:
            async for message in messages:
                if mapping(message.get("metadata")).get("event_type") == EVENT and (post := _id(message)):
                    found[str(message["ts"])] = post
        except SlackApiError as error:
            if not thread or classify(error) is not ErrorAction.POST_NEW:
                raise
    return found


async def _ts(messages: AsyncGenerator[dict[str, Any]], in_flight: InFlightPost) -> str | None:
    async for message in messages:
        if _id(message) == in_flight.id:
            return str(message["ts"])
    return None


def history(
    context: DeliveryContext, channel: str, span: tuple[datetime, datetime], pages: int
) -> AsyncGenerator[dict[str, Any]]:
    """Read the messages of a span of time page by page, newest first."""
    oldest, latest = map(_timestamp, span)
    return _messages(context, "conversations.history", channel, oldest, pages, latest=latest)


def _timestamp(moment: datetime) -> str:
    return f"{moment.timestamp():.6f}"


async def _messages(
    context: DeliveryContext, method: str, channel: str, oldest: str, pages: int = PAGES_MAX, **more: str
) -> AsyncGenerator[dict[str, Any]]:
    """Read a conversation page by page. Slack returns at most 999 messages a page, and recommends 200."""
    cursor = ""
    for _ in range(pages):
        asked = {"channel": channel, "oldest": oldest, "latest": FUTURE, **more}
        asked |= {"limit": PAGE, "include_all_metadata": "true"}
        if cursor:
            asked["cursor"] = cursor
        reply = cast("dict[str, Any]", (await context.slack.api_call(method, params=asked)).data)
        for message in listing(reply.get("messages")):
            yield mapping(message)
        cursor = text(mapping(reply.get("response_metadata")).get("next_cursor")) or ""
        if not cursor:
            return


def _id(message: dict[str, Any]) -> str | None:
    return text(mapping(mapping(message.get("metadata")).get("event_payload")).get("id"))
