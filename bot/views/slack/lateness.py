"""The block of an answer that names the services that are still being asked."""

from bot.domain.answers import Partial
from bot.views.lateness import still_asking
from bot.views.slack.block_kit import Block, context


def still_asked(answer: Partial) -> list[Block]:
    """Return the line of an answer that names them, where there are any."""
    return [context(still_asking(answer.pending))] if answer.pending else []
