"""`/jobs why`: explain what was posted here about a job, group or watch."""

from typing import Any

from bot.deps.deps import Deps
from bot.deps.permissions import destination_of_button
from bot.domain.button_payloads import CommandPayload
from bot.domain.slack_ids import is_direct_channel
from bot.slack_app.payloads import Asker
from bot.views.slack import why as views
from bot.views.slack.block_kit import Message
from bot.watches.explain_group import explain_group
from bot.watches.explain_job import explain_job
from bot.watches.explain_watch import explain_watch
from handlers.commands.grammar import Request
from handlers.commands.job_arguments import addresses_of
from handlers.slack.partial_answers import Answer


async def answer(deps: Deps, request: Request, command: CommandPayload, asker: Asker) -> Answer[Any] | Message:
    """Explain a job, a group or a watch. Raises UsageError for one that doesn't exist here."""
    here = await destination_of_button(deps, command.place, asker.channel, asker.user)
    # In a direct message with the bot, posts to the person appear here.
    destinations = [here, asker.user] if is_direct_channel(here) else [here]
    if not request.ids:
        [address, *_] = addresses_of(request, deps.catalog)
        return Answer(explain_job(deps, address, destinations), views.job, views.late)
    await deps.admission.turn()
    [named] = request.ids
    # A person can ask anywhere about heads and watches of their direct messages.
    places = list(dict.fromkeys([*destinations, asker.user]))
    if named.startswith("g"):
        return views.group((await explain_group(deps, named, places))[0])
    return views.watch((await explain_watch(deps, named, places))[0])
