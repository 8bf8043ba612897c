"""conversations.history and conversations.replies: messages, in pages."""

import base64
import binascii
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from pydantic import Field

from sandbox.slack.delivery.payloads import api_message
from sandbox.slack.web_api.dispatcher import Arguments, Caller, Method, Methods
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.model import Channel, Json, Message

_SCOPES = {"public_channel": "channels:history", "private_channel": "groups:history", "im": "im:history"}
_CURSOR = "next_ts:"


class _History(Arguments):
    channel: str
    oldest: str = ""
    latest: str = ""
    inclusive: bool = False
    limit: int = Field(default=100, ge=1, le=999)
    cursor: str = ""
    include_all_metadata: bool = False


class _Replies(_History):
    ts: str
    limit: int = Field(default=1000, ge=1, le=1000)


def history_methods() -> Methods:
    """Return the methods that read messages, by name. The token needs the scope for the type of conversation."""
    scopes = (*_SCOPES.values(), "mpim:history")
    return {
        "conversations.history": Method(_history, _History, scopes),
        "conversations.replies": Method(_replies, _Replies, scopes),
    }


def _history(caller: Caller, asked: _History) -> Json:
    channel = _readable(caller, asked.channel)
    everything = caller.workspace.messages.seen_by(channel.id, None)
    found = [message for message in everything if not message.thread_ts or message.broadcast]
    return _page(caller, asked, _between(found[::-1], asked), newest_first=True)


def _replies(caller: Caller, asked: _Replies) -> Json:
    """Return the thread of a message or of a reply. Its parent comes first, even outside the time range."""
    channel = _readable(caller, asked.channel)
    message = caller.workspace.messages.find(channel.id, asked.ts)
    parent = caller.workspace.messages.find(channel.id, message.thread_ts or message.ts) if message else None
    if parent is None:
        raise SlackError("thread_not_found")
    found = [parent, *_between(caller.workspace.messages.replies(parent), asked)]
    return _page(caller, asked, found, newest_first=False)


def _readable(caller: Caller, name_or_id: str) -> Channel:
    channel = caller.channel(name_or_id)
    caller.needs((_SCOPES[channel.kind],))
    if not channel.bot_member:
        raise SlackError("not_in_channel")
    return channel


def _between(messages: Sequence[Message], asked: _History) -> list[Message]:
    """Return messages after `oldest` and before `latest`; with `inclusive` also those at these times."""
    oldest = _microseconds(asked.oldest or "0", "invalid_ts_oldest")
    latest = _microseconds(asked.latest, "invalid_ts_latest") if asked.latest else None
    edge = 0 if asked.inclusive else 1
    return [
        message
        for message in messages
        if (at := _at(message)) >= oldest + edge and (latest is None or at <= latest - edge)
    ]


def _page(caller: Caller, asked: _History, found: list[Message], *, newest_first: bool) -> Json:
    """Return the page at the cursor. A cursor names a message, so that new messages do not move it."""
    begin = _read_cursor(asked.cursor)
    if begin is not None:
        found = [message for message in found if (_at(message) <= begin if newest_first else _at(message) >= begin)]
    shown, rest = found[: asked.limit], found[asked.limit :]
    return {
        "messages": [_shown(caller, message, metadata=asked.include_all_metadata) for message in shown],
        "has_more": bool(rest),
        **({"response_metadata": {"next_cursor": _cursor(rest[0])}} if rest else {}),
    }


def _shown(caller: Caller, message: Message, *, metadata: bool) -> Json:
    shown = api_message(caller.workspace, message)
    if not metadata:
        shown.pop("metadata", None)
    messages = caller.workspace.messages
    if replies := messages.replies(message):
        people = list(dict.fromkeys(reply.user for reply in replies))
        shown |= {
            "thread_ts": message.ts,
            "reply_count": len(replies),
            "reply_users": people,
            "reply_users_count": len(people),
            "latest_reply": replies[-1].ts,
        }
    if message.thread_ts and (parent := messages.find(message.channel, message.thread_ts)):
        shown["parent_user_id"] = parent.user
    return shown


def _cursor(message: Message) -> str:
    return base64.b64encode(f"{_CURSOR}{_at(message)}".encode()).decode()


def _read_cursor(cursor: str) -> int | None:
    if not cursor:
        return None
    try:
        decoded = base64.b64decode(cursor, validate=True).decode()
        return int(decoded.removeprefix(_CURSOR))
    except (binascii.Error, ValueError):
        raise SlackError("invalid_cursor") from None


def _at(message: Message) -> int:
    return int(message.ts.replace(".", ""))


def _microseconds(ts: str, refusal: str) -> int:
    try:
        return int(Decimal(ts) * 1_000_000)
    except (InvalidOperation, ValueError, OverflowError):
        raise SlackError(refusal) from None
