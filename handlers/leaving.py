"""A workspace removes the app, or revokes its token: what is kept of it goes."""

from datetime import UTC, datetime
from typing import Any

from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bot.leaving import revoked, uninstalled
from bot.replies import services_of, workspace_in
from providers.parsing import listing, mapping

Body = dict[str, Any]


def register(app: AsyncApp) -> None:
    """Listen to farewells; Slack tells both of the app's removal."""
    app.event("app_uninstalled")(on_uninstalled)
    app.event("tokens_revoked")(on_revoked)


async def on_uninstalled(body: Body, context: AsyncBoltContext) -> None:
    """The app was removed."""
    await uninstalled(await services_of(context), workspace_in(context), _told_at(body))


async def on_revoked(body: Body, event: Body, context: AsyncBoltContext) -> None:
    """Tokens were revoked; those of people are none of ours."""
    if listing(mapping(event.get("tokens")).get("bot")):
        await revoked(await services_of(context), workspace_in(context), _told_at(body))


def _told_at(body: Body) -> datetime:
    return datetime.fromtimestamp(int(body["event_time"]), UTC)
