"""What Slack says when it refuses a call."""

from typing import Any

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError, SlackClientError

from providers.parsing import mapping, text

NO_ANSWER = (ClientError, SlackClientError, TimeoutError, OSError)
"""What a call to Slack raises that was not answered; a refusal, SlackApiError, is to be caught before."""

RATE_LIMITED = frozenset({"ratelimited", "rate_limited"})
"""Slack's codes for too many calls of one method."""


def refusal(error: SlackApiError) -> str:
    """Return Slack's error code; empty where the reply holds none, as a proxy's or a broken one does."""
    reply: Any = error.response  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return text(mapping(getattr(reply, "data", reply)).get("error")) or ""


def status(error: SlackApiError) -> int:
    """Return the HTTP status of a refusal, 0 where it is unknown."""
    reply: Any = error.response  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    found: Any = getattr(reply, "status_code", None) or getattr(reply, "status", None)
    return found if isinstance(found, int) else 0
