"""In which time zone somebody is, as far as Slack tells."""

from datetime import timedelta
from typing import Any, cast

import structlog
from aiohttp import ClientError
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.refusals import refusal

log = structlog.get_logger("callboard")


async def offset_of(slack: AsyncWebClient, user: str) -> timedelta | None:
    """Return how far somebody's clock is ahead of UTC just now; None where Slack does not tell."""
    try:
        known = cast("dict[str, Any]", (await slack.users_info(user=user)).data)
        return timedelta(seconds=int(known["user"]["tz_offset"]))
    except SlackApiError as error:
        reason = refusal(error)
    except (ClientError, SlackClientError, TimeoutError, OSError, KeyError, TypeError, ValueError) as error:
        reason = type(error).__name__
    log.info("somebody's time zone is not known", reason=reason)
    return None
