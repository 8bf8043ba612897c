"""Run a command and return its answer, for typed commands, buttons and messages."""

from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from bot.deps.deps import Deps
from bot.domain import button_payloads
from bot.domain.answers import JobDetails, JobList
from bot.domain.button_payloads import CommandPayload
from bot.domain.errors import StoreUnavailable
from bot.domain.identifiers import Address
from bot.jobs.account_health import check_accounts
from bot.jobs.fan_out import Asking
from bot.jobs.queries import find_jobs, list_jobs, show_jobs
from bot.slack_app.payloads import Asker
from bot.views.list_notes import without
from bot.views.slack import accounts as accounts_view
from bot.views.slack import details, jobs
from bot.views.slack import help as help_view
from bot.views.slack.block_kit import Message
from handlers.commands import grammar
from handlers.commands.grammar import Request
from handlers.commands.job_arguments import addresses_of
from handlers.slack import subscriptions, watches, why
from handlers.slack.command_reader import read
from handlers.slack.partial_answers import Answer
from providers.registry import meaning


async def answer(deps: Deps, command: CommandPayload, asker: Asker) -> Answer[Any] | Message:
    """Run a command and return its answer. Raises UsageError if the command is invalid."""
    request = await read(deps, command.text)
    command = command.model_copy(update={"text": str(request)})
    if request.command in subscriptions.COMMANDS:
        return await subscriptions.answer(deps, request, command, asker)
    if request.command in watches.COMMANDS:
        return await watches.answer(deps, request, command, asker)
    if request.command == "why":
        return await why.answer(deps, request, command, asker)
    if request.command == "help":
        await deps.admission.turn()
        return help_page(request.text)
    return _about_jobs(deps, request, await kept(deps, command))


def _about_jobs(deps: Deps, request: Request, command: CommandPayload) -> Answer[Any]:
    match request.command:
        case "find":
            found = find_jobs(deps, request.text, offset=command.offset, limit=request.limit)
            return _list(found, command, jobs.Controls())
        case "show":
            return details_of(deps, addresses_of(request, deps.catalog), command)
        case "accounts":
            return Answer(check_accounts(deps), accounts_view.accounts, accounts_view.late)
        case _:
            query = request.query(deps.clock())
            found = list_jobs(deps, request.scope, query, offset=command.offset, limit=request.limit)
            return _list(found, command, _controls(request, deps))


def _list(found: Asking[JobList], command: CommandPayload, controls: jobs.Controls) -> Answer[JobList]:
    return Answer(found, partial(jobs.job_list, command=command, controls=controls), jobs.late)


def details_of(
    deps: Deps, addresses: Sequence[Address], command: CommandPayload, notes: Sequence[str] = ()
) -> Answer[JobDetails]:
    """Return the details of jobs. `notes` are extra lines about the request."""
    view = partial(details.job_details, command=command, meaning=meaning, notes=notes)
    return Answer(show_jobs(deps, addresses), view, partial(details.late, meaning=meaning))


def help_page(topic: str) -> Message:
    """Return the overview, or the help of one command."""
    if not topic:
        return help_view.overview([(command.usage, command.summary) for command in grammar.COMMANDS])
    command = grammar.COMMAND[topic]
    words = [(word.example, word.meaning) for word in command.words]
    title = "Filters" if command.words is grammar.FILTERS else "Options"
    return help_view.command(command.usage, command.summary, command.details, command.examples, words, title=title)


def _controls(request: Request, deps: Deps) -> jobs.Controls:
    catalog = deps.catalog
    scopes = tuple(dict.fromkeys((*catalog.accounts, *catalog.services, *catalog.scopes)))
    state = dict(request.filters).get("state", button_payloads.ANY)
    left_out = without(request.scope.without, request.without)
    return jobs.Controls(scopes, state, str(request.scope) or button_payloads.ANY, left_out)


async def kept(deps: Deps, command: CommandPayload) -> CommandPayload:
    """Store a command in Redis if it is too long for buttons. Without Redis, the answer has no buttons."""
    if command.fits(button_payloads.COMMAND_MAX):
        return command
    with suppress(StoreUnavailable):
        return command.model_copy(update={"key": await deps.store.payloads.put(command.text)})
    return command
