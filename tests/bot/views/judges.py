"""Judges of the views' results: Slack's limits, and a reader of mrkdwn independent of `bot.views.text`."""

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from slack_sdk.models.blocks import Block

from bot.views.slack.block_kit import Message
from sandbox.slack.block_kit.blocks import message_problems
from sandbox.slack.block_kit.view_rules import check_view

# All texts in angle brackets that Callboard writes itself.
OURS = re.compile(
    r"<!date\^-?\d+\^[^|<>`*]+\|\d{1,4}-\d\d-\d\d \d\d:\d\d UTC>|<@[UW][A-Z0-9]+>"
    r"|<#[CDG][A-Z0-9]+>|<!subteam\^S[A-Z0-9]+>"
    r"|<https://[^|<>`\s]+\|open (?:the console|that message)>"
)
STATES = ("❌", "✅", "⚠️", "❔", "⌛", "⏱️", "🚫")
UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def accept(message: Message) -> None:
    """Fail unless Slack accepts the message. No text in it may ping, link or break formatting."""
    accept_blocks(message.blocks)
    assert message_problems(message.blocks) == []
    assert len(message.blocks) <= 50
    assert len(json.dumps(message.blocks, ensure_ascii=False)) < 13_200
    assert 0 < len(message.text) <= 3000
    assert message.text.strip()
    accept_fallback(message.text)


def begins_with_its_state(message: Message) -> None:
    """Fail unless both texts of a notification (phone and desktop) start with a state."""
    first = next(texts(message.blocks))[0]["text"]
    assert message.blocks[0]["type"] == "section"
    for text in (message.text, first):
        assert text.startswith(STATES), text


def accept_modal(view: dict[str, Any]) -> None:
    """Fail unless Slack accepts the view."""
    check_view(view, "modal")
    assert 0 < len(view["blocks"]) <= 100
    assert len(json.dumps(view).encode()) <= 250_000
    accept_blocks(view["blocks"])


def accept_blocks(blocks: list[dict[str, Any]]) -> None:
    for block in Block.parse_all(blocks):
        assert block.to_dict()  # runs slack_sdk's validators
    json.dumps(blocks, ensure_ascii=False).encode()
    block_ids = [block["block_id"] for block in blocks if "block_id" in block]
    assert len(block_ids) == len(set(block_ids))
    for block in blocks:
        action_ids = [element["action_id"] for element in block.get("elements", []) if "action_id" in element]
        assert len(action_ids) == len(set(action_ids))
    for label in (button.get("accessibility_label", "") for button in buttons(blocks)):
        assert len(label) <= 75
        assert not UNSEEN.search(label)
        assert "\n" not in label
    for text, limit in texts(blocks):
        assert 0 < len(text["text"]) <= limit
        assert not UNSEEN.search(text["text"])
        if text["type"] == "mrkdwn":
            assert text["verbatim"], "Slack would link bare names and URLs"
            accept_mrkdwn(text["text"])


LIMITS = {"fields": 2000, "options": 75, "initial_option": 75, "placeholder": 150, "title": 24, "close": 24}
"""Characters of a text under these keys; 3000 elsewhere, 75 in a button."""


def texts(node: object, limit: int = 3000) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield every text object with the number of characters that Slack allows in its place."""
    if isinstance(node, list):
        for item in cast("list[object]", node):
            yield from texts(item, limit)
    elif isinstance(node, dict):
        found = cast("dict[str, Any]", node)
        if found.get("type") in {"mrkdwn", "plain_text"}:
            yield found, limit
            return
        for key, value in found.items():
            yield from texts(value, 75 if found.get("type") == "button" else LIMITS.get(key, limit))


def accept_mrkdwn(text: str) -> None:
    """Fail unless every marker in the text is one of a pair that Callboard wrote."""
    rest = without_code(text)
    rest = OURS.sub("@", rest)
    assert "<" not in rest, f"{text!r}: a link, a mention or a command that is not ours"
    assert ">" not in rest
    assert not re.search(r"&(?!amp;|lt;|gt;)", rest), f"{text!r}: an escape cut in half"
    for line in rest.split("\n"):
        plain = re.sub(r"(?<![^\s(·])\*[^*\s](?:[^*]*[^*\s])?\*(?![0-9A-Za-z])", "@", line)
        assert not re.search(r"[*~`]", plain), f"{line!r}: a marker without its partner"
        assert not re.search(r"(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])", plain), f"{line!r}: italics"
        assert not re.search(r":[\w+'-]+:", plain), f"{line!r}: an emoji code"
        assert not re.match(r"&gt;|[-•]\s|\d+\.\s", line), f"{line!r}: a quote or a list"


def without_code(text: str) -> str:
    """Return text with a mark for each code block and code span. Their insides must be escaped too."""
    for inside in re.findall(r"```(.*?)```|`([^`\n]*)`", text, re.DOTALL):
        assert "<" not in "".join(inside)
        assert not re.search(r"&(?!amp;|lt;|gt;)", "".join(inside))
    text = re.sub(r"```.*?```", "@", text, flags=re.DOTALL)
    assert "``" not in text, f"{text!r}: code without anything in it"
    return re.sub(r"`[^`\n]*`", "@", text)


def accept_fallback(text: str) -> None:
    """Fail if the plain text could ping or link: without blocks, Slack reads it as mrkdwn."""
    assert "<" not in text
    assert ">" not in text
    assert not re.search(r"&(?!amp;|lt;|gt;)", text)
    assert not UNSEEN.search(text)


def words(message: Message) -> str:
    """Return all texts in the blocks, unchanged."""
    return "\n".join(text["text"] for text, _ in texts(message.blocks))


def buttons(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return every button, in rows and at the side of sections."""
    found = [each for block in blocks for each in [*block.get("elements", []), block.get("accessory", {})]]
    return [each for each in found if each.get("type") == "button"]


def commands(blocks: list[dict[str, Any]]) -> dict[str, str]:
    """Return the label of each button with the value that it sends."""
    return {button["text"]["text"]: button["value"] for button in buttons(blocks)}
