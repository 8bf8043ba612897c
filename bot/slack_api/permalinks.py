"""Slack's links to messages."""

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack_api.errors import TRANSPORT_ERRORS
from providers.json_fields import mapping, text


async def permalink(client: AsyncWebClient, channel: str, ts: str) -> str:
    """Return the link to a message; empty if Slack has none, for example for a deleted message.

    Example: `https://acme.slack.com/archives/C0OPS/p1700000000000100`.
    """
    try:
        answer = await client.chat_getPermalink(channel=channel, message_ts=ts)
    except (SlackApiError, *TRANSPORT_ERRORS):
        return ""
    return text(mapping(answer.data).get("permalink")) or ""
