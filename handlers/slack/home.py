"""The Home tab: publish it when a person opens it, and on Refresh."""

from contextlib import suppress

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain import button_payloads
from bot.domain.errors import StoreUnavailable
from bot.home_tab import publish, published_just_now
from bot.slack_app.deduplication import shows_first
from bot.slack_app.modals import Origin
from bot.slack_app.payloads import Body, deps_of, qualified_id
from bot.views.slack import home
from handlers.slack.find_form import open_find
from providers.http.deadline import fresh
from providers.json_fields import text


def register(app: AsyncApp) -> None:
    """Add the tab and its buttons."""
    app.event("app_home_opened")(on_home_opened)
    app.action(button_payloads.HOME)(on_refresh)
    app.action(button_payloads.HOME_CHANNEL)(on_channel)
    app.action(button_payloads.FIND)(on_find)


async def on_home_opened(body: Body, event: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
    """Publish the tab for the person who opened it. Bolt has already acknowledged the event."""
    deps, user = await deps_of(context), text(event.get("user"))
    destination = qualified_id(context, user or "")
    if (
        user is None
        or event.get("tab") != "home"
        or await published_just_now(deps, destination)
        or not await shows_first(deps, body)
    ):
        return
    if "view" not in event:
        await client.views_publish(user_id=user, view=home.loading())
    await publish(deps, destination)


async def on_refresh(ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
    """Refresh the tab with new requests."""
    await ack()
    with fresh():
        await publish(await deps_of(context), qualified_id(context, body["user"]["id"]))


async def on_channel(ack: AsyncAck, body: Body, action: Body, context: AsyncBoltContext) -> None:
    """Show what others follow in the picked channel."""
    await ack()
    deps, user = await deps_of(context), qualified_id(context, body["user"]["id"])
    if channel := text(action.get("selected_conversation")):
        with suppress(StoreUnavailable):  # the tab itself reports that Redis is unavailable
            await deps.store.home_tabs.pick(user, qualified_id(context, channel))
    await publish(deps, user)


async def on_find(ack: AsyncAck, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
    """Open the form that finds jobs, over the tab."""
    await ack()
    await open_find(context, client, body, Origin())
