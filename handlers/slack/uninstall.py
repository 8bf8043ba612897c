"""A workspace removes the app or revokes its token: delete its data."""

from slack_bolt.async_app import AsyncApp, AsyncBoltContext

from bot.slack_app.deduplication import acting_once, happened_at
from bot.slack_app.payloads import Body, deps_of, workspace_in
from bot.subscriptions.uninstall import revoked, uninstalled
from providers.json_fields import listing, mapping


def register(app: AsyncApp) -> None:
    """Add both events, which Slack sends when a workspace removes the app."""
    app.event("app_uninstalled")(on_uninstalled)
    app.event("tokens_revoked")(on_revoked)


async def on_uninstalled(body: Body, context: AsyncBoltContext) -> None:
    """Delete the data of a workspace that removed the app."""
    deps = await deps_of(context)
    async with acting_once(deps, body) as first:
        if first:
            await uninstalled(deps, workspace_in(context), happened_at(deps, body))


async def on_revoked(body: Body, event: Body, context: AsyncBoltContext) -> None:
    """Handle a revoked bot token. The app has no tokens of people."""
    if not listing(mapping(event.get("tokens")).get("bot")):
        return
    deps = await deps_of(context)
    async with acting_once(deps, body) as first:
        if first:
            await revoked(deps, workspace_in(context), happened_at(deps, body))
