"""Messages for the operator about a program that can't start."""

from bot.domain.errors import EmbeddedRedisError, StoreUnavailable
from bot.views.terminal import advice


def explain(error: Exception) -> str:
    """Return what happened and what to do about one of our own errors."""
    if isinstance(error, StoreUnavailable) and not isinstance(error, EmbeddedRedisError):
        return f"{error}. Start Redis, or remove redis.url to use the embedded server."
    return str(error)


def slack_refused(code: str) -> str:
    """Return what to do when Slack refuses a call.

    `code` is Slack's error code, such as `invalid_auth`, empty if it sent none.
    """
    if not code:
        return "Slack refused the call without a reason. Try again in a minute, or see slack-status.com."
    finding = advice.slack_refuses("slack", code)
    return f"{finding.text}: {finding.mend}. Run `callboard check` to check everything."


def slack_unreachable(reason: str) -> str:
    """Return what to do when Slack doesn't respond."""
    return f"Can't reach Slack ({reason}). Run `callboard check` to check everything."
