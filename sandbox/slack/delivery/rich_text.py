"""Typed text as a rich_text block, which Slack sends in addition to the text."""

import re
from collections.abc import Iterator
from html import unescape

from sandbox.slack.workspace.model import Json

_MARKUP = re.compile(
    r"<@(?P<user>\w+)(?:\|[^>]*)?>|<#(?P<channel>\w+)(?:\|[^>]*)?>|<!subteam\^(?P<group>\w+)(?:\|[^>]*)?>"
    r"|<!(?P<range>here|channel|everyone)>|<(?P<url>https?://[^|>\s]+)(?:\|[^>]*)?>|`(?P<code>[^`\n]+)`"
)
_BLOCK = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)


def as_rich_text(text: str, block_id: str) -> Json:
    """Return the block for a message's text: paragraphs, code, mentions, links. Other formatting stays as typed."""
    parts = _BLOCK.split(text)
    elements: list[Json] = []
    for at, part in enumerate(parts):
        if at % 2:
            plain: Json = {"type": "text", "text": unescape(part)}
            elements.append({"type": "rich_text_preformatted", "elements": [plain], "border": 0})
        elif part:
            elements.append({"type": "rich_text_section", "elements": list(_inline(part))})
    return {"type": "rich_text", "block_id": block_id, "elements": elements}


def _inline(text: str) -> Iterator[Json]:
    at = 0
    for match in _MARKUP.finditer(text):
        if match.start() > at:
            yield {"type": "text", "text": unescape(text[at : match.start()])}
        yield _element(match)
        at = match.end()
    if at < len(text):
        yield {"type": "text", "text": unescape(text[at:])}


def _element(match: re.Match[str]) -> Json:
    value = unescape(match[match.lastgroup or 0])
    match match.lastgroup:
        case "user":
            return {"type": "user", "user_id": value}
        case "channel":
            return {"type": "channel", "channel_id": value}
        case "group":
            return {"type": "usergroup", "usergroup_id": value}
        case "range":
            return {"type": "broadcast", "range": value}
        case "url":
            return {"type": "link", "url": value}
        case _:
            return {"type": "text", "text": value, "style": {"code": True}}
