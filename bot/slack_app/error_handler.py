"""The error handler of the app: shows an error in place of the answer."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, cast

import structlog
from aiohttp import ClientError
from slack_bolt.async_app import AsyncBoltContext
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.errors import ExpiredError, ForgottenError, StoreUnavailable, UsageError
from bot.slack_api.errors import ErrorAction, classify, error_code
from bot.slack_app.modals import GONE, Modal
from bot.slack_app.payloads import Body
from bot.slack_app.response_urls import NotDelivered, Respond
from bot.slack_app.responses import ChannelPost, Responder, ResponseUrl, to_person_alone, to_the_last
from bot.views.slack import database_reset, errors
from bot.views.slack.block_kit import Message
from bot.views.slack.modals import waiting

_log = structlog.stdlib.get_logger(__name__)

TOO_LATE = frozenset(
    {"expired_trigger_id", "invalid_trigger_id", "exchanged_trigger_id", "trigger_expired", "trigger_exchanged"} | GONE
)
"""Slack's codes for a modal that can no longer be opened, or that was closed."""


async def on_error(  # noqa: PLR0917  # Bolt passes by name
    error: Exception,
    body: Body,
    client: AsyncWebClient,
    respond: Respond,
    context: AsyncBoltContext,
    response: BoltResponse | None,
) -> None:
    """Show an error in place of the answer.

    The message says how to fix the error, or gives a reference to the log. If Slack refuses a message in that place,
    the person gets it as an ephemeral or direct message.

    Errors of Slack and of the network are only logged, because there is no further error handler.
    """
    reference = secrets.token_hex(4)
    if isinstance(error, NotDelivered) and error.message:
        _log.info("reply refused at the response_url, sending it another way", reference=reference, reason=error.reason)
        message, responders = error.message, _send_ephemeral(body, client, context)
    else:
        message, responders = _message(error), _responders(body, client, respond, context)
    if message is None:
        _log.error("unexpected error", reference=reference, kind=body.get("type", "command"), exc_info=error)
        message = errors.our_fault(reference)
    if response:  # not acknowledged yet: without this, Slack would add that the app did not respond
        response.status = 200
    for responder in responders:
        try:
            await responder.show(message)
        except (NotDelivered, SlackApiError, ClientError, TimeoutError) as undelivered:
            _log.warning(
                "reply not delivered", reference=reference, reason=str(undelivered) or type(undelivered).__name__
            )
        else:
            return


@dataclass(frozen=True, slots=True)
class _Over:
    """A modal to open over the clicked view or tab."""

    client: AsyncWebClient
    body: Body

    edits: ClassVar[bool] = True

    async def show(self, message: Message) -> Responder:
        modal = await Modal.over(self.client, self.body, waiting())
        return await modal.show(message)


def _responders(body: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext) -> Iterator[Responder]:
    """Yield the responders for the person whose action failed, best first."""
    if responder := cast("Responder | None", context.get("reply")):
        yield to_the_last(responder)
    elif respond.response_url:
        yield to_the_last(ResponseUrl(respond))
    elif body.get("type") == "block_actions":
        yield _Over(client, body)
    yield from _send_ephemeral(body, client, context)


def _send_ephemeral(body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> Iterator[Responder]:
    """Yield a responder without a response_url; none for events, whose senders expect no answer."""
    if context.user_id is None or "event" in body:
        return
    try:
        yield to_person_alone(body, context)
    except ExpiredError:
        yield ChannelPost(client, context.user_id)


def _message(error: Exception) -> Message | None:
    match error:
        case UsageError():
            return errors.usage(error)
        case ExpiredError() | ForgottenError():
            return database_reset.lost(error) if isinstance(error, ForgottenError) else errors.expired()
        case StoreUnavailable():
            return errors.memory_lost()
        case SlackApiError() if error_code(error) in TOO_LATE or classify(error) in {
            ErrorAction.SUSPEND,
            ErrorAction.POST_NEW,
        }:
            return errors.no_place()
        case ClientError() | TimeoutError():
            _log.warning("no response from Slack", exc_info=error)
            return errors.no_answer()
        case _:
            return None
