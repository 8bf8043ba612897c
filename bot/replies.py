"""How answers get back to Slack, and how clicks come in."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, Self, cast

from aiohttp import ClientError
from pydantic import ValidationError
from slack_bolt.async_app import AsyncBoltContext, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook import WebhookResponse

from bot.errors import BotError, ExpiredError
from bot.modals import Modal, Origin
from bot.payloads import Ask
from bot.places import id_of, in_workspace
from bot.services import Services
from bot.store import StoreUnavailable
from bot.views.message import Message
from bot.views.modals import waiting
from providers.parsing import listing, mapping, text

Body = Mapping[str, Any]


GONE = frozenset({404, 410})
"""A response_url that lived for 30 minutes, or was used five times."""
TRIED_AGAIN_S = (0.5, 2.0)
"""Seconds between tries while Slack itself cannot answer; where it names a time, that, up to WAIT_MAX_S."""
WAIT_MAX_S = 5.0


class NotDelivered(BotError):  # noqa: N818  # reads as what happened
    """Slack did not take an answer; `reason` is its error code.

    `message` is an answer that is good, but whose way is gone or closed for now: it can go another one.
    """

    def __init__(self, reason: str, message: Message | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.message = message


async def send(
    respond: AsyncRespond,
    message: Message,
    *,
    replace_original: bool | None = None,
    response_type: str | None = None,
    thread_ts: str | None = None,
) -> None:
    """Answer a command or click; raises NotDelivered when Slack does not take it, which the SDK would pass over.

    What happened in a view cannot be answered so: then it raises ExpiredError.
    """
    if respond.response_url is None:
        raise ExpiredError
    for pause in (*TRIED_AGAIN_S, None):
        try:
            sent = await respond(
                text=message.text,
                blocks=message.blocks,
                replace_original=replace_original,
                response_type=response_type,
                thread_ts=thread_ts,
                unfurl_links=False,
            )
        except (ClientError, TimeoutError, OSError) as error:
            raise NotDelivered(type(error).__name__, message) from error
        if sent.status_code == 200:
            return
        away = sent.status_code == 429 or sent.status_code >= 500
        if not away or pause is None:
            lost = away or sent.status_code in GONE
            raise NotDelivered(f"HTTP {sent.status_code}: {sent.body[:200]}", message if lost else None)
        await asyncio.sleep(min(_retry_after(sent) or pause, WAIT_MAX_S))


def _retry_after(sent: WebhookResponse) -> float:
    """Return for how many seconds Slack asks to wait, 0 where it does not say."""
    asked = next((value for name, value in sent.headers.items() if name.lower() == "retry-after"), "")
    return float(asked) if asked.isdecimal() else 0


def services_of(context: AsyncBoltContext) -> Services:
    """Return what `bot.app` gives to every handler: the services, narrowed to what whoever asks may see."""
    return cast("Services", context["services"])


def workspace_in(context: AsyncBoltContext) -> str:
    """Return the workspace that Slack tells of."""
    return cast("str", context["workspace"])


def place_of(context: AsyncBoltContext, slack_id: str) -> str:
    """Return the place of a channel's or person's id there."""
    return in_workspace(workspace_in(context), slack_id)


class Reply(Protocol):
    """Where an answer goes."""

    async def show(self, message: Message) -> None:
        """Show it there. Raises NotDelivered, or SlackApiError, when Slack does not take it."""
        ...


@dataclass(frozen=True, slots=True)
class Below:
    """Below a command or a message, for the person who asked alone; in the thread that the message is in."""

    respond: AsyncRespond
    thread_ts: str | None = None

    async def show(self, message: Message) -> None:
        await send(self.respond, message, replace_original=False, thread_ts=self.thread_ts)


@dataclass(frozen=True, slots=True)
class Beside:
    """For one person alone where no click or command is left to be answered: in a channel, else by direct message."""

    client: AsyncWebClient
    asker: "Asker"
    thread_ts: str | None = None

    async def show(self, message: Message) -> None:
        what: dict[str, Any] = {"text": message.text, "blocks": message.blocks}
        user, channel = id_of(self.asker.user), id_of(self.asker.channel)
        try:
            await self.client.chat_postEphemeral(channel=channel, user=user, thread_ts=self.thread_ts, **what)
        except SlackApiError:  # Callboard is not in the channel, or the person no longer is
            await self.client.chat_postMessage(channel=user, unfurl_links=False, **what)


@dataclass(frozen=True, slots=True)
class InChannel:
    """In a channel or direct messages, for everybody there; in a thread of it, if there is one."""

    client: AsyncWebClient
    channel: str
    thread_ts: str | None = None

    async def show(self, message: Message) -> None:
        await self.client.chat_postMessage(
            channel=self.channel,
            thread_ts=self.thread_ts,
            text=message.text,
            blocks=message.blocks,
            unfurl_links=False,
        )


async def below(client: AsyncWebClient, body: Body, respond: AsyncRespond, context: AsyncBoltContext) -> Reply:
    """Return where the answer to a click or shortcut goes: below its message, or in a modal over its view.

    What goes wrong from here on is told there too. The modal is opened at once, because its trigger lasts 3 s.
    """
    if respond.response_url is None:
        reply = await Modal.over(client, body, waiting())
    else:
        reply = Below(respond, thread_of(body))
    context["reply"] = reply
    return reply


def thread_of(body: Body) -> str | None:
    """Return the thread in which somebody clicked; None for the channel itself, where threads begin."""
    message = mapping(body.get("message")) or mapping(body.get("container"))
    thread, ts = text(message.get("thread_ts")), text(message.get("ts")) or text(message.get("message_ts"))
    return None if thread == ts else thread


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and in which channel, both as places; where there is no channel, in their direct messages."""

    user: str
    channel: str

    @classmethod
    def of(cls, body: Body, context: AsyncBoltContext) -> Self:
        """Read a command or a click; raises ExpiredError for a click that is neither in a channel nor in a view."""
        return cls.named(*_ids(body), context)

    @classmethod
    def named(cls, user: str, channel: str, context: AsyncBoltContext) -> Self:
        """Return the person and the channel of these ids."""
        return cls(place_of(context, user), place_of(context, channel))


def _ids(body: Body) -> tuple[str, str]:
    match body:
        case {"user_id": str(user), "channel_id": str(channel)}:
            return user, channel
        case {"user": {"id": str(user)}, "channel": {"id": str(channel)}}:
            return user, channel
        case {"user": {"id": str(user)}, "view": {}}:
            return user, Origin.of(body).channel or user
        case _:
            raise ExpiredError


def origin_of(body: Body, respond: AsyncRespond) -> Origin:
    """Return what a modal opened by a command or click has to know, so that what is filled in is answered there."""
    if "view" in body:
        return Origin.of(body)
    _, channel = _ids(body)
    return Origin(channel=channel, response_url=respond.response_url, thread_ts=thread_of(body))


def submitted(body: Body, origin: Origin, context: AsyncBoltContext) -> tuple[Below, Asker]:
    """Return where the answer to a form goes, and whose it is: the channel that was picked in it, else its origin.

    Raises ExpiredError for a form of another Callboard.
    """
    picked = mapping(next(iter(listing(body.get("response_urls"))), None))
    url = text(picked.get("response_url")) or origin.response_url
    channel = text(picked.get("channel_id")) or origin.channel
    if url is None or channel is None:
        raise ExpiredError
    asker = Asker.named(str(body["user"]["id"]), channel, context)
    context["reply"] = reply = Below(AsyncRespond(response_url=url), origin.thread_ts)
    context["beside"] = Beside(_client(context), asker, origin.thread_ts)
    return reply, asker


def beside(body: Body, context: AsyncBoltContext) -> Beside:
    """Return where to answer somebody when what they did can no longer be answered.

    Raises ExpiredError where nobody can be made out.
    """
    known = cast("Beside | None", context.get("beside"))
    return known or Beside(_client(context), Asker.of(body, context), thread_of(body))


def _client(context: AsyncBoltContext) -> AsyncWebClient:
    return context.client


def read_payload(value: object) -> Ask:
    """Read what a button says; raises ExpiredError when it was made by another Callboard."""
    if not isinstance(value, str):
        raise ExpiredError
    try:
        return Ask.model_validate_json(value)
    except ValidationError:
        raise ExpiredError from None


async def read_ask(services: Services, value: object) -> Ask:
    """Read the command that a button carries; raises ExpiredError also when it is no longer kept."""
    ask = read_payload(value)
    if ask.key is None:
        return ask
    text = await services.store.payloads.get(ask.key)
    if text is None:
        raise ExpiredError
    return ask.model_copy(update={"text": text, "key": None})


def picked_value(action: Mapping[str, Any]) -> str:
    """Return the value of the option that was picked in a select; raises ExpiredError when there is none."""
    match action.get("selected_option"):
        case {"value": str(value)}:
            return value
        case _:
            raise ExpiredError


async def newest(services: Services, body: Body, clicked_at: datetime) -> bool:
    """Whether no later click on the same message was answered yet, so that stale clicks don't regress."""
    container = mapping(body.get("container"))
    workspace = services.audience.workspace if services.audience else ""
    view = f"{workspace}/{container.get('channel_id')}:{container.get('message_ts')}"
    try:
        return await services.store.freshness.claim(view, clicked_at)
    except StoreUnavailable:
        return True


async def told_first(services: Services, body: Body) -> bool:
    """Whether this event was not taken yet; without Redis it may be taken again."""
    try:
        return await services.store.events.first(str(body.get("event_id")))
    except StoreUnavailable:
        return True
