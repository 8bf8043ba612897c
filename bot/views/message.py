"""A message within Slack's limits: the one place that knows how much fits."""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from bot.views.text import cut, width

Block = dict[str, Any]

BLOCKS_MAX = 50
"""Blocks in a message (Slack's Block Kit reference)."""
CHARS_MAX = 12_500
"""All blocks of a message, as JSON; Slack was seen to refuse more than about 13,200 (`msg_blocks_too_long`)."""
TEXT_MAX = 3000
FIELD_MAX = 2000
FALLBACK_MAX = 3000


class Message(NamedTuple):
    """Blocks, and the plain text for notifications and screen readers."""

    text: str
    blocks: list[Block]


class Budget:
    """How much of a message is still free."""

    def __init__(self, reserved: Sequence[Block] = ()) -> None:
        self.blocks = BLOCKS_MAX - len(reserved)
        self.chars = CHARS_MAX - size(reserved)

    def take(self, blocks: Sequence[Block]) -> bool:
        """Take room for blocks; False, and nothing is taken, when they do not fit."""
        chars = size(blocks)
        if len(blocks) > self.blocks or chars > self.chars:
            return False
        self.blocks -= len(blocks)
        self.chars -= chars
        return True


def size(blocks: Sequence[Block]) -> int:
    return sum(width(json.dumps(block, ensure_ascii=False)) for block in blocks)


def message(text: str, blocks: Sequence[Block]) -> Message:
    """Make a message of blocks that fit, leaving out what does not; the fallback is cut."""
    budget = Budget()
    return Message(cut(text, FALLBACK_MAX), [block for block in blocks if budget.take([block])])


def mrkdwn(text: str, limit: int = TEXT_MAX) -> Block:
    # verbatim: Slack shall not turn bare URLs, #names and @names in a provider's text into links.
    return {"type": "mrkdwn", "text": cut(text, limit), "verbatim": True}


def plain_text(text: str, limit: int = 75) -> Block:
    return {"type": "plain_text", "text": cut(text, limit), "emoji": True}


def section(text: str, accessory: Block | None = None) -> Block:
    block: Block = {"type": "section", "text": mrkdwn(text)}
    return {**block, "accessory": accessory} if accessory else block


def fields(texts: Sequence[str]) -> list[Block]:
    """Return sections of two columns, ten fields each."""
    return [
        {"type": "section", "fields": [mrkdwn(text, FIELD_MAX) for text in texts[start : start + 10]]}
        for start in range(0, len(texts), 10)
    ]


def context(*texts: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(text) for text in texts[:10]]}


def header(text: str) -> Block:
    return {"type": "header", "text": plain_text(text, 150)}


def divider() -> Block:
    return {"type": "divider"}


def button(label: str, action_id: str, value: str, *, style: str | None = None, name: str | None = None) -> Block:
    """Return a button; `name` is what a screen reader says when the label alone is ambiguous."""
    block: Block = {"type": "button", "text": plain_text(label), "action_id": action_id, "value": value}
    if style:
        block["style"] = style
    if name:
        block["accessibility_label"] = cut(name, 75)
    return block


def select(placeholder: str, action_id: str, options: Sequence[tuple[str, str]], chosen: str | None) -> Block:
    """Return a select of (label, value) options, with one of them chosen."""
    drawn = {value: {"text": plain_text(label), "value": value} for label, value in options[:100]}
    block: Block = {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain_text(placeholder, 150),
        "options": list(drawn.values()),
    }
    return {**block, "initial_option": drawn[chosen]} if chosen in drawn else block


def actions(block_id: str, elements: Sequence[Block]) -> Block:
    return {"type": "actions", "block_id": block_id, "elements": list(elements[:25])}


def modal(title: str, blocks: Sequence[Block]) -> Block:
    return {"type": "modal", "title": plain_text(title, 24), "close": plain_text("Close", 24), "blocks": list(blocks)}
