"""The one error handler: say what went wrong where the answer would have been."""

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
"""What Slack says when a modal may no longer be opened, or is no longer there."""


async def on_error(  # noqa: PLR0917  # Bolt passes by name
    error: Exception,
    body: Body,
    client: AsyncWebClient,
    respond: Respond,
    context: AsyncBoltContext,
    response: BoltResponse | None,
) -> None:
    """Say what went wrong where the answer would have stood: in words where the person can mend it.

    Else with a reference to the log. A good answer that Slack did not take there is given beside it, and so is what
    went wrong where there is no place for it any more.

    Raises nothing that Slack or the network could cause: nobody stands behind this handler.
    """
    reference = secrets.token_hex(4)
    if isinstance(error, NotDelivered) and error.message:
        _log.info("answered by another way", reference=reference, reason=error.reason)
        message, responders = error.message, _send_ephemeral(body, client, context)
    else:
        message, responders = _message(error), _responders(body, client, respond, context)
    if message is None:
        _log.error("unexpected", reference=reference, kind=body.get("type", "command"), exc_info=error)
        message = errors.our_fault(reference)
    if response:  # nothing was acknowledged yet: Slack would say beside our words that we do not answer
        response.status = 200
    for responder in responders:
        try:
            await responder.show(message)
        except (NotDelivered, SlackApiError, ClientError, TimeoutError) as undelivered:
            _log.warning("not delivered", reference=reference, reason=str(undelivered) or type(undelivered).__name__)
        else:
            return


@dataclass(frozen=True, slots=True)
class _Over:
    """A modal that is yet to be opened, over the view or tab that was clicked in."""

    client: AsyncWebClient
    body: Body

    edits: ClassVar[bool] = True

    async def show(self, message: Message) -> Responder:
        modal = await Modal.over(self.client, self.body, waiting())
        return await modal.show(message)


def _responders(body: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext) -> Iterator[Responder]:
    """Where something can be said to whoever did what went wrong, the best place first."""
    if responder := cast("Responder | None", context.get("reply")):
        yield to_the_last(responder)
    elif respond.response_url:
        yield to_the_last(ResponseUrl(respond))
    elif body.get("type") == "block_actions":
        yield _Over(client, body)
    yield from _send_ephemeral(body, client, context)


def _send_ephemeral(body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> Iterator[Responder]:
    """Where it can be said to them when what they did can no longer be answered; nobody waits for one to an event."""
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
            _log.warning("Slack did not answer", exc_info=error)
            return errors.no_answer()
        case _:
            return None
