"""Where an answer goes: below a message, in its place, beside it, or in a channel."""

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
    """Where an answer goes. `edits` says that the next message takes the place of one that was shown there."""

    edits: ClassVar[bool]

    async def show(self, message: Message) -> "Responder":
        """Show it there, and return where the next message goes.

        Raises NotDelivered, or SlackApiError, when Slack does not take it.
        """
        ...


@dataclass(frozen=True, slots=True)
class ResponseUrl:
    """Below a command or a message, for the person who asked alone; in the thread that the message is in.

    Slack cannot edit what was said there (slackapi/bolt-js#2287, slackapi/bolt-python#1268).
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
    """In the place of the message that was clicked on, unless a later click was answered there already."""

    respond: Respond
    newest: Callable[[], Awaitable[bool]]
    edits: ClassVar[bool] = True

    async def show(self, message: Message) -> Self:
        if await self.newest():
            await send(self.respond, message, replace_original=True)
        return self


@dataclass(frozen=True, slots=True)
class Ephemeral:
    """For one person alone where no click or command is left to be answered: in a channel, else by direct message."""

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
    """In a channel or direct messages, for everybody there; in a thread of it, if there is one."""

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
    """In the place of a message of the bot; where Slack does not let it be edited, as one more message."""

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
    """Return the same place for what went wrong, which may use its response_url up."""
    if isinstance(responder, ResponseUrl | InPlace):
        responder.respond.kept = 0
    return responder


async def to_response_url(client: AsyncWebClient, body: Body, respond: Respond, context: AsyncBoltContext) -> Responder:
    """Return where the answer to a click or shortcut goes: below its message, or in a modal over its view.

    What goes wrong from here on is told there too. The modal is opened at once, because its trigger lasts 3 s.
    """
    if respond.response_url is None:
        responder = await Modal.over(client, body, waiting())
    else:
        responder = ResponseUrl(respond, thread_of(body))
    context["reply"] = responder
    return responder


def submitted(body: Body, origin: Origin, context: AsyncBoltContext) -> tuple[ResponseUrl, Asker]:
    """Return where the answer to a form goes, and whose it is: the channel that was picked in it, else its origin.

    Raises ExpiredError for a form of another Callboard.
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
    """Return where to answer somebody when what they did can no longer be answered.

    Raises ExpiredError where nobody can be made out.
    """
    known = cast("Ephemeral | None", context.get("beside"))
    return known or Ephemeral(context.client, Asker.of(body, context), thread_of(body))
