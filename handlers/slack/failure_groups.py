"""The buttons of failure groups and storm messages: *Show all* and its pages.

Mutes are in `handlers.slack.watches`.
"""

import re

from pydantic import ValidationError
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext

from bot.deps.deps import Deps
from bot.deps.permissions import destination_of_button
from bot.domain import button_payloads
from bot.domain.button_payloads import GroupPayload
from bot.domain.errors import ExpiredError
from bot.slack_app.payloads import Asker, Body, deps_of
from bot.slack_app.response_urls import Respond, send
from bot.views.slack import group_pages
from bot.views.slack.block_kit import Message
from bot.watches.group_pages import group_page


def register(app: AsyncApp) -> None:
    """Add the buttons that list the jobs of a group."""
    app.action(button_payloads.SHOW_ALL)(on_show_all)
    app.action(re.compile(f"^{button_payloads.SHOW_ALL}:"))(on_page)


async def on_show_all(ack: AsyncAck, body: Body, action: Body, respond: Respond, context: AsyncBoltContext) -> None:
    """Show all jobs of a group to the person who clicked."""
    await ack()
    page = await _page(await deps_of(context), action, Asker.of(body, context))
    await send(respond, page, replace_original=False)


async def on_page(ack: AsyncAck, body: Body, action: Body, respond: Respond, context: AsyncBoltContext) -> None:
    """Replace the page with the previous or next jobs of the group."""
    await ack()
    page = await _page(await deps_of(context), action, Asker.of(body, context))
    await send(respond, page, replace_original=True)


async def _page(deps: Deps, action: Body, asker: Asker) -> Message:
    try:
        asked = GroupPayload.model_validate_json(str(action.get("value")))
    except ValidationError:
        raise ExpiredError from None
    destination = await destination_of_button(deps, asked.place, asker.channel, asker.user)
    found = await group_page(deps, (destination, asker.user), asked.group, asked.offset, group_pages.PAGE)
    return group_pages.group_page(found)
