"""Answers in modals: the blocks of a message, except those that need a message."""

from collections.abc import Iterator, Sequence

from bot.domain.button_payloads import PICK_SERVICE, PICK_STATE, SHARE
from bot.views.slack.block_kit import Block, Message, modal, section

TITLE = "Callboard"
_OF_MESSAGES = (SHARE, PICK_STATE, PICK_SERVICE)


def waiting(title: str = TITLE) -> Block:
    """Return the modal that opens immediately, while the services are asked."""
    return modal(title, [section("Asking …")])


def answer(title: str, message: Message) -> Block:
    """Return an answer as a modal."""
    return modal(title, list(shown(message.blocks)))


def shown(blocks: Sequence[Block]) -> Iterator[Block]:
    """Leave out the elements that need a channel or a message to replace."""
    for block in blocks:
        if block["type"] != "actions":
            yield block
        elif kept := [each for each in block["elements"] if not each["action_id"].startswith(_OF_MESSAGES)]:
            yield {**block, "elements": kept}
