"""The Bolt app: its authorization, and the context of every handler."""

import os
from collections.abc import Awaitable, Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, cast

from aiohttp import ClientConnectorError
from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_sdk.http_retry.builtin_async_handlers import AsyncConnectionErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient

from bot.deps.deps import Deps
from bot.domain.access import Audience
from bot.domain.membership import Claim
from bot.domain.workspaces import NotInstalled, Workspace, Workspaces
from bot.slack_api.membership import recognize, recognized
from bot.slack_api.workspaces import identity_of, named_in
from bot.slack_app.error_handler import on_error
from bot.slack_app.modals import Origin
from bot.slack_app.payloads import qualified_id
from bot.slack_app.response_urls import Respond
from bot.views.slack import errors

SLACKS_OWN = (
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_CLIENT_ID",
    "SLACK_CLIENT_SECRET",
    "SLACK_VERIFICATION_TOKEN",
    "SLACK_REDIRECT_URI",
)
"""Variables that Bolt would read. `callboard.toml` configures the app, and may refer to the same variables."""


def create_app(workspaces: Workspaces, deps: Deps, api_url: str) -> AsyncApp:
    """Return an app without handlers, for all workspaces."""

    async def authorize(context: AsyncBoltContext) -> AuthorizeResult | None:
        """Return the identity of the app. A call to Slack here would delay the acknowledgement."""
        try:
            found = await workspaces.get(named_in(context))
        except NotInstalled:
            return None
        context["workspace"], context["home"] = found.id, found
        return identity_of(found)

    # Retry only if the connection failed: a message that may have arrived would appear twice.
    again = AsyncConnectionErrorRetryHandler(error_types=[ClientConnectorError])
    with unset(SLACKS_OWN):
        app = AsyncApp(
            name="callboard",  # without a name, Bolt searches the source of every caller for one
            client=AsyncWebClient(base_url=api_url, retry_handlers=[again]),
            authorize=cast("Callable[..., Awaitable[AuthorizeResult]]", authorize),  # Bolt accepts None too
            user_facing_authorize_error_message=errors.NOT_INSTALLED,
        )

    async def give_deps(body: dict[str, Any], context: AsyncBoltContext, next_: Callable[[], Awaitable[Any]]) -> None:
        # `authorize` did not set the workspace if it has no token, for example in the event of an uninstall.
        context.setdefault("workspace", named_in(context))
        context["arrived_at"] = deps.clock()
        # Actions in a modal apply to the channel where it was opened.
        ids = (context.user_id, context.channel_id or Origin.of(body).channel)
        user, channel = (qualified_id(context, each) if each else "" for each in ids)
        _recognize(context, deps, Audience(user, channel), Claim.of(body))
        context["ack"] = _LastingAck()
        context["respond"] = Respond.of(context)
        await next_()

    app.middleware(give_deps)
    app.error(on_error)
    return app


def _recognize(context: AsyncBoltContext, deps: Deps, asker: Audience, claim: Claim) -> None:
    """Give handlers dependencies limited to what the requester may see.

    If that needs a call to Slack, `payloads.deps_of` makes it after the acknowledgement.
    """
    home = cast("Workspace | None", context.get("home"))
    known = recognized(deps, home, asker, claim) if home and asker.user else asker
    context["services"] = deps.seen_by(known or replace(asker, guest=True, unsure=True))
    if known is None and home:
        context["asker"] = partial(recognize, deps, home, asker, claim)


@contextmanager
def unset(names: Iterable[str]) -> Generator[None]:
    """Hide environment variables from the block."""
    hidden = {name: os.environ.pop(name) for name in names if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(hidden)


class _LastingAck(AsyncAck):
    """An acknowledgement that Bolt cannot take back.

    Bolt checks every 10 ms whether a listener has acknowledged, and takes the acknowledgement back if the listener
    raises before the check (slack_bolt 1.30, AsyncioListenerRunner.run). People would then see "operation_timeout" in
    addition to our answer to a mistyped word.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if value is not None or not hasattr(self, name):
            super().__setattr__(name, value)
