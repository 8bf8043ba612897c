"""Message shortcuts: the jobs that any message names, looked up or followed."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext, AsyncRespond
from slack_sdk.web.async_client import AsyncWebClient

from bot import payloads
from bot.extracting import Extracted, extract
from bot.jobs import show_jobs
from bot.payloads import Ask
from bot.replies import Asker, below, services_of
from bot.services import Services
from bot.subscriptions import SEEK_MINUTES, subscribe
from bot.views import details, extracted, subscriptions
from bot.views.message import Message
from handlers.grammar import Request
from handlers.jobs import kept
from providers.registry import meaning

Body = dict[str, Any]


def register(app: AsyncApp) -> None:
    """Add the shortcuts."""
    app.shortcut({"type": "message_action", "callback_id": payloads.LOOK_UP})(on_look_up)
    app.shortcut({"type": "message_action", "callback_id": payloads.SUBSCRIBE_TO})(on_subscribe)


async def on_look_up(
    ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond, context: AsyncBoltContext
) -> None:
    """Look up jobs: what the services know of every job that the message names."""
    await ack()
    services = services_of(context)
    reply = await below(client, body, respond, context)
    await services.pace.turn()
    await reply.show(await _looked_up(services, extract(body.get("message"), services.catalog)))


async def on_subscribe(
    ack: AsyncAck, body: Body, client: AsyncWebClient, respond: AsyncRespond, context: AsyncBoltContext
) -> None:
    """Subscribe to jobs: follow every job that the message names, in its channel."""
    await ack()
    services = services_of(context)
    reply = await below(client, body, respond, context)
    await services.pace.turn()
    found = extract(body.get("message"), services.catalog)
    await reply.show(await _subscribed(services, found, Asker.of(body, context)))


async def _looked_up(services: Services, found: Extracted) -> Message:
    if not found.addresses:
        return extracted.nothing(found, narrowed=services.narrowed)
    ask = await kept(services, Ask(text=str(_request("show", found))))
    shown = await show_jobs(services, found.addresses)
    return details.job_details(shown, ask, meaning, extracted.notes(found))


async def _subscribed(services: Services, found: Extracted, asker: Asker) -> Message:
    if not found.addresses:
        return extracted.nothing(found, narrowed=services.narrowed)
    terms = _request("subscribe", found).terms(asker.user, services.clock())
    known, result = await subscribe(services, found.addresses, asker.channel, terms)
    notes = extracted.notes(found)
    return subscriptions.subscribed(known, result, terms, asker.channel, SEEK_MINUTES, notes)


def _request(command: str, found: Extracted) -> Request:
    return Request(command, jobs=tuple(map(str, found.addresses)))
