"""The command `/jobs`: acknowledge, parse, one use case, one view.

It catches no errors: `bot.slack_app.error_handler` has the only error handler.
"""

from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.button_payloads import CommandPayload
from bot.slack_app.payloads import Asker, Body, deps_of, origin_of
from bot.slack_app.response_urls import Respond
from bot.slack_app.responses import ResponseUrl
from handlers.commands.lexer import bare, undecorated
from handlers.slack.answer import answer
from handlers.slack.command_reader import read_text
from handlers.slack.find_form import open_find
from handlers.slack.partial_answers import give
from handlers.slack.subscribe_form import open_subscribe
from handlers.slack.watches import open_watch

FORMS = {"watch": open_watch, "subscribe": open_subscribe, "find": open_find}
"""The form that a command without arguments opens."""


def register(app: AsyncApp) -> None:
    """Add `/jobs`."""
    app.command("/jobs")(on_command)


async def on_command(
    ack: AsyncAck, command: Body, client: AsyncWebClient, respond: Respond, context: AsyncBoltContext
) -> None:
    """Answer only the asker. A command without arguments opens its form."""
    await ack()
    payload = CommandPayload(text=undecorated(read_text(command.get("text", ""))))
    if form := FORMS.get(bare(payload.text)):
        await form(context, client, command, origin_of(command, respond))
        return
    deps = await deps_of(context)
    await give(context, ResponseUrl(respond), await answer(deps, payload, Asker.of(command, context)))
