"""chat.unfurl: the app shows cards under the links of a link_shared event."""

import json
from html import unescape
from typing import Any, cast

from sandbox.slack.block_kit.message_rules import read_attachment
from sandbox.slack.web_api.dispatcher import Arguments, Caller, Method, Methods
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.links import declared_links
from sandbox.slack.workspace.model import Json, Message

_SOURCES = ("composer", "conversations_history")


class _Unfurl(Arguments):
    unfurls: Any
    channel: str = ""
    ts: str = ""
    unfurl_id: str = ""
    source: str = ""


def unfurl_methods() -> Methods:
    """Return the only method about links, by name."""
    return {"chat.unfurl": Method(_unfurl, _Unfurl, ("links:write",))}


def _unfurl(caller: Caller, asked: _Unfurl) -> Json:
    message = _message(caller, asked)
    links = {unescape(link["url"]) for link in declared_links(caller.workspace.manifest, message)}
    shown: dict[str, Json] = {}
    for given, attachment in _read(asked.unfurls).items():
        url = unescape(given)
        if url not in links:
            raise SlackError("cannot_unfurl_url")
        shown[url] = {
            **_checked(attachment),
            "from_url": url,
            "app_unfurl_url": url,
            "is_app_unfurl": True,
            "app_id": caller.workspace.app.id,
            "bot_id": caller.workspace.app.bot_id,
        }
    caller.workspace.messages.unfurl(message, shown)
    return {}


def _message(caller: Caller, asked: _Unfurl) -> Message:
    """Return the message by unfurl_id and source, or by channel and ts. The app need not be in the channel."""
    if asked.unfurl_id or asked.source:
        if not asked.unfurl_id or not asked.source:
            raise SlackError("missing_source" if asked.unfurl_id else "missing_unfurl_id")
        if asked.source not in _SOURCES:
            raise SlackError("invalid_source")
        shared = caller.workspace.unfurls.message(asked.unfurl_id)
        if shared is None:
            raise SlackError("invalid_unfurl_id")
        return _find(caller, shared.channel, shared.ts)
    if not asked.channel or not asked.ts:
        raise SlackError("missing_ts" if asked.channel else "missing_channel")
    if asked.channel not in caller.workspace.channels:
        raise SlackError("cannot_find_channel")
    return _find(caller, asked.channel, asked.ts)


def _find(caller: Caller, channel: str, ts: str) -> Message:
    found = caller.workspace.messages.find(channel, ts)
    if found is None:
        raise SlackError("cannot_find_message")
    return found


def _read(unfurls: Any) -> dict[str, Json]:
    decoded: Any = unfurls
    if isinstance(unfurls, str):
        try:
            decoded = json.loads(unfurls)
        except ValueError:
            decoded = None
    if not isinstance(decoded, dict):
        raise SlackError("invalid_unfurls_format")
    found = cast("dict[str, Any]", decoded)
    if not found:
        raise SlackError("missing_unfurls")
    if not all(isinstance(each, dict) for each in found.values()):
        raise SlackError("invalid_unfurls_format")
    return found


def _checked(attachment: Json) -> Json:
    try:
        return read_attachment(attachment)
    except SlackError as error:
        raise SlackError("cannot_parse_attachment", error.problems) from None
