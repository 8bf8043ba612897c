"""Forms: opened by a bare command or a button, and sent off.

What is sent off takes the way of a typed command; its answer stands where the form was opened, or in the channel that
was picked in it.
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
    """Add what opens a form, and the forms themselves."""
    app.action(button_payloads.SUBSCRIBE)(on_subscribe_button)
    app.view(button_payloads.SUBSCRIBE)(on_subscribe)


async def open_subscribe(
    context: AsyncBoltContext, client: AsyncWebClient, body: Body, origin: Origin, jobs: tuple[str, ...] = ()
) -> None:
    """Open the form that follows jobs, for the channel of its origin if there is one."""
    deps = await deps_of(context)
    groups = () if deps.catalog.nothing else await names_of(deps, client, _team(context))
    form = subscribe_form.form(jobs, groups, asks_where=origin.response_url is None, mentions_max=MENTIONS_MAX)
    context["reply"] = await Modal.over(client, body, form, origin)


def _team(context: AsyncBoltContext) -> str:
    """Return the workspace whose user groups are known here: one of an organisation's, where Slack names it."""
    return context.team_id or workspace_in(context)


async def on_subscribe_button(  # noqa: PLR0917  # Bolt passes by name
    ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Subscribe under details and lists: the form, filled in with the jobs."""
    await ack()
    deps = await deps_of(context)
    request = await read(deps, (await read_ask(deps, action.get("value"))).text)
    await open_subscribe(context, client, body, origin_of(body, respond), request.jobs)


async def on_subscribe(ack: AsyncAck, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
    """The form was sent off: follow its jobs, or say below a field what is wrong with it."""
    responder, asker = submitted(body, Origin.of(body), context)
    deps = (await deps_of(context)).asked_in(asker.channel)
    typed = isinstance(field_value(body, button_payloads.USER_GROUPS), str)  # then handles may stand there
    groups = await names_of(deps, client, _team(context)) if typed else ()
    length = len(text(field_value(body, button_payloads.JOBS)) or "")
    work = partial(subscription, body, deps.catalog, handles(groups))
    filled = await deps.long_texts.read(length, work)
    if isinstance(filled, Mistakes):
        await ack(response_action="errors", errors=filled.lines)
        return
    await ack()
    await give(context, responder, await subscriptions.answer(deps, filled, CommandPayload(text=str(filled)), asker))
