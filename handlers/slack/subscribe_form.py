"""The form that follows jobs, opened by `/jobs subscribe` or a button.

A submitted form runs like a typed command. Its answer appears where the form was opened, or in the picked channel.
"""

from functools import partial

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain import button_payloads
from bot.domain.button_payloads import CommandPayload
from bot.domain.user_groups import handles
from bot.slack_api.user_groups import names_of
from bot.slack_app.modals import Modal, Origin
from bot.slack_app.payloads import Body, deps_of, origin_of, read_ask, workspace_in
from bot.slack_app.response_urls import Respond
from bot.slack_app.responses import submitted
from bot.views.slack import subscribe_form
from handlers.commands.grammar import MENTIONS_MAX
from handlers.slack import subscriptions
from handlers.slack.command_reader import read
from handlers.slack.form_values import Mistakes, field_value, subscription
from handlers.slack.partial_answers import give
from providers.json_fields import text


def register(app: AsyncApp) -> None:
    """Add the button that opens the form, and the form."""
    app.action(button_payloads.SUBSCRIBE)(on_subscribe_button)
    app.view(button_payloads.SUBSCRIBE)(on_subscribe)


async def open_subscribe(
    context: AsyncBoltContext, client: AsyncWebClient, body: Body, origin: Origin, jobs: tuple[str, ...] = ()
) -> None:
    """Open the form that follows jobs, for its origin's channel if it has one."""
    deps = await deps_of(context)
    groups = () if deps.catalog.nothing else await names_of(deps, client, _team(context))
    form = subscribe_form.form(jobs, groups, asks_where=origin.response_url is None, mentions_max=MENTIONS_MAX)
    context["reply"] = await Modal.over(client, body, form, origin)


def _team(context: AsyncBoltContext) -> str:
    """Return the workspace of the user groups: in an organization, the one that Slack names."""
    return context.team_id or workspace_in(context)


async def on_subscribe_button(  # noqa: PLR0917  # Bolt passes by name
    ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Open the form with the jobs of the details or list."""
    await ack()
    deps = await deps_of(context)
    request = await read(deps, (await read_ask(deps, action.get("value"))).text)
    await open_subscribe(context, client, body, origin_of(body, respond), request.jobs)


async def on_subscribe(ack: AsyncAck, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
    """Follow the jobs of a submitted form, or show errors below its fields."""
    responder, asker = submitted(body, Origin.of(body), context)
    deps = (await deps_of(context)).asked_in(asker.channel)
    typed = isinstance(field_value(body, button_payloads.USER_GROUPS), str)  # then it may contain handles
    groups = await names_of(deps, client, _team(context)) if typed else ()
    length = len(text(field_value(body, button_payloads.JOBS)) or "")
    work = partial(subscription, body, deps.catalog, handles(groups))
    filled = await deps.long_texts.read(length, work)
    if isinstance(filled, Mistakes):
        await ack(response_action="errors", errors=filled.lines)
        return
    await ack()
    await give(context, responder, await subscriptions.answer(deps, filled, CommandPayload(text=str(filled)), asker))
