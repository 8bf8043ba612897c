"""What Slack says when it refuses a call."""

from typing import Any

from slack_sdk.errors import SlackApiError

from providers.parsing import mapping, text


def refusal(error: SlackApiError) -> str:
    """Return Slack's error code; empty where the reply holds none, as a proxy's or a broken one does."""
    reply: Any = error.response  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return text(mapping(getattr(reply, "data", reply)).get("error")) or ""
