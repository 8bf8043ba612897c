"""Message shortcuts: look up or follow the jobs in any message."""

from functools import partial

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.deps.deps import Deps
from bot.domain import button_payloads
from bot.domain.answers import JobDetails
from bot.domain.button_payloads import CommandPayload
from bot.domain.extraction import Extracted, extract
from bot.domain.message_texts import length
from bot.slack_app.payloads import Asker, Body, deps_of
from bot.slack_app.response_urls import Respond
from bot.slack_app.responses import to_response_url
from bot.subscriptions.subscribe import Subscribing
from bot.views.slack import extraction
from bot.views.slack.block_kit import Message
from handlers.commands.grammar import Request
from handlers.slack.answer import details_of, kept
from handlers.slack.partial_answers import Answer, give
from handlers.slack.subscriptions import subscribing


def register(app: AsyncApp) -> None:
    """Add the shortcuts."""
    app.shortcut({"type": "message_action", "callback_id": button_payloads.LOOK_UP})(on_look_up)
    app.shortcut({"type": "message_action", "callback_id": button_payloads.SUBSCRIBE_TO})(on_subscribe)


async def on_look_up(
    ack: AsyncAck, body: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Look up every job that the message names."""
    await ack()
    deps = await deps_of(context)
    responder = await to_response_url(client, body, respond, context)
    await give(context, responder, await _looked_up(deps, await _extracted(deps, body.get("message"))))


async def on_subscribe(
    ack: AsyncAck, body: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Follow every job that the message names, in its channel."""
    await ack()
    deps = await deps_of(context)
    responder = await to_response_url(client, body, respond, context)
    found = await _extracted(deps, body.get("message"))
    await give(context, responder, _subscribed(deps, found, Asker.of(body, context)))


async def _extracted(deps: Deps, message: object) -> Extracted:
    """Return the jobs in all of a message."""
    return await deps.long_texts.read(length(message), partial(extract, message, deps.catalog))


async def _looked_up(deps: Deps, found: Extracted) -> Answer[JobDetails] | Message:
    if not found.addresses:
        return extraction.nothing(found, narrowed=deps.narrowed)
    command = await kept(deps, CommandPayload(text=str(_request("show", found))))
    return details_of(deps, found.addresses, command, extraction.notes(found))


def _subscribed(deps: Deps, found: Extracted, asker: Asker) -> Answer[Subscribing] | Message:
    if not found.addresses:
        return extraction.nothing(found, narrowed=deps.narrowed)
    options = _request("subscribe", found).subscription_options(asker.user, deps.clock())
    return subscribing(deps, found.addresses, asker.channel, options, extraction.notes(found))


def _request(command: str, found: Extracted) -> Request:
    return Request(command, jobs=tuple(map(str, found.addresses)))
