"""Mentions and direct messages: the words after `/jobs`, answered in place."""

import re

from slack_bolt.async_app import AsyncApp, AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot.domain.access import Audience
from bot.domain.button_payloads import CommandPayload
from bot.slack_app.deduplication import acts_first
from bot.slack_app.payloads import Asker, Body, deps_of
from bot.slack_app.responses import ChannelPost
from handlers.commands.lexer import undecorated
from handlers.slack.answer import answer
from handlers.slack.partial_answers import give

SAID = {None, "file_share", "thread_broadcast"}
"""Subtypes of messages that a person wrote."""


def register(app: AsyncApp) -> None:
    """Add mentions and direct messages."""
    app.event("app_mention")(on_mention)
    app.event("message")(on_message)


async def on_mention(body: Body, event: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
    """Answer in the thread of the mention, where all members see it."""
    if _by_a_person(event, context):
        thread = str(event.get("thread_ts") or event["ts"])
        await _answer(body, event, ChannelPost(client, event["channel"], thread), context)


async def on_message(body: Body, event: Body, client: AsyncWebClient, context: AsyncBoltContext) -> None:
    """Answer a direct message. Other messages are not for the bot."""
    if event.get("channel_type") == "im" and _by_a_person(event, context):
        await _answer(body, event, ChannelPost(client, event["channel"], event.get("thread_ts")), context)


def _by_a_person(event: Body, context: AsyncBoltContext) -> bool:
    """Whether a person wrote this message: not a bot, and not Slack's event about an edit."""
    match event:
        case {"user": str(user), "channel": str(), "ts": str()}:
            return "bot_id" not in event and event.get("subtype") in SAID and user != context.bot_user_id
        case _:
            return False


async def _answer(body: Body, event: Body, responder: ChannelPost, context: AsyncBoltContext) -> None:
    # The answer contains only what all its readers may see.
    asker = Asker.named(event["user"], event["channel"], context)
    deps = (await deps_of(context)).read_by(Audience.of_destination(asker.channel, asker.user))
    if not await acts_first(deps, body):
        return
    context["reply"] = responder
    text = re.sub(rf"<@{context.bot_user_id}(?:\|[^<>]*)?>[\s:,，：]*", " ", str(event.get("text", "")))
    await give(context, responder, await answer(deps, CommandPayload(text=undecorated(text)), asker))
