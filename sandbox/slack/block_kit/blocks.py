"""Block Kit's blocks with Slack's limits, and checks across a message's blocks."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Annotated, Any, Literal, Self, cast

from pydantic import Field, model_validator

from sandbox.slack.block_kit.composition import ID_MAX, TEXT_MAX, AnyText, Mrkdwn, PlainText, Strict, at_most, refuse
from sandbox.slack.block_kit.elements import Accessory, ActionElement, Image, InputElement
from sandbox.slack.block_kit.validation_errors import problems
from sandbox.slack.workspace.model import Json

BLOCKS_MAX = 50
MARKDOWN_MAX = 12_000
BLOCKS_CHARACTERS_MAX = 13_200
"""Observed, undocumented (slackapi/bolt-js#2509 and #2867). How Slack counts is unknown; the sandbox counts compact
JSON, the strictest plausible way. Only chat.* has this limit: a response_url accepts the same blocks.
"""


class _Block(Strict):
    block_id: Annotated[str, Field(max_length=ID_MAX)] = ""


class Section(_Block):
    type: Literal["section"]
    text: Annotated[AnyText, at_most(TEXT_MAX, either=True)] | None = None
    fields: (
        Annotated[list[Annotated[AnyText, at_most(2000, either=True)]], Field(min_length=1, max_length=10)] | None
    ) = None
    accessory: Accessory | None = None
    expand: bool = False

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.text is None and self.fields is None:
            raise refuse("must define either `text` or `fields`")
        return self


class Header(_Block):
    type: Literal["header"]
    text: Annotated[PlainText, at_most(150)]


class Divider(_Block):
    type: Literal["divider"]


class Context(_Block):
    type: Literal["context"]
    elements: Annotated[
        list[
            Annotated[
                Annotated[PlainText, at_most(TEXT_MAX)] | Annotated[Mrkdwn, at_most(TEXT_MAX)] | Image,
                Field(discriminator="type"),
            ]
        ],
        Field(min_length=1, max_length=10),
    ]


class Actions(_Block):
    type: Literal["actions"]
    elements: Annotated[list[ActionElement], Field(min_length=1, max_length=25)]


class ImageBlock(_Block, Image):
    title: Annotated[PlainText, at_most(2000)] | None = None


class InputBlock(_Block):
    type: Literal["input"]
    label: Annotated[PlainText, at_most(2000)]
    element: InputElement
    hint: Annotated[PlainText, at_most(2000)] | None = None
    optional: bool = False
    dispatch_action: bool = False


class RichText(_Block):
    """Accepted without checks: no known app builds it by hand."""

    type: Literal["rich_text"]
    elements: list[dict[str, Any]]


class Markdown(_Block):
    """Messages only. The limit counts all markdown blocks of a message together."""

    type: Literal["markdown"]
    text: Annotated[str, Field(min_length=1, max_length=MARKDOWN_MAX)]


SurfaceBlock = Section | Header | Divider | Context | Actions | ImageBlock | InputBlock | RichText
ViewBlock = Annotated[SurfaceBlock, Field(discriminator="type")]
MessageBlock = Annotated[SurfaceBlock | Markdown, Field(discriminator="type")]


class _Message(Strict):
    blocks: Annotated[list[MessageBlock], Field(max_length=BLOCKS_MAX)]


def message_problems(blocks: Sequence[Json]) -> list[str]:
    """Return the problems of a message's blocks, in Slack's words; empty for a valid message."""
    found = problems(_Message, {"blocks": list(blocks)})
    return found or [*repeated_ids(blocks, "/blocks"), *_too_much_markdown(blocks)]


def characters(blocks: Sequence[Json]) -> int:
    """Return how many characters of `BLOCKS_CHARACTERS_MAX` the blocks use."""
    return len(json.dumps(blocks, ensure_ascii=False, separators=(",", ":")))


def repeated_ids(blocks: Sequence[Json], pointer: str) -> Iterator[str]:
    """Yield repeated ids: block_ids in a message or view, action_ids in a block."""
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        block_id = block.get("block_id")
        if block_id and block_id in seen:
            yield f'`block_id` "{block_id}" already exists [json-pointer:{pointer}/{index}/block_id]'
        seen.add(block_id or "")
        yield from _repeated_actions(block, f"{pointer}/{index}")


def interactive(block: Json) -> list[tuple[str, Json]]:
    """Return a block's interactive elements, each with its path inside the block."""
    listed = [(f"elements/{at}", element) for at, element in enumerate(_elements(block))]
    single = [(key, cast("Json", block[key])) for key in ("accessory", "element") if key in block]
    return [(path, element) for path, element in [*listed, *single] if element.get("type") != "image"]


def _elements(block: Json) -> list[Json]:
    return block.get("elements", []) if block.get("type") == "actions" else []


def _repeated_actions(block: Json, pointer: str) -> Iterator[str]:
    seen: Counter[str] = Counter()
    for path, element in interactive(block):
        action_id = element.get("action_id", "")
        seen[action_id] += 1
        if action_id and seen[action_id] > 1:
            yield f'`action_id` "{action_id}" already exists [json-pointer:{pointer}/{path}/action_id]'


def _too_much_markdown(blocks: Sequence[Json]) -> Iterator[str]:
    total = sum(len(block["text"]) for block in blocks if block.get("type") == "markdown")
    if total > MARKDOWN_MAX:
        yield f"cumulative markdown text must be less than {MARKDOWN_MAX + 1} characters [json-pointer:/blocks]"
