"""Reads Slack's payloads: the requester, the channel, and the command of a button."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self, cast

from pydantic import ValidationError
from slack_bolt.async_app import AsyncBoltContext

from bot.deps.deps import Deps
from bot.domain.access import Audience
from bot.domain.button_payloads import CommandPayload
from bot.domain.errors import ExpiredError, StoreUnavailable
from bot.domain.slack_ids import qualify
from bot.slack_app.modals import Origin
from bot.slack_app.response_urls import Respond
from providers.json_fields import mapping, text

Body = Mapping[str, Any]


async def deps_of(context: AsyncBoltContext) -> Deps:
    """Return the dependencies for a handler, limited to what the requester may see.

    Asks Slack first if it is unknown whether the requester is a member.
    """
    asker = cast("Callable[[], Awaitable[Audience]] | None", context.pop("asker", None))
    if asker:
        context["services"] = cast("Deps", context["services"]).seen_by(await asker())
    return cast("Deps", context["services"])


def workspace_in(context: AsyncBoltContext) -> str:
    """Return the workspace of a payload."""
    return cast("str", context["workspace"])


def qualified_id(context: AsyncBoltContext, slack_id: str) -> str:
    """Return the id of a channel or a user, qualified with the payload's workspace.

    Example: `T0ACME/C0OPS`.
    """
    return qualify(workspace_in(context), slack_id)


def thread_of(body: Body) -> str | None:
    """Return the thread of a click, a timestamp such as `1700000000.000100`; None outside a thread."""
    message = mapping(body.get("message")) or mapping(body.get("container"))
    thread, ts = text(message.get("thread_ts")), text(message.get("ts")) or text(message.get("message_ts"))
    return None if thread == ts else thread


@dataclass(frozen=True, slots=True)
class Asker:
    """The requester and their channel or direct messages, as qualified ids.

    `message` is the message of the pressed button, as Slack sends it. An ephemeral one has only its `ts`.
    """

    user: str
    channel: str
    message: Mapping[str, Any] = field(default_factory=dict[str, Any], compare=False)

    @classmethod
    def of(cls, body: Body, context: AsyncBoltContext) -> Self:
        """Read a command or a click. Raises ExpiredError for a click outside channels and views."""
        container = mapping(body.get("container"))
        message = mapping(body.get("message")) or {"ts": container.get("message_ts")}
        return replace(cls.named(*_ids(body), context), message=message)

    @classmethod
    def named(cls, user: str, channel: str, context: AsyncBoltContext) -> Self:
        """Return the requester for the ids of a user and a channel."""
        return cls(qualified_id(context, user), qualified_id(context, channel))


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
    """Return the origin for a modal that a command or click opens. The answer to its form goes there."""
    if "view" in body:
        return Origin.of(body)
    _, channel = _ids(body)
    return Origin(channel=channel, response_url=respond.response_url, thread_ts=thread_of(body))


def read_payload(value: object) -> CommandPayload:
    """Read the value of a button. Raises ExpiredError for a button of another version.

    Example of a value: `{"text":"show vod/ocr/8f14e45f"}`.
    """
    if not isinstance(value, str):
        raise ExpiredError
    try:
        return CommandPayload.model_validate_json(value)
    except ValidationError:
        raise ExpiredError from None


async def read_ask(deps: Deps, value: object) -> CommandPayload:
    """Read the command of a button, and note the click for its answer.

    Raises ExpiredError for a button of another version, and if a long command is no longer stored.
    """
    command = read_payload(value)
    if command.answer:
        with suppress(StoreUnavailable):
            await deps.store.freshness.claim(_answer(command.answer), deps.clock())
        command = command.model_copy(update={"answer": None})
    if command.key is None:
        return command
    text = await deps.store.payloads.get(command.key)
    if text is None:
        raise ExpiredError
    return command.model_copy(update={"text": text, "key": None})


def picked_value(action: Mapping[str, Any]) -> str:
    """Return the value of the option that was picked in a select. Raises ExpiredError if there is none."""
    match action.get("selected_option"):
        case {"value": str(value)}:
            return value
        case _:
            raise ExpiredError


def newest(context: AsyncBoltContext, body: Body) -> Callable[[], Awaitable[bool]]:
    """Return a function that says whether no later click on the same place was answered.

    The place is a message or a view. Clicks are ordered by arrival. Without Redis, each click is the newest.
    """
    store, container = cast("Deps", context["services"]).store, mapping(body.get("container"))
    arrived_at = cast("datetime", context["arrived_at"])
    where = text(mapping(body.get("view")).get("id")) or f"{container.get('channel_id')}:{container.get('message_ts')}"

    async def still() -> bool:
        try:
            return await store.freshness.claim(f"{workspace_in(context)}/{where}", arrived_at)
        except StoreUnavailable:
            return True

    return still


async def clicked(deps: Deps, answer: str) -> bool:
    """Return whether a button of this answer was used; False without Redis."""
    try:
        return await deps.store.freshness.claimed(_answer(answer))
    except StoreUnavailable:
        return False


def _answer(name: str) -> str:
    return f"answer:{name}"
