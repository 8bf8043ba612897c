"""Reads facts about people from Slack: their channels and their time zone."""

from datetime import timedelta
from typing import Any, cast

import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack_api.errors import TRANSPORT_ERRORS, error_code
from bot.slack_api.workspaces import teams_of
from providers.json_fields import listing, mapping, text

PAGE = 200
PAGES_MAX = 10
TYPES = ("public_channel,private_channel", "public_channel")
"""The types of channels to list. The second is for apps without the scope for private channels."""

log = structlog.get_logger("callboard")


async def channels_of(slack: AsyncWebClient, workspace: str, user: str | None = None) -> frozenset[str] | None:
    """Return the ids of a person's channels; None if they are unknown.

    Includes private channels with the bot in them. Without a person, returns the bot's channels.
    """
    reason = ""
    for types in TYPES:
        try:
            found: set[str] = set()
            for team in await teams_of(slack, workspace):
                channels = await conversations(slack, types, team, user)
                found |= {name for each in channels if (name := text(each.get("id")))}
            return frozenset(found)
        except SlackApiError as error:
            reason = error_code(error)
            if reason != "missing_scope":
                break
        except TRANSPORT_ERRORS as error:
            reason = type(error).__name__
            break
    log.info("channel members unknown", reason=reason)
    return None


async def offset_of(slack: AsyncWebClient, user: str) -> timedelta | None:
    """Return how far a person's local time is ahead of UTC; None if it is unknown."""
    try:
        known = cast("dict[str, Any]", (await slack.users_info(user=user)).data)
        return timedelta(seconds=int(known["user"]["tz_offset"]))
    except SlackApiError as error:
        reason = error_code(error)
    except (*TRANSPORT_ERRORS, KeyError, TypeError, ValueError) as error:
        reason = type(error).__name__
    log.info("time zone of a user unknown", reason=reason)
    return None


async def conversations(
    slack: AsyncWebClient, types: str, team: str | None, user: str | None = None
) -> list[dict[str, Any]]:
    """Return a person's conversations of these types, by default the bot's. Raises SlackApiError."""
    found: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(PAGES_MAX):
        asked = await slack.users_conversations(user=user, types=types, limit=PAGE, cursor=cursor or None, team_id=team)
        answer = cast("dict[str, Any]", asked.data)
        found += map(mapping, listing(answer.get("channels")))
        cursor = text(mapping(answer.get("response_metadata")).get("next_cursor")) or ""
        if not cursor:
            break
    return found
