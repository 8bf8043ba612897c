"""How answers get back to Slack, and how clicks come in."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self, cast

from pydantic import ValidationError
from slack_bolt.async_app import AsyncBoltContext, AsyncRespond
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.errors import BotError, ExpiredError
from bot.payloads import Ask
from bot.refusals import refusal
from bot.services import Services
from bot.store import StoreUnavailable
from bot.views.message import Block, Message


class NotDelivered(BotError):  # noqa: N818  # reads as what happened
    """Slack did not take an answer; `reason` is its error code."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def send(
    respond: AsyncRespond,
    message: Message,
    *,
    replace_original: bool | None = None,
    response_type: str | None = None,
) -> None:
    """Answer a command or click; raises NotDelivered when Slack refuses, which the SDK would pass over."""
    sent = await respond(
        text=message.text,
        blocks=message.blocks,
        replace_original=replace_original,
        response_type=response_type,
        unfurl_links=False,
    )
    if sent.status_code != 200:
        raise NotDelivered(f"HTTP {sent.status_code}: {sent.body[:200]}")


def services_of(context: AsyncBoltContext) -> Services:
    """Return what `bot.app` gives to every handler: the services, narrowed to what whoever asks may see."""
    return cast("Services", context["services"])


@dataclass(frozen=True, slots=True)
class Modal:
    """An open modal: opened at once, because a trigger lasts 3 s, and filled when there is something to show."""

    client: AsyncWebClient
    view_id: str
    hash: str

    @classmethod
    async def open(cls, client: AsyncWebClient, trigger_id: str, view: Block) -> Self:
        opened = cast("Mapping[str, Any]", (await client.views_open(trigger_id=trigger_id, view=view)).data)
        return cls(client, opened["view"]["id"], opened["view"]["hash"])

    async def update(self, view: Block) -> None:
        """Put another view in its place, unless it was closed or something newer stands there already."""
        try:
            await self.client.views_update(view_id=self.view_id, hash=self.hash, view=view)
        except SlackApiError as error:
            if refusal(error) not in {"not_found", "hash_conflict"}:
                raise


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and in which channel."""

    user: str
    channel: str

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """Read a command or a click; raises ExpiredError for a click that is in no channel."""
        match body:
            case {"user_id": str(user), "channel_id": str(channel)}:
                return cls(user, channel)
            case {"user": {"id": str(user)}, "channel": {"id": str(channel)}}:
                return cls(user, channel)
            case _:
                raise ExpiredError


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


async def newest(services: Services, body: dict[str, Any], clicked_at: datetime) -> bool:
    """Whether no later click on the same message was answered yet, so that stale clicks don't regress."""
    container = body.get("container", {})
    view = f"{container.get('channel_id')}:{container.get('message_ts')}"
    try:
        return await services.store.freshness.claim(view, clicked_at)
    except StoreUnavailable:
        return True
