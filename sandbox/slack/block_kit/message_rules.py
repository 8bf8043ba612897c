"""Rules for message content: the checks of chat.* and response_urls, and generated ids."""

import copy
import json
import secrets
from collections.abc import Sequence
from typing import Any, cast

from sandbox.slack.block_kit.blocks import BLOCKS_CHARACTERS_MAX, characters, interactive, message_problems
from sandbox.slack.workspace.errors import SlackError
from sandbox.slack.workspace.model import Content, Json

TEXT_POST_MAX = 40_000
TEXT_UPDATE_MAX = 4_000
ATTACHMENTS_MAX = 100
METADATA_MAX = 16_384
"""Slack publishes no number for `metadata_too_large`. This one is the sandbox's, in characters of JSON."""


def read_content(text: str, blocks: Any, attachments: Any = None, *, text_max: int = TEXT_POST_MAX) -> Content:
    """Check a message's text, blocks and attachments (arrays, or JSON of them).

    Raises:
        SlackError: `no_text`, `msg_too_long`, `invalid_blocks_format`, `invalid_blocks`, `invalid_attachments` or
            `too_many_attachments`.
    """
    checked, hung = read_blocks(blocks), _read_attachments(attachments)
    if not text and not checked and not hung:
        raise SlackError("no_text")
    if len(text) > text_max:
        raise SlackError("msg_too_long")
    return Content(text, checked, hung)


def read_attachment(attachment: Json) -> Json:
    """Check one attachment and fill in Slack's defaults. Raises the errors of `read_blocks`."""
    blocks = {"blocks": read_blocks(attachment["blocks"])} if "blocks" in attachment else {}
    return {"fallback": "[no preview available]", **attachment, **blocks}


def read_blocks(blocks: Any) -> list[Json]:
    """Check blocks and fill in generated ids. Raises `invalid_blocks_format` or `invalid_blocks`."""
    decoded: Any = _decode(blocks)
    if decoded is not None and not isinstance(decoded, list):
        raise SlackError("invalid_blocks_format")
    listed = cast("list[Json]", decoded or [])
    if found := message_problems(listed):
        raise SlackError("invalid_blocks", found)
    return with_ids(listed)


def _read_attachments(attachments: Any) -> list[Json]:
    decoded: Any = _decode(attachments, "invalid_attachments")
    listed = cast("list[Any]", decoded or [])
    if not isinstance(decoded, list | None) or not all(isinstance(each, dict) for each in listed):
        raise SlackError("invalid_attachments")
    if len(listed) > ATTACHMENTS_MAX:
        raise SlackError("too_many_attachments")
    return [read_attachment(each) for each in listed]


def check_size(content: Content) -> None:
    """Refuse blocks whose total size is too large, as chat.* does: `msg_blocks_too_long`."""
    if characters(content.blocks) > BLOCKS_CHARACTERS_MAX:
        raise SlackError("msg_blocks_too_long")


def read_metadata(metadata: Any, *, or_none: bool = False) -> Json | None:
    """Check message metadata: an event_type and a payload. Raises Slack's `invalid_metadata_*` codes.

    With `or_none` an empty object means no metadata.
    """
    decoded = _decode(metadata, "invalid_metadata_format")
    if decoded is None or (or_none and decoded == {}):
        return None
    if not isinstance(decoded, dict):
        raise SlackError("invalid_metadata_format")
    found = cast("Json", decoded)
    if (
        not isinstance(found.get("event_type"), str)
        or not found["event_type"]
        or not isinstance(found.get("event_payload"), dict)
    ):
        raise SlackError("invalid_metadata_schema")
    if len(json.dumps(found)) > METADATA_MAX:
        raise SlackError("metadata_too_large")
    return found


def with_ids(blocks: Sequence[Json]) -> list[Json]:
    """Return the blocks with missing ids filled in, and Slack's defaults for plain text.

    The ids are block_ids and action_ids.
    """
    filled = copy.deepcopy(list(blocks))
    for block in filled:
        block.setdefault("block_id", secrets.token_urlsafe(4))
        for _, element in interactive(block):
            element.setdefault("action_id", secrets.token_urlsafe(4))
        _default_emoji(block)
    return filled


def _default_emoji(node: Any) -> None:
    if isinstance(node, dict):
        found = cast("Json", node)
        if found.get("type") == "plain_text":
            found.setdefault("emoji", True)
        for value in found.values():
            _default_emoji(value)
    elif isinstance(node, list):
        for value in cast("list[Any]", node):
            _default_emoji(value)


def _decode(value: Any, code: str = "invalid_blocks_format") -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value) if value else None
    except ValueError:
        raise SlackError(code) from None
