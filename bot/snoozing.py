"""For how long somebody wants to hear nothing about a card."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, cast

import structlog
from aiohttp import ClientError
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.refusals import refusal

MORNING = 9
"""The hour at which people start to work."""
AT_LEAST = timedelta(hours=1)
"""A morning that is nearer than this is not the one that is meant."""

log = structlog.get_logger("callboard")


class Rest(StrEnum):
    """What can be picked."""

    HOUR = "1h"
    HOURS = "4h"
    MORNING = "morning"


def until(rest: Rest, now: datetime, offset: timedelta) -> datetime:
    """Return when a rest that begins now is over; `offset` is how far somebody's clock is ahead of UTC."""
    match rest:
        case Rest.HOUR:
            return now + timedelta(hours=1)
        case Rest.HOURS:
            return now + timedelta(hours=4)
        case Rest.MORNING:
            there = now + offset
            morning = there.replace(hour=MORNING, minute=0, second=0, microsecond=0) - offset
            return morning if morning - now >= AT_LEAST else morning + timedelta(days=1)


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
