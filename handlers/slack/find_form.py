"""Find jobs: a form with filters above the results."""

import re
from collections.abc import AsyncGenerator

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.deps.deps import Deps
from bot.domain import button_payloads
from bot.jobs.queries import find_jobs, list_jobs
from bot.slack_app.modals import Modal, Origin
from bot.slack_app.payloads import Body, deps_of, newest, read_payload
from bot.views.slack.block_kit import Block
from bot.views.slack.find_form import FormValues, Found, form
from handlers.commands.grammar import Request
from handlers.slack.form_values import search
from handlers.slack.partial_answers import fill


def register(app: AsyncApp) -> None:
    """Add the global shortcut, the form, and what can be clicked in it."""
    app.shortcut({"type": "shortcut", "callback_id": button_payloads.FIND})(on_shortcut)
    app.view(button_payloads.FIND)(on_find)
    app.action(button_payloads.ACCOUNT)(on_account)
    app.action(re.compile(f"^{button_payloads.TURN}:"))(on_turn)


async def open_find(context: AsyncBoltContext, client: AsyncWebClient, body: Body, origin: Origin) -> None:
    """Open the form, and show the newest jobs when the services have answered."""
    deps = await deps_of(context)
    request, filled = search({}, deps.catalog)
    context["reply"] = modal = await Modal.open(client, body, form(filled, Found(asking=True)), origin)
    await fill(context, modal, _found(deps, request, filled))


async def on_shortcut(ack: AsyncAck, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
    """Open the form from the global shortcut."""
    await ack()
    await open_find(context, client, body, Origin())


async def on_find(ack: AsyncAck, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
    """Run the submitted filters, and replace the earlier results."""
    deps = await deps_of(context)
    request, filled = search(body, deps.catalog)
    context["reply"] = modal = Modal.clicked(client, body).renamed()
    await ack(response_action="update", view=modal.mark(form(filled, Found(asking=True))))
    await fill(context, modal, _found(deps, request, filled))


async def on_account(ack: AsyncAck, body: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
    """Offer the services of the picked account."""
    await ack()
    deps = await deps_of(context)
    _, filled = search(body, deps.catalog)
    await Modal.clicked(client, body, newest(context, body)).update(form(filled, Found()))


async def on_turn(ack: AsyncAck, body: Body, action: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
    """Show the previous or next page of results."""
    await ack()
    deps = await deps_of(context)
    context["reply"] = modal = Modal.clicked(client, body, newest(context, body))
    request, filled = search(body, deps.catalog)
    await fill(context, modal, _found(deps, request, filled, read_payload(action.get("value")).offset))


async def _found(deps: Deps, request: Request, filled: FormValues, offset: int = 0) -> AsyncGenerator[Block]:
    """Yield the form with the results after a second, then with all of them."""
    query = request.query(deps.clock())
    if request.text:
        found = find_jobs(deps, request.text, request.scope, query, offset=offset, limit=request.limit)
    else:
        found = list_jobs(deps, request.scope, query, offset=offset, limit=request.limit)
    first = await found.first()
    yield form(filled, Found(first))
    if first.pending:
        yield form(filled, Found(await found.whole()))
