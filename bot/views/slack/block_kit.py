"""Messages within Slack's limits. No other module counts blocks or characters."""

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from bot.domain.button_payloads import BLOCK_ID_MAX, BUTTON_MAX, SELECTS, CommandPayload
from bot.views.text import clean, cut, escaped, width

Block = dict[str, Any]

BLOCKS_MAX = 50
"""Blocks in a message (Slack's Block Kit reference)."""
CHARS_MAX = 12_500
"""Characters of all blocks of a message as JSON.

Slack was seen to reject more than about 13,200 (`msg_blocks_too_long`).
"""
TEXT_MAX = 3000
FIELD_MAX = 2000
FALLBACK_MAX = 3000


class Message(NamedTuple):
    """Blocks, and the plain text for notifications and screen readers."""

    text: str
    blocks: list[Block]


class Payload(Protocol):
    """The payload of a button."""

    def encode(self) -> str: ...

    def fits(self, limit: int) -> bool: ...


class Budget:
    """The blocks and characters that are left in a message."""

    def __init__(self, reserved: Sequence[Block] = (), *, blocks: int = BLOCKS_MAX, chars: int = CHARS_MAX) -> None:
        self.blocks = blocks - len(reserved)
        self.chars = chars - size(reserved)

    def take(self, blocks: Sequence[Block]) -> bool:
        """Take room for blocks. Return False, and take none, if they do not fit."""
        chars = size(blocks)
        if len(blocks) > self.blocks or chars > self.chars:
            return False
        self.blocks -= len(blocks)
        self.chars -= chars
        return True

    def fit(self, blocks: Sequence[Block], more: Callable[[int], Block]) -> list[Block]:
        """Take room for the first blocks that fit, and return them.

        `more` makes a block that counts those left out.
        """
        if self.take(blocks):
            return list(blocks)
        if not self.take([more(len(blocks))]):
            return []
        kept = 0
        while self.take([blocks[kept]]):
            kept += 1
        return [*blocks[:kept], more(len(blocks) - kept)]

    def fit_lines(self, lines: Sequence[str], more: Callable[[int], str], most: int = 1000) -> list[Block]:
        """Take room for the lines that fit, at most `most`, and return their blocks.

        `more` makes a line that counts those left out.
        """
        for kept in range(min(len(lines), most), -1, -1):
            left = len(lines) - kept
            blocks = stacked([*lines[:kept], *([more(left)] if left else [])])
            if self.take(blocks):
                return blocks
        return []

    def part(self, *, blocks: int, chars: int) -> "Budget":
        """Return a smaller budget within this one."""
        return Budget(blocks=min(blocks, self.blocks), chars=min(chars, self.chars))


def size(blocks: Sequence[Block]) -> int:
    return sum(width(json.dumps(block, ensure_ascii=False)) for block in blocks)


def message(text: str, blocks: Sequence[Block]) -> Message:
    """Make a message of the blocks that fit.

    `text` is plain. It is cut, and escaped, because Slack notifies people mentioned in the fallback too.
    """
    budget = Budget()
    lines = filter(None, map(clean, text.split("\n")))
    return Message(escaped("\n".join(lines), FALLBACK_MAX), [block for block in blocks if budget.take([block])])


def marked(message: Message, answer: str) -> Message:
    """Return a message whose buttons and selects carry the id of their answer."""
    return message._replace(blocks=[_marked(block, answer) for block in message.blocks])


def _marked(block: Block, answer: str) -> Block:
    changed = {**block}
    if str(block.get("block_id", "")).startswith(SELECTS):
        changed["block_id"] = SELECTS + _with_ids(block["block_id"].removeprefix(SELECTS), answer, BLOCK_ID_MAX)
    if "elements" in block:
        changed["elements"] = [_marked(element, answer) for element in block["elements"]]
    if "accessory" in block:
        changed["accessory"] = _marked(block["accessory"], answer)
    if block["type"] == "button":
        changed["value"] = _with_ids(block["value"], answer, BUTTON_MAX)
    return changed


def _with_ids(payload: str, answer: str, limit: int) -> str:
    command = CommandPayload.model_validate_json(payload).model_copy(update={"answer": answer})
    return command.encode() if command.fits(limit) else payload


def mrkdwn(text: str, limit: int = TEXT_MAX) -> Block:
    # verbatim: otherwise Slack turns bare URLs, #names and @names in a provider's text into links.
    return {"type": "mrkdwn", "text": cut(text, limit), "verbatim": True}


def plain_text(text: str, limit: int = 75) -> Block:
    return {"type": "plain_text", "text": cut(text, limit)}


def section(text: str, accessory: Sequence[Block] = ()) -> Block:
    """Return a paragraph, with a button beside it if there is one."""
    block: Block = {"type": "section", "text": mrkdwn(text)}
    return {**block, "accessory": accessory[0]} if accessory else block


def fields(texts: Sequence[str]) -> list[Block]:
    """Return sections of two columns, ten fields each."""
    return [
        {"type": "section", "fields": [mrkdwn(text, FIELD_MAX) for text in texts[start : start + 10]]}
        for start in range(0, len(texts), 10)
    ]


def context(*texts: str) -> Block:
    return {"type": "context", "elements": [mrkdwn(text) for text in texts[:10]]}


def divider() -> Block:
    return {"type": "divider"}


def stacked(lines: Sequence[str]) -> list[Block]:
    """Return these lines in as few sections as Slack's limit allows."""
    texts: list[str] = []
    for line in lines:
        if texts and width(texts[-1]) + width(line) < TEXT_MAX:
            texts[-1] += f"\n{line}"
        else:
            texts.append(line)
    return [section(text) for text in texts]


def button(
    label: str,
    action_id: str,
    command: Payload,
    *,
    style: str | None = None,
    name: str | None = None,
    limit: int = BLOCK_ID_MAX,
) -> list[Block]:
    """Return a button; none if its command is longer than `limit`.

    `limit` leaves room for other buttons. `name` is for screen readers, where the label is ambiguous.
    """
    if not command.fits(limit):
        return []
    block: Block = {"type": "button", "text": plain_text(label), "action_id": action_id, "value": command.encode()}
    if style:
        block["style"] = style
    if name:
        block["accessibility_label"] = cut(clean(name), 75)
    return [block]


def select(placeholder: str, action_id: str, options: Sequence[tuple[str, str]], chosen: str | None) -> Block:
    """Return a select of (label, value) options with one chosen."""
    drawn = {value: {"text": plain_text(label), "value": value} for label, value in options[:100]}
    block: Block = {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain_text(placeholder, 150),
        "options": list(drawn.values()),
    }
    return {**block, "initial_option": drawn[chosen]} if chosen in drawn else block


def actions(block_id: str, elements: Sequence[Block]) -> list[Block]:
    """Return a row of buttons or selects; none without elements, which Slack rejects."""
    return [{"type": "actions", "block_id": block_id, "elements": list(elements[:25])}] if elements else []


def modal(title: str, blocks: Sequence[Block], *, submit: str = "", callback_id: str = "", close: str = "") -> Block:
    """Return a modal. With `submit` it is a form, identified by its `callback_id`."""
    view: Block = {"type": "modal", "title": plain_text(title, 24), "blocks": list(blocks)}
    view["close"] = plain_text(close or ("Cancel" if submit else "Close"), 24)
    if submit:
        view |= {"submit": plain_text(submit, 24), "callback_id": callback_id}
    return view


def field(
    name: str, label: str, element: Block, *, optional: bool = False, hint: str = "", acts: bool = False
) -> Block:
    """Return a field of a form. With `acts` Slack sends each change immediately."""
    block: Block = {"type": "input", "block_id": name, "label": plain_text(label), "optional": optional}
    block["element"] = {"action_id": name.partition(":")[0], **element}
    if hint:
        block["hint"] = plain_text(hint, 300)
    return {**block, "dispatch_action": True} if acts else block


def text_field(placeholder: str, value: str = "", *, focus: bool = False) -> Block:
    """Return a text field of one line."""
    element: Block = {"type": "plain_text_input", "placeholder": plain_text(placeholder, 150)}
    element |= {"initial_value": cut(value, TEXT_MAX)} if value else {}
    return {**element, "focus_on_load": True} if focus else element


def choice(options: Sequence[tuple[str, str]], chosen: str) -> Block:
    """Return a select of (label, value) options for a form."""
    drawn = {value: {"text": plain_text(label), "value": value} for label, value in options[:100]}
    element: Block = {"type": "static_select", "options": list(drawn.values())}
    return {**element, "initial_option": drawn[chosen]} if chosen in drawn else element


def choices(options: Sequence[tuple[str, str]], chosen: Sequence[str]) -> Block:
    """Return a select of (label, value) options for a form, several at a time."""
    drawn = {value: {"text": plain_text(label), "value": value} for label, value in options[:100]}
    element: Block = {"type": "multi_static_select", "options": list(drawn.values()), "max_selected_items": len(drawn)}
    initial = [drawn[value] for value in chosen if value in drawn]
    return {**element, "initial_options": initial} if initial else element
