"""How answers get back to Slack, and how clicks come in."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, ClassVar, Protocol, Self, cast

from pydantic import ValidationError
from slack_bolt.async_app import AsyncBoltContext
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.deps.deps import Services
from bot.domain.access import Audience
from bot.domain.button_payloads import Ask
from bot.domain.errors import ExpiredError, StoreUnavailable
from bot.domain.slack_ids import id_of, in_workspace
from bot.slack_api.errors import NO_ANSWER, Verdict, judge, retry_after
from bot.slack_app.modals import Modal, Origin
from bot.slack_app.response_urls import TRIED_AGAIN_S, WAIT_MAX_S, Respond, send
from bot.views.slack.block_kit import Message
from bot.views.slack.modals import waiting
from providers.json_fields import listing, mapping, text

Body = Mapping[str, Any]


async def services_of(context: AsyncBoltContext) -> Services:
    """Return the services for a handler, narrowed to what the person who asks may see.

    If it is not known whether they are a member, Slack is asked first.
    """
    asker = cast("Callable[[], Awaitable[Audience]] | None", context.pop("asker", None))
    if asker:
        context["services"] = cast("Services", context["services"]).seen_by(await asker())
    return cast("Services", context["services"])


def workspace_in(context: AsyncBoltContext) -> str:
    """Return the workspace that Slack tells of."""
    return cast("str", context["workspace"])


def place_of(context: AsyncBoltContext, slack_id: str) -> str:
    """Return the place of a channel's or person's id there."""
    return in_workspace(workspace_in(context), slack_id)


class Reply(Protocol):
    """Where an answer goes. `edits` says that the next message takes the place of one that was shown there."""

    edits: ClassVar[bool]

    async def show(self, message: Message) -> "Reply":
        """Show it there, and return where the next message goes.

        Raises NotDelivered, or SlackApiError, when Slack does not take it.
        """
        ...


@dataclass(frozen=True, slots=True)
class Below:
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
class Beside:
    """For one person alone where no click or command is left to be answered: in a channel, else by direct message."""

    client: AsyncWebClient
    asker: "Asker"
    thread_ts: str | None = None
    edits: ClassVar[bool] = False

    async def show(self, message: Message) -> Self:
        what: dict[str, Any] = {"text": message.text, "blocks": message.blocks}
        user, channel = id_of(self.asker.user), id_of(self.asker.channel)
        try:
            await self.client.chat_postEphemeral(channel=channel, user=user, thread_ts=self.thread_ts, **what)
        except SlackApiError:  # Callboard is not in the channel, or the person no longer is
            await self.client.chat_postMessage(channel=user, unfurl_links=False, **what)
        return self


@dataclass(frozen=True, slots=True)
class InChannel:
    """In a channel or direct messages, for everybody there; in a thread of it, if there is one."""

    client: AsyncWebClient
    channel: str
    thread_ts: str | None = None
    edits: ClassVar[bool] = True

    async def show(self, message: Message) -> Reply:
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

    place: InChannel
    channel: str
    ts: str
    edits: ClassVar[bool] = True

    async def show(self, message: Message) -> Reply:
        for pause in TRIED_AGAIN_S:
            try:
                await self._edit(message)
            except SlackApiError as error:
                if judge(error) not in {Verdict.RETRY, Verdict.UNSURE}:
                    break
                await asyncio.sleep(min(retry_after(error) or pause, WAIT_MAX_S))
            except NO_ANSWER:
                await asyncio.sleep(pause)
            else:
                return self
        return await self.place.show(message)

    async def _edit(self, message: Message) -> None:
        await self.place.client.chat_update(channel=self.channel, ts=self.ts, text=message.text, blocks=message.blocks)


def to_the_last(reply: Reply) -> Reply:
    """Return the same place for what went wrong, which may use its response_url up."""
    if isinstance(reply, Below | InPlace):
        reply.respond.kept = 0
    return reply


async def below(client: AsyncWebClient, body: Body, respond: Respond, context: AsyncBoltContext) -> Reply:
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
    """Who asks, and in which channel or else direct messages, both as places.

    `message` is the message whose button was pressed, as Slack sends it; an ephemeral one has only its `ts`.
    """

    user: str
    channel: str
    message: Mapping[str, Any] = field(default_factory=dict[str, Any], compare=False)

    @classmethod
    def of(cls, body: Body, context: AsyncBoltContext) -> Self:
        """Read a command or a click; raises ExpiredError for a click that is neither in a channel nor in a view."""
        container = mapping(body.get("container"))
        message = mapping(body.get("message")) or {"ts": container.get("message_ts")}
        return replace(cls.named(*_ids(body), context), message=message)

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


def origin_of(body: Body, respond: Respond) -> Origin:
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
    context["reply"] = reply = Below(Respond(response_url=url), origin.thread_ts)
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
    """Read the command that a button carries; raises ExpiredError also when it is no longer kept.

    The use of the button is noted for the answer that it is part of.
    """
    ask = read_payload(value)
    if ask.answer:
        with suppress(StoreUnavailable):
            await services.store.freshness.claim(_answer(ask.answer), services.clock())
        ask = ask.model_copy(update={"answer": None})
    if ask.key is None:
        return ask
    text = await services.store.payloads.get(ask.key)
    if text is None:
        raise ExpiredError
    return ask.model_copy(update={"text": text, "key": None})


async def clicked(services: Services, answer: str) -> bool:
    """Whether a button of this answer was used; without Redis that is not known."""
    try:
        return await services.store.freshness.claimed(_answer(answer))
    except StoreUnavailable:
        return False


def _answer(name: str) -> str:
    return f"answer:{name}"


def picked_value(action: Mapping[str, Any]) -> str:
    """Return the value of the option that was picked in a select; raises ExpiredError when there is none."""
    match action.get("selected_option"):
        case {"value": str(value)}:
            return value
        case _:
            raise ExpiredError


def newest(context: AsyncBoltContext, body: Body) -> Callable[[], Awaitable[bool]]:
    """Return what says whether no later click on the same message or view was answered yet.

    The order of clicks is that of their arrival. Without Redis each is the newest.
    """
    store, container = cast("Services", context["services"]).store, mapping(body.get("container"))
    arrived_at = cast("datetime", context["arrived_at"])
    where = text(mapping(body.get("view")).get("id")) or f"{container.get('channel_id')}:{container.get('message_ts')}"

    async def still() -> bool:
        try:
            return await store.freshness.claim(f"{workspace_in(context)}/{where}", arrived_at)
        except StoreUnavailable:
            return True

    return still
