"""Links to messages, as Slack makes them."""

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack_api.errors import TRANSPORT_ERRORS
from providers.json_fields import mapping, text


async def permalink(client: AsyncWebClient, channel: str, ts: str) -> str:
    """Return the link to a message; empty where Slack gives none, as for a message that was deleted."""
    try:
        answer = await client.chat_getPermalink(channel=channel, message_ts=ts)
    except (SlackApiError, *TRANSPORT_ERRORS):
        return ""
    return text(mapping(answer.data).get("permalink")) or ""
