"""The Bolt app: who it is, what every handler gets, and the one error handler."""

import os
import secrets
from collections.abc import Awaitable, Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, ClassVar, cast

import structlog
from aiohttp import ClientConnectorError, ClientError
from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.deps.deps import Services
from bot.domain.access import Audience
from bot.domain.errors import ExpiredError, ForgottenError, StoreUnavailable, UsageError
from bot.domain.membership import Claim
from bot.domain.workspaces import NotInstalled, Workspace, Workspaces
from bot.slack_api.errors import Verdict, judge, refusal
from bot.slack_api.membership import recognize, recognized
from bot.slack_api.workspaces import identity_of, named_in
from bot.slack_app.modals import GONE, Modal, Origin
from bot.slack_app.response_urls import NotDelivered, Respond
from bot.slack_app.responses import Below, InChannel, Reply, beside, place_of, to_the_last
from bot.views.slack import database_reset, errors
from bot.views.slack.block_kit import Message
from bot.views.slack.modals import waiting

SLACKS_OWN = (
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_CLIENT_ID",
    "SLACK_CLIENT_SECRET",
    "SLACK_VERIFICATION_TOKEN",
    "SLACK_REDIRECT_URI",
)
"""Variables from which Bolt would configure itself; ours is `callboard.toml`, which may name the same ones."""

TOO_LATE = frozenset(
    {"expired_trigger_id", "invalid_trigger_id", "exchanged_trigger_id", "trigger_expired", "trigger_exchanged"} | GONE
)
"""What Slack says when a modal may no longer be opened, or is no longer there."""

log = structlog.get_logger("callboard")


def create_app(workspaces: Workspaces, services: Services, api_url: str) -> AsyncApp:
    """Return an app without handlers, for every workspace that has it."""

    async def authorize(context: AsyncBoltContext) -> AuthorizeResult | None:
        """Say who the app is; no call to Slack stands between a command and its acknowledgement."""
        try:
            found = await workspaces.get(named_in(context))
        except NotInstalled:
            return None
        context["workspace"], context["home"] = found.id, found
        return identity_of(found)

    # What may have arrived is not sent again: a shared answer would stand there twice.
    again = AsyncConnectionErrorRetryHandler(error_types=[ClientConnectorError])
    with unset(SLACKS_OWN):
        app = AsyncApp(
            client=AsyncWebClient(base_url=api_url, retry_handlers=[again]),
            authorize=cast("Callable[..., Awaitable[AuthorizeResult]]", authorize),  # Bolt minds None too
            user_facing_authorize_error_message=errors.NOT_INSTALLED,
        )

    async def give_services(
        body: dict[str, Any], context: AsyncBoltContext, next_: Callable[[], Awaitable[Any]]
    ) -> None:
        # Slack tells without a token that the app was removed: then nobody was authorized.
        context.setdefault("workspace", named_in(context))
        context["arrived_at"] = services.clock()
        # What is done in a modal is for the channel that it was opened in.
        ids = (context.user_id, context.channel_id or Origin.of(body).channel)
        user, channel = (place_of(context, each) if each else "" for each in ids)
        _recognize(context, services, Audience(user, channel), Claim.of(body))
        context["ack"] = _LastingAck()
        context["respond"] = Respond.of(context)
        await next_()

    app.middleware(give_services)
    app.error(on_error)
    return app


def _recognize(context: AsyncBoltContext, services: Services, asker: Audience, claim: Claim) -> None:
    """Give handlers the services that the person who asks may see; `replies.services_of` completes them.

    What Slack has to be asked about the person is asked there, after the acknowledgement.
    """
    home = cast("Workspace | None", context.get("home"))
    known = recognized(services, home, asker, claim) if home and asker.user else asker
    context["services"] = services.seen_by(known or replace(asker, guest=True, unsure=True))
    if known is None and home:
        context["asker"] = partial(recognize, services, home, asker, claim)


@contextmanager
def unset(names: Iterable[str]) -> Generator[None]:
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


async def on_error(  # noqa: PLR0917  # Bolt passes by name
    error: Exception,
    body: dict[str, Any],
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
        log.info("answered beside", reference=reference, reason=error.reason)
        message, places = error.message, _beside(body, client, context)
    else:
        message, places = _words(error), _places(body, client, respond, context)
    if message is None:
        log.error("unexpected", reference=reference, kind=body.get("type", "command"), exc_info=error)
        message = errors.our_fault(reference)
    if response:  # nothing was acknowledged yet: Slack would say beside our words that we do not answer
        response.status = 200
    for reply in places:
        try:
            await reply.show(message)
        except (NotDelivered, SlackApiError, ClientError, TimeoutError) as undelivered:
            log.warning("not delivered", reference=reference, reason=str(undelivered) or type(undelivered).__name__)
        else:
            return


@dataclass(frozen=True, slots=True)
class _Over:
    """A modal that is yet to be opened, over the view or tab that was clicked in."""

    client: AsyncWebClient
    body: dict[str, Any]

    edits: ClassVar[bool] = True

    async def show(self, message: Message) -> Reply:
        modal = await Modal.over(self.client, self.body, waiting())
        return await modal.show(message)


def _places(
    body: dict[str, Any], client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> Iterator[Reply]:
    """Where something can be said to whoever did what went wrong, the best place first."""
    if reply := cast("Reply | None", context.get("reply")):
        yield to_the_last(reply)
    elif respond.response_url:
        yield to_the_last(Below(respond))
    elif body.get("type") == "block_actions":
        yield _Over(client, body)
    yield from _beside(body, client, context)


def _beside(body: dict[str, Any], client: AsyncWebClient, context: AsyncBoltContext) -> Iterator[Reply]:
    """Where it can be said to them when what they did can no longer be answered; nobody waits for one to an event."""
    if context.user_id is None or "event" in body:
        return
    try:
        yield beside(body, context)
    except ExpiredError:
        yield InChannel(client, context.user_id)


def _words(error: Exception) -> Message | None:
    match error:
        case UsageError():
            return errors.usage(error)
        case ExpiredError() | ForgottenError():
            return database_reset.forgotten(error) if isinstance(error, ForgottenError) else errors.expired()
        case StoreUnavailable():
            return errors.memory_lost()
        case SlackApiError() if refusal(error) in TOO_LATE or judge(error) in {Verdict.SUSPEND, Verdict.DETACH}:
            return errors.no_place()
        case ClientError() | TimeoutError():
            log.warning("Slack did not answer", exc_info=error)
            return errors.no_answer()
        case _:
            return None
