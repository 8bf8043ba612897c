"""What a button or select carries: the command that it runs, as somebody would type it."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

BUTTON_MAX = 2000
"""Slack's limit for a button's value, in characters."""
BLOCK_ID_MAX = 255
"""Slack's limit for a block_id, in characters."""


class Ask(BaseModel):
    """A command (`list media-cn state:failed`, `show media-cn/video-ocr/ID`) and how many jobs to skip.

    When the command does not fit Slack's limits it stays in Redis and `key` names it; then `text` is empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    v: Literal[1] = 1
    text: str = ""
    offset: int = 0
    key: str | None = None

    def encode(self) -> str:
        """The payload as compact JSON, defaults left out."""
        return self.model_dump_json(exclude_defaults=True)
