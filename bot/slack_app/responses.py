"""Responders: where an answer goes, such as below a message, in its place, or in a channel."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self, cast

from slack_bolt.async_app import AsyncBoltContext
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import ExpiredError
from bot.domain.slack_ids import bare_id
from bot.slack_api.errors import TRANSPORT_ERRORS, ErrorAction, classify, retry_after
from bot.slack_app.modals import Modal, Origin
from bot.slack_app.payloads import Asker, Body, thread_of
from bot.slack_app.response_urls import TRIED_AGAIN_S, WAIT_MAX_S, Respond, send
from bot.views.slack.block_kit import Message
from bot.views.slack.modals import waiting
from providers.json_fields import listing, mapping, text


class Responder(Protocol):
    """Where an answer goes. `edits` says that the next message replaces the previous one."""

    edits: ClassVar[bool]

    async def show(self, message: Message) -> "Responder":
        """Show a message there, and return the responder for the next message.

        Raises:
            NotDelivered: Slack refused the message at a response_url.
            SlackApiError: Slack refused the message elsewhere.
        """
        ...


@dataclass(frozen=True, slots=True)
class ResponseUrl:
    """Below a command or a message, in its thread, visible only to the requester.

    Slack cannot edit such messages (slackapi/bolt-js#2287, slackapi/bolt-python#1268).
    """

    respond: Respond
    thread_ts: str | None = None
    response_type: str | None = None
    edits: ClassVar[bool] = False

    async def show(self, message: Message) -> Self:
        await send(
            self.respond,
            message,
            replace_original=False,
            response_type=self.response_type,
            thread_ts=self.thread_ts,
        )
        return self


@dataclass(frozen=True, slots=True)
class InPlace:
    """In place of the clicked message, unless a later click was answered there already."""

    respond: Respond
    newest: Callable[[], Awaitable[bool]]
    edits: ClassVar[bool] = True

    async def show(self, message: Message) -> Self:
        if await self.newest():
            await send(self.respond, message, replace_original=True)
        return self


@dataclass(frozen=True, slots=True)
class Ephemeral:
    """Only for one person, without a response_url: in a channel, otherwise by direct message."""

    client: AsyncWebClient
    asker: "Asker"
    thread_ts: str | None = None
    edits: ClassVar[bool] = False

    async def show(self, message: Message) -> Self:
        what: dict[str, Any] = {"text": message.text, "blocks": message.blocks}
        user, channel = bare_id(self.asker.user), bare_id(self.asker.channel)
        try:
            await self.client.chat_postEphemeral(channel=channel, user=user, thread_ts=self.thread_ts, **what)
        except SlackApiError:  # Callboard is not in the channel, or the person no longer is
            await self.client.chat_postMessage(channel=user, unfurl_links=False, **what)
        return self


@dataclass(frozen=True, slots=True)
class ChannelPost:
    """In a channel or direct messages, visible to all members; in a thread, if one is given."""

    client: AsyncWebClient
    channel: str
    thread_ts: str | None = None
    edits: ClassVar[bool] = True

    async def show(self, message: Message) -> Responder:
        posted = await self.client.chat_postMessage(
            channel=self.channel,
            thread_ts=self.thread_ts,
            text=message.text,
            blocks=message.blocks,
            unfurl_links=False,
        )
        at = cast("Mapping[str, str]", posted.data)
        return Posted(self, at["channel"], at["ts"])


@dataclass(frozen=True, slots=True)
class Posted:
    """In place of a message of the bot; as a new message if Slack refuses the edit."""

    responder: ChannelPost
    channel: str
    ts: str
    edits: ClassVar[bool] = True

    async def show(self, message: Message) -> Responder:
        for pause in TRIED_AGAIN_S:
            try:
                await self._edit(message)
            except SlackApiError as error:
                if classify(error) not in {ErrorAction.RETRY, ErrorAction.LOOK_UP_FIRST}:
                    break
                await asyncio.sleep(min(retry_after(error) or pause, WAIT_MAX_S))
            except TRANSPORT_ERRORS:
                await asyncio.sleep(pause)
            else:
                return self
        return await self.responder.show(message)

    async def _edit(self, message: Message) -> None:
        await self.responder.client.chat_update(
            channel=self.channel, ts=self.ts, text=message.text, blocks=message.blocks
        )


def to_the_last(responder: Responder) -> Responder:
    """Return the same responder for an error. It may take the last use of a response_url."""
    if isinstance(responder, ResponseUrl | InPlace):
        responder.respond.kept = 0
    return responder


async def to_response_url(client: AsyncWebClient, body: Body, respond: Respond, context: AsyncBoltContext) -> Responder:
    """Return where the answer to a click or shortcut goes: below its message, or in a modal over its view.

    Later errors appear there too. A modal opens immediately, because its trigger expires after 3 s.
    """
    if respond.response_url is None:
        responder = await Modal.over(client, body, waiting())
    else:
        responder = ResponseUrl(respond, thread_of(body))
    context["reply"] = responder
    return responder


def submitted(body: Body, origin: Origin, context: AsyncBoltContext) -> tuple[ResponseUrl, Asker]:
    """Return where the answer to a form goes, and its requester.

    The answer goes to the channel picked in the form, otherwise to the form's origin. Raises ExpiredError for a form of
    another version.
    """
    picked = mapping(next(iter(listing(body.get("response_urls"))), None))
    url = text(picked.get("response_url")) or origin.response_url
    channel = text(picked.get("channel_id")) or origin.channel
    if url is None or channel is None:
        raise ExpiredError
    asker = Asker.named(str(body["user"]["id"]), channel, context)
    context["reply"] = responder = ResponseUrl(Respond(response_url=url), origin.thread_ts)
    context["beside"] = Ephemeral(context.client, asker, origin.thread_ts)
    return responder, asker


def to_person_alone(body: Body, context: AsyncBoltContext) -> Ephemeral:
    """Return where to answer a person whose click or command no longer accepts an answer.

    Raises ExpiredError if the payload names no person.
    """
    known = cast("Ephemeral | None", context.get("beside"))
    return known or Ephemeral(context.client, Asker.of(body, context), thread_of(body))
