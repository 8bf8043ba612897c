"""The Bolt app: who it is, what every handler gets, and the one error handler."""

import os
import secrets
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import contextmanager
from typing import Any, cast

import structlog
from aiohttp import ClientError
from slack_bolt.async_app import AsyncApp, AsyncBoltContext, AsyncRespond
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.access import Audience
from bot.errors import ExpiredError, UsageError
from bot.replies import Below, NotDelivered, Reply, beside
from bot.services import Services
from bot.store import StoreUnavailable
from bot.views import errors
from bot.views.message import Message

SLACKS_OWN = (
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_CLIENT_ID",
    "SLACK_CLIENT_SECRET",
    "SLACK_VERIFICATION_TOKEN",
)
"""Variables from which Bolt would configure itself; ours is `callboard.toml`, which may name the same ones."""

log = structlog.get_logger("callboard")


async def create_app(client: AsyncWebClient, services: Services, signing_secret: str | None = None) -> AsyncApp:
    """Return an app without handlers, for the workspace that the client's token belongs to.

    The token is tested once here, so that no call to Slack stands between a command and its acknowledgement. Raises
    SlackApiError when Slack does not accept it.
    """
    tested = await client.auth_test()
    identity = AuthorizeResult.from_auth_test_response(bot_token=client.token, auth_test_response=tested)

    async def authorize() -> AuthorizeResult:
        return identity

    tokenless = AsyncWebClient(base_url=client.base_url)
    with _unset(SLACKS_OWN):
        app = AsyncApp(client=tokenless, authorize=authorize, signing_secret=signing_secret or "")

    async def give_services(context: AsyncBoltContext, next_: Callable[[], Awaitable[Any]]) -> None:
        audience = Audience(context.user_id or "", context.channel_id or "")
        context["services"] = services.seen_by(audience)
        context["ack"] = _LastingAck()
        await next_()

    app.middleware(give_services)
    app.error(on_error)
    return app


@contextmanager
def _unset(names: Iterable[str]) -> Generator[None]:
    """Hide environment variables from the block."""
    hidden = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(hidden)


class _LastingAck(AsyncAck):
    """An acknowledgement that stays given.

    Bolt looks every 10 ms whether a listener has acknowledged, and takes the acknowledgement back when the listener
    raises before that (slack_bolt 1.30, AsyncioListenerRunner.run): beside our answer to a mistyped word people would
    read "operation_timeout".
    """

    def __setattr__(self, name: str, value: object) -> None:
        if value is not None or not hasattr(self, name):
            super().__setattr__(name, value)


async def on_error(error: Exception, body: dict[str, Any], respond: AsyncRespond, context: AsyncBoltContext) -> None:
    """Say what went wrong where the answer would have stood: in words where the person can mend it.

    Else with a reference to the log. A good answer that Slack did not take there is given beside it.

    Raises nothing that Slack or the network could cause: nobody stands behind this handler.
    """
    reference = secrets.token_hex(4)
    if isinstance(error, NotDelivered) and error.message:
        log.info("answered beside", reference=reference, reason=error.reason)
        return await _shown(error.message, body, context, None, reference)
    message = _words(error)
    if message is None:
        log.error("unexpected", reference=reference, kind=body.get("type", "command"), exc_info=error)
        message = errors.our_fault(reference)
    reply = cast("Reply | None", context.get("reply")) or (Below(respond) if respond.response_url else None)
    return await _shown(message, body, context, reply, reference) if reply else None


async def _shown(
    message: Message, body: dict[str, Any], context: AsyncBoltContext, reply: Reply | None, reference: str
) -> None:
    """Show a message there, or (without a reply, or where its way is gone) beside it."""
    try:
        await (reply or beside(body, context)).show(message)
    except (NotDelivered, ExpiredError, SlackApiError, ClientError, TimeoutError) as undelivered:
        if reply and isinstance(undelivered, NotDelivered) and undelivered.message:
            return await _shown(message, body, context, None, reference)
        log.warning("not delivered", reference=reference, reason=str(undelivered) or type(undelivered).__name__)


def _words(error: Exception) -> Message | None:
    match error:
        case UsageError():
            return errors.usage(error)
        case ExpiredError():
            return errors.expired()
        case StoreUnavailable():
            return errors.memory_lost()
        case _:
            return None
