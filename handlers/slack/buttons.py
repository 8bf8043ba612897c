"""The buttons and selects of answers, and all clicks without another listener.

Every button carries the command that it runs (`bot.domain.button_payloads.CommandPayload`). So each click runs like a
typed command: acknowledge, parse, one use case, one view.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import ClassVar

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.deps.deps import Deps
from bot.deps.permissions import posted_to
from bot.domain import button_payloads
from bot.domain.button_payloads import CommandPayload
from bot.domain.catalog import Catalog
from bot.domain.slack_ids import bare_id
from bot.home_tab import show_change
from bot.jobs.queries import show_jobs
from bot.slack_api.errors import error_code
from bot.slack_app.modals import Modal
from bot.slack_app.payloads import Asker, Body, deps_of, newest, picked_value, read_ask
from bot.slack_app.response_urls import Respond
from bot.slack_app.responses import ChannelPost, InPlace, Responder, ResponseUrl, to_response_url
from bot.views.slack import details, errors, modals
from bot.views.slack.block_kit import Message
from handlers.commands.grammar import Request
from handlers.commands.job_arguments import addresses_of
from handlers.slack.answer import answer
from handlers.slack.command_reader import read
from handlers.slack.partial_answers import give
from providers.http.deadline import fresh
from providers.json_fields import mapping
from providers.models import JobRef

ANYTHING = re.compile("")


def register(app: AsyncApp) -> None:
    """Add the buttons and selects of answers. Register it last: it also answers every unknown click."""
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


async def on_run(  # noqa: PLR0917  # Bolt passes by name
    ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Run Next, Previous or a correction: replace the old answer with the new one."""
    await ack()
    deps = await deps_of(context)
    if respond.response_url is None:
        context["reply"] = modal = Modal.clicked(client, body, newest(context, body))
        command = await read_ask(deps, action.get("value"))
        await give(context, modal, await answer(deps, command, Asker.of(body, context)))
    else:
        await _replace(context, await read_ask(deps, action.get("value")), body, respond)


async def on_refresh(  # noqa: PLR0917  # Bolt passes by name
    ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Refresh an answer: run its command again with new requests."""
    with fresh():
        await on_run(ack, body, action, client, respond, context)


async def on_open(  # noqa: PLR0917  # Bolt passes by name
    ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Run Details, Subscribe or Unsubscribe: add an answer below, for the person who clicked."""
    await ack()
    responder = await to_response_url(client, body, respond, context)
    deps, asker = await deps_of(context), Asker.of(body, context)
    command = await read_ask(deps, action.get("value"))
    await give(context, responder, await answer(deps, command, asker))
    if not command.text.startswith("show "):
        await show_change(deps, body, asker.user)


async def on_pick(ack: AsyncAck, body: Body, action: Body, respond: Respond, context: AsyncBoltContext) -> None:
    """Run a list's command again with the picked state or scope."""
    await ack()
    deps = await deps_of(context)
    command = await read_ask(deps, str(action.get("block_id", "")).removeprefix(button_payloads.SELECTS))
    request, picked = await read(deps, command.text), picked_value(action)
    value = "" if picked == button_payloads.ANY else picked
    if action["action_id"] == button_payloads.PICK_STATE:
        request = request.with_filter("state", value)
    else:
        scope = (await read(deps, f"list {value}")).scope
        narrowed = request.with_scope(scope)
        left = any(narrowed.scope.covers(*pair) for pair in deps.catalog.pairs)
        request = narrowed if left else replace(narrowed, scope=scope)
    await _replace(context, CommandPayload(text=str(request)), body, respond)


async def on_share(  # noqa: PLR0917  # Bolt passes by name
    ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Post a fresh answer to the channel, with the name of the sharer."""
    await ack()
    deps, asker = await deps_of(context), Asker.of(body, context)
    command = await read_ask(deps, action.get("value"))
    accounts = accounts_of(deps, await read(deps, command.text))
    readers = posted_to(deps, asker.channel, asker.user, accounts)
    shared = await answer(readers, command.model_copy(update={"shared_by": asker.user}), asker)
    channel = _Shared(ChannelPost(client, bare_id(asker.channel)), respond, deps, asker, accounts)
    with fresh():
        await give(context, channel, shared)


@dataclass(frozen=True, slots=True)
class _Shared:
    """Answers in the channel of a click for all members, even if Callboard isn't one."""

    channel: ChannelPost
    respond: Respond
    deps: Deps
    asker: Asker
    accounts: Collection[str]
    edits: ClassVar[bool] = True

    async def show(self, message: Message) -> Responder:
        try:
            return await self.channel.show(message)
        except SlackApiError as error:
            if error_code(error) not in {"not_in_channel", "channel_not_found"}:
                raise
        # The response URL still works there. The channel may be other people's direct message, so no reader is named.
        posted_to(self.deps, self.asker.channel, "", self.accounts)
        return await ResponseUrl(self.respond, response_type="in_channel").show(message)


async def on_raw(ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
    """Open the modal with raw data, and fill it when the provider has answered.

    The modal opens first, because its trigger expires after 3 s.
    """
    await ack()
    deps = await deps_of(context)
    command = await read_ask(deps, action.get("value"))
    named = addresses_of(await read(deps, command.text), deps.catalog)
    modal = await Modal.over(client, body, details.raw_loading())
    await modal.update(details.raw(await show_jobs(deps, named)))


async def on_unknown_button(
    ack: AsyncAck, body: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Answer a click on a button, select or shortcut of another Callboard version."""
    await ack()
    responder = await to_response_url(client, body, respond, context)
    await responder.show(errors.expired())


async def on_unknown_form(ack: AsyncAck) -> None:
    """Replace a form of another Callboard version with a message."""
    await ack(response_action="update", view=modals.answer("Callboard", errors.expired()))


def accounts_of(deps: Deps, request: Request) -> set[str]:
    """Return the accounts that an answer may mention, according to its command."""
    if request.command == "help":
        return set()
    if request.jobs and all(isinstance(each, JobRef) for each in addresses_of(request, deps.catalog)):
        return named_accounts(request, deps.catalog)
    return {each.account for each in request.scope.pick(deps.providers)}


def named_accounts(request: Request, catalog: Catalog) -> set[str]:
    """Return the accounts that a command names."""
    refs = {each.account for each in addresses_of(request, catalog) if isinstance(each, JobRef)}
    scopes = {*filter(None, [request.scope.account]), *(name.partition("/")[0] for name in request.scope.without)}
    return refs | (scopes & {*catalog.accounts})


async def _replace(context: AsyncBoltContext, command: CommandPayload, body: Body, respond: Respond) -> None:
    """Replace the clicked message with an answer, unless a later click already did."""
    deps, asker = await deps_of(context), Asker.of(body, context)
    reply = InPlace(respond, newest(context, body))
    if not mapping(body.get("container")).get("is_ephemeral"):  # other people read it as well
        # A shared answer may be in a direct message between two people.
        reader = "" if command.shared_by else asker.user
        accounts = named_accounts(await read(deps, command.text), deps.catalog)
        deps = posted_to(deps, asker.channel, reader, accounts)
    await give(context, reply, await answer(deps, command, asker))
