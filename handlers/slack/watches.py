"""Watches: the commands `watch`, `unwatch`, `why` and `mute`."""

from typing import Any

from bot.deps.deps import Deps
from bot.domain.button_payloads import CommandPayload
from bot.domain.errors import Problem, UsageError
from bot.slack_app.payloads import Asker
from bot.views.slack.block_kit import Message
from handlers.commands.grammar import MUTE, Request
from handlers.slack.partial_answers import Answer

COMMANDS = frozenset({"watch", "unwatch", "why", MUTE})


async def answer(deps: Deps, request: Request, command: CommandPayload, asker: Asker) -> Answer[Any] | Message:
    """Run one of the commands and return what to show. Raises UsageError."""
    del deps, command, asker
    raise UsageError(Problem.NOT_YET, request.command)
