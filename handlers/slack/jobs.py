"""`/jobs`: a command typed, a button pressed, a select changed.

Every button carries the command that it runs (`bot.domain.button_payloads.Ask`), so all of them take the way of a typed
command: acknowledge, parse, one use case, one view. Nothing is caught here; `bot.slack_app.app` has the one error
handler.
"""

import re
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.deps.deps import Services
from bot.deps.permissions import posted_to
from bot.domain import button_payloads
from bot.domain.answers import JobDetails, JobList
from bot.domain.button_payloads import Ask
from bot.domain.catalog import Catalog
from bot.domain.errors import StoreUnavailable
from bot.domain.identifiers import Address
from bot.domain.slack_ids import id_of
from bot.home_tab import show_change
from bot.jobs.account_health import check_accounts
from bot.jobs.fan_out import Asking
from bot.jobs.queries import find_jobs, list_jobs, show_jobs
from bot.slack_api.errors import refusal
from bot.slack_app.modals import Modal
from bot.slack_app.response_urls import Respond
from bot.slack_app.responses import (
    Asker,
    Below,
    InChannel,
    InPlace,
    Reply,
    below,
    newest,
    origin_of,
    picked_value,
    read_ask,
    services_of,
)
from bot.views.slack import accounts as accounts_view
from bot.views.slack import details, errors, jobs, modals
from bot.views.slack import help as help_view
from bot.views.slack.block_kit import Message
from handlers.commands import grammar
from handlers.commands.grammar import Request
from handlers.commands.job_arguments import addresses_of
from handlers.commands.lexer import bare, undecorated
from handlers.slack import subscriptions
from handlers.slack.command_reader import read, typed
from handlers.slack.find_form import open_find
from handlers.slack.partial_answers import Answer, give
from handlers.slack.subscribe_form import open_subscribe
from providers.http.deadline import fresh
from providers.json_fields import mapping
from providers.models import JobRef
from providers.registry import meaning

Body = dict[str, Any]
FORMS = {"subscribe": open_subscribe, "find": open_find}
"""What the bare name of a command opens."""
ANYTHING = re.compile("")


def register(app: AsyncApp) -> None:
    """Add `/jobs` and everything that its answers can be clicked for."""
    app.command("/jobs")(on_command)
    app.action(button_payloads.FRESH)(on_refresh)
    app.action(re.compile(f"^{button_payloads.RUN}:"))(on_run)
    app.action(re.compile(f"^{button_payloads.OPEN}:"))(on_open)
    app.action(re.compile(f"^{button_payloads.SHARE}:"))(on_share)
    app.action(re.compile(f"^{button_payloads.RAW}:"))(on_raw)
    app.action(button_payloads.PICK_STATE)(on_pick)
    app.action(button_payloads.PICK_SERVICE)(on_pick)
    app.action(ANYTHING)(on_unknown_button)
    app.shortcut(ANYTHING)(on_unknown_button)
    app.view(ANYTHING)(on_unknown_form)


async def on_command(
    ack: AsyncAck, command: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Answer the asker alone; a command that says nothing but its name opens its form."""
    await ack()
    ask = Ask(text=undecorated(typed(command.get("text", ""))))
    if form := FORMS.get(bare(ask.text)):
        await form(context, client, command, origin_of(command, respond))
        return
    services = await services_of(context)
    await give(context, Below(respond), await answer(services, ask, Asker.of(command, context)))


async def on_run(  # noqa: PLR0917  # Bolt passes by name
    ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Next, Previous and corrections: the new answer takes the old one's place."""
    await ack()
    services = await services_of(context)
    if respond.response_url is None:
        context["reply"] = modal = Modal.clicked(client, body, newest(context, body))
        ask = await read_ask(services, action.get("value"))
        await give(context, modal, await answer(services, ask, Asker.of(body, context)))
    else:
        await _replace(context, await read_ask(services, action.get("value")), body, respond)


async def on_refresh(  # noqa: PLR0917  # Bolt passes by name
    ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Refresh: the same answer as of now."""
    with fresh():
        await on_run(ack, body, action, client, respond, context)


async def on_open(  # noqa: PLR0917  # Bolt passes by name
    ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Details, Subscribe, Unsubscribe: one more answer below, for the person who clicked."""
    await ack()
    reply = await below(client, body, respond, context)
    services, asker = await services_of(context), Asker.of(body, context)
    ask = await read_ask(services, action.get("value"))
    await give(context, reply, await answer(services, ask, asker))
    if not ask.text.startswith("show "):
        await show_change(services, body, asker.user)


async def on_pick(ack: AsyncAck, body: Body, action: Body, respond: Respond, context: AsyncBoltContext) -> None:
    """The selects under a list: the same command with another state or scope."""
    await ack()
    services = await services_of(context)
    ask = await read_ask(services, str(action.get("block_id", "")).removeprefix(button_payloads.SELECTS))
    request, picked = await read(services, ask.text), picked_value(action)
    value = "" if picked == button_payloads.ANY else picked
    if action["action_id"] == button_payloads.PICK_STATE:
        request = request.with_filter("state", value)
    else:
        request = request.with_scope((await read(services, f"list {value}")).scope)
    await _replace(context, Ask(text=str(request)), body, respond)


async def on_share(  # noqa: PLR0917  # Bolt passes by name
    ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Post a fresh answer to the channel, with the name of who shared it."""
    await ack()
    services, asker = await services_of(context), Asker.of(body, context)
    ask = await read_ask(services, action.get("value"))
    accounts = accounts_of(services, await read(services, ask.text))
    readers = posted_to(services, asker.channel, asker.user, accounts)
    shared = await answer(readers, ask.model_copy(update={"shared_by": asker.user}), asker)
    channel = _Shared(InChannel(client, id_of(asker.channel)), respond, services, asker, accounts)
    with fresh():
        await give(context, channel, shared)


@dataclass(frozen=True, slots=True)
class _Shared:
    """In the channel of a click, for all its members, also where Callboard is none of them."""

    channel: InChannel
    respond: Respond
    services: Services
    asker: Asker
    accounts: Collection[str]
    edits: ClassVar[bool] = True

    async def show(self, message: Message) -> Reply:
        try:
            return await self.channel.show(message)
        except SlackApiError as error:
            if refusal(error) not in {"not_in_channel", "channel_not_found"}:
                raise
        # The answer to the click may still be posted there; a direct message is not Callboard's own.
        posted_to(self.services, self.asker.channel, "", self.accounts)
        return await Below(self.respond, response_type="in_channel").show(message)


async def on_raw(ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
    """Open the modal at once, within the 3 s of its trigger, and fill it when the provider has answered."""
    await ack()
    services = await services_of(context)
    ask = await read_ask(services, action.get("value"))
    named = addresses_of(await read(services, ask.text), services.catalog)
    modal = await Modal.over(client, body, details.raw_loading())
    await modal.update(details.raw(await show_jobs(services, named)))


async def on_unknown_button(
    ack: AsyncAck, body: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """A button, select or shortcut of another Callboard."""
    await ack()
    reply = await below(client, body, respond, context)
    await reply.show(errors.expired())


async def on_unknown_form(ack: AsyncAck) -> None:
    """A form of another Callboard: the words take its place."""
    await ack(response_action="update", view=modals.answer("Callboard", errors.expired()))


def accounts_of(services: Services, request: Request) -> set[str]:
    """Return the accounts of which an answer may tell, as far as the command says."""
    if request.command == "help":
        return set()
    if request.jobs and all(isinstance(each, JobRef) for each in addresses_of(request, services.catalog)):
        return named_accounts(request, services.catalog)
    return {each.account for each in request.scope.pick(services.providers)}


def named_accounts(request: Request, catalog: Catalog) -> set[str]:
    """Return the accounts that a command names."""
    refs = {each.account for each in addresses_of(request, catalog) if isinstance(each, JobRef)}
    return refs | ({request.scope.account} if request.scope.account else set())


async def answer(services: Services, ask: Ask, asker: Asker) -> Answer[Any] | Message:
    """Run a command and return what to show. Raises UsageError when it cannot be understood."""
    request = await read(services, ask.text)
    ask = ask.model_copy(update={"text": str(request)})
    if request.command in subscriptions.COMMANDS:
        return await subscriptions.answer(services, request, ask, asker)
    if request.command == "help":
        await services.pace.turn()
        return help_page(request.text)
    return _about_jobs(services, request, await kept(services, ask))


def _about_jobs(services: Services, request: Request, ask: Ask) -> Answer[Any]:
    match request.command:
        case "find":
            found = find_jobs(services, request.text, offset=ask.offset, limit=request.limit)
            return _list(found, ask, jobs.Controls())
        case "show":
            return details_of(services, addresses_of(request, services.catalog), ask)
        case "accounts":
            return Answer(check_accounts(services), accounts_view.accounts, accounts_view.late)
        case _:
            query = request.query(services.clock())
            found = list_jobs(services, request.scope, query, offset=ask.offset, limit=request.limit)
            return _list(found, ask, _controls(request, services))


def _list(found: Asking[JobList], ask: Ask, controls: jobs.Controls) -> Answer[JobList]:
    return Answer(found, partial(jobs.job_list, ask=ask, controls=controls), jobs.late)


def details_of(
    services: Services, addresses: Sequence[Address], ask: Ask, notes: Sequence[str] = ()
) -> Answer[JobDetails]:
    """Show jobs; `notes` are further lines about what was asked for."""
    view = partial(details.job_details, ask=ask, meaning=meaning, notes=notes)
    return Answer(show_jobs(services, addresses), view, partial(details.late, meaning=meaning))


def help_page(topic: str) -> Message:
    """Return the overview, or what there is to say about one command."""
    if not topic:
        return help_view.overview([(command.usage, command.summary) for command in grammar.COMMANDS])
    command = grammar.COMMAND[topic]
    words = [(word.example, word.meaning) for word in command.words]
    title = "Options" if command.words is grammar.OPTIONS else "Filters"
    return help_view.command(command.usage, command.summary, command.details, command.examples, words, title=title)


def _controls(request: Request, services: Services) -> jobs.Controls:
    catalog = services.catalog
    scopes = tuple(dict.fromkeys((*catalog.accounts, *catalog.services, *catalog.scopes)))
    state = dict(request.filters).get("state", button_payloads.ANY)
    return jobs.Controls(scopes, state, str(request.scope) or button_payloads.ANY)


async def _replace(context: AsyncBoltContext, ask: Ask, body: Body, respond: Respond) -> None:
    """Put an answer in the place of the message clicked on, unless a later click was answered there already."""
    services, asker = await services_of(context), Asker.of(body, context)
    reply = InPlace(respond, newest(context, body))
    if not mapping(body.get("container")).get("is_ephemeral"):  # others read it too
        # What was shared may stand in the direct messages of two people.
        reader = "" if ask.shared_by else asker.user
        accounts = named_accounts(await read(services, ask.text), services.catalog)
        services = posted_to(services, asker.channel, reader, accounts)
    await give(context, reply, await answer(services, ask, asker))


async def kept(services: Services, ask: Ask) -> Ask:
    """Keep a command in Redis that is too long for buttons; without Redis its answer has none."""
    if ask.fits(button_payloads.COMMAND_MAX):
        return ask
    with suppress(StoreUnavailable):
        return ask.model_copy(update={"key": await services.store.payloads.put(ask.text)})
    return ask
