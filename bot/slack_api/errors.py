"""Classifies Slack's errors for posts and edits.

The codes are from Slack's method pages for chat.postMessage, chat.update and conversations.open.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError, SlackClientError

from providers.json_fields import mapping, number, text


class ErrorAction(StrEnum):
    """What to do about an error of Slack. Metrics and logs name an action by its value."""

    RETRY = "retry"  # stored
    """Slack refused it for now. A retry may succeed."""
    LOOK_UP_FIRST = "unsure"  # stored
    """Slack may have accepted it. Look for the message before a retry."""
    WAIT_FOR_OPERATOR = "hold"  # stored
    """Every call fails until an operator fixes the app or its token. Hold everything."""
    SUSPEND = "suspend"  # stored
    """The destination refuses all posts. Hold its notifications, and notify the subscribers."""
    POST_NEW = "detach"  # stored
    """The message to edit or to reply to no longer exists. Continue without it."""
    SEND_AS_TEXT = "plain"  # stored
    """Slack refused the message's format. Send only its text. If Slack refuses that too, suspend the destination."""
    UNKNOWN_CODE = "unknown"  # stored
    """The code is undocumented. Send only the text, in case the blocks are the cause, and keep retrying."""


_CODES: Mapping[ErrorAction, tuple[str, ...]] = MappingProxyType(
    {
        ErrorAction.RETRY: (
            "ratelimited", "rate_limited", "message_limit_exceeded", "team_added_to_org", "accesslimited",
            "external_channel_migrating", "team_access_not_granted", "slack_connect_file_link_sharing_blocked",
        ),
        ErrorAction.LOOK_UP_FIRST: (
            "", "internal_error", "fatal_error", "service_unavailable", "request_timeout",
        ),
        ErrorAction.WAIT_FOR_OPERATOR: (
            "not_authed", "invalid_auth", "account_inactive", "token_revoked", "token_expired", "no_permission",
            "missing_scope", "not_allowed_token_type", "ekm_access_denied", "access_denied", "org_login_required",
            "enterprise_is_restricted", "deprecated_endpoint", "two_factor_setup_required", "app_missing_action_url",
        ),
        ErrorAction.SUSPEND: (
            "is_archived", "not_in_channel", "channel_not_found", "restricted_action", "channel_is_archived",
            "restricted_action_read_only_channel", "restricted_action_non_threadable_channel",
            "restricted_action_thread_only_channel", "restricted_action_thread_locked", "user_not_found",
            "user_disabled", "cannot_dm_bot", "cannot_dm_user", "messages_tab_disabled", "user_not_visible",
            "not_allowed", "im_disabled", "method_not_supported_for_channel_type", "team_not_found",
            "posting_to_general_channel_denied", "blocked_from_sending_messages", "is_inactive",
        ),
        ErrorAction.POST_NEW: (
            "message_not_found", "cant_update_message", "edit_window_closed", "cannot_reply_to_message",
            "thread_not_found", "as_user_not_supported", "invalid_ts",
        ),
        ErrorAction.SEND_AS_TEXT: (
            "invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "no_text",
            "markdown_text_conflict", "block_mismatch", "invalid_metadata_format", "invalid_metadata_schema",
            "metadata_too_large", "metadata_must_be_sent_from_app", "invalid_arguments", "invalid_attachments",
        ),
    }
)  # fmt: skip
VERDICTS: Mapping[str, ErrorAction] = MappingProxyType(
    {code: action for action, codes in _CODES.items() for code in codes}
)
"""All documented error codes of these calls, and further ones seen in practice."""
SERVER_ERROR = 500
"""The lowest HTTP status of a server error, after which a call may or may not have taken effect."""
RETRY_S = 5.0
"""Seconds before a retry without a `Retry-After`."""
HOLD_S = 60.0
"""Seconds before the next check whether an operator fixed the app or its token."""


def classify(error: SlackApiError) -> ErrorAction:
    """Return the action for an error of Slack.

    An undocumented code never counts as success. With HTTP 5xx it does not count as a refusal either.

    Example: `token_revoked` is WAIT_FOR_OPERATOR.
    """
    unknown = ErrorAction.LOOK_UP_FIRST if status(error) >= SERVER_ERROR else ErrorAction.UNKNOWN_CODE
    return VERDICTS.get(error_code(error), unknown)


def retry_after(error: SlackApiError) -> float | None:
    """Return the `Retry-After` of an error in seconds; None if there is none."""
    reply: Any = error.response  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    headers: Any = getattr(reply, "headers", None)
    lower = {str(name).lower(): value for name, value in mapping(headers and dict(headers)).items()}
    return number(lower.get("retry-after"))


TRANSPORT_ERRORS = (ClientError, SlackClientError, TimeoutError, OSError)
"""Errors of a call to Slack without a response. Catch SlackApiError, the refusal, before these."""


RATE_LIMITED = frozenset({"ratelimited", "rate_limited"})
"""Slack's codes for too many calls of one method."""


def error_code(error: SlackApiError) -> str:
    """Return Slack's error code, such as `ratelimited`; empty for a response of a proxy or a broken one."""
    reply: Any = error.response  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return text(mapping(getattr(reply, "data", reply)).get("error")) or ""


def status(error: SlackApiError) -> int:
    """Return the HTTP status of a refusal; 0 if it is unknown."""
    reply: Any = error.response  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    found: Any = getattr(reply, "status_code", None) or getattr(reply, "status", None)
    return found if isinstance(found, int) else 0
