"""What it means when Slack refuses a post or an edit: decided once, here, for every error there is.

The codes are those of Slack's method pages for chat.postMessage, chat.update and conversations.open.
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
    """Slack did not take it; it may next time."""
    LOOK_UP_FIRST = "unsure"  # stored
    """Slack may have taken it: look for it before it is sent again."""
    WAIT_FOR_OPERATOR = "hold"  # stored
    """Nothing gets through until somebody mends the app or its token; everything waits."""
    SUSPEND = "suspend"  # stored
    """This destination takes nothing any more: keep what there is, and notify the subscribers."""
    POST_NEW = "detach"  # stored
    """The message that was to be edited or replied to is gone: go on without it."""
    SEND_AS_TEXT = "plain"  # stored
    """Slack does not like the message: send its text alone; where it does not like that either, suspend the
    destination."""
    UNKNOWN_CODE = "unknown"  # stored
    """Nobody documented this code: send the text alone, in case the blocks are to blame, and then again and again."""


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
"""Every error code that these calls are documented to answer with, and those seen beside them."""
SERVER_ERROR = 500
"""The first of the HTTP statuses that say nothing about whether a call took effect."""
RETRY_S = 5.0
"""How long to wait where Slack does not say."""
HOLD_S = 60.0
"""How long to wait before a look whether somebody mended the app or its token."""


def classify(error: SlackApiError) -> ErrorAction:
    """Decide about a refusal.

    An undocumented code is never taken for success, and with a server's error (HTTP 5xx) not for a refusal either.
    """
    unknown = ErrorAction.LOOK_UP_FIRST if status(error) >= SERVER_ERROR else ErrorAction.UNKNOWN_CODE
    return VERDICTS.get(error_code(error), unknown)


def retry_after(error: SlackApiError) -> float | None:
    """Return for how many seconds Slack asks to wait, where it does."""
    reply: Any = error.response  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    headers: Any = getattr(reply, "headers", None)
    lower = {str(name).lower(): value for name, value in mapping(headers and dict(headers)).items()}
    return number(lower.get("retry-after"))


TRANSPORT_ERRORS = (ClientError, SlackClientError, TimeoutError, OSError)
"""What a call to Slack raises that was not answered; a refusal, SlackApiError, is to be caught before."""


RATE_LIMITED = frozenset({"ratelimited", "rate_limited"})
"""Slack's codes for too many calls of one method."""


def error_code(error: SlackApiError) -> str:
    """Return Slack's error code; empty where the reply holds none, as a proxy's or a broken one does."""
    reply: Any = error.response  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return text(mapping(getattr(reply, "data", reply)).get("error")) or ""


def status(error: SlackApiError) -> int:
    """Return the HTTP status of a refusal, 0 where it is unknown."""
    reply: Any = error.response  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    found: Any = getattr(reply, "status_code", None) or getattr(reply, "status", None)
    return found if isinstance(found, int) else 0
