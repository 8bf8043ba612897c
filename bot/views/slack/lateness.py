"""The block that names the services still being asked."""

from bot.domain.answers import Partial
from bot.views.lateness import still_asking
from bot.views.slack.block_kit import Block, context


def still_asked(answer: Partial) -> list[Block]:
    """Return the line that names the pending services; none without any."""
    return [context(still_asking(answer.pending))] if answer.pending else []
