"""Why a program could not start, said to the person who runs it."""

from bot.domain.errors import EmbeddedRedisError, StoreUnavailable
from bot.views.terminal import advice


def explain(error: Exception) -> str:
    """Say what happened and what to do about an error of our own."""
    if isinstance(error, StoreUnavailable) and not isinstance(error, EmbeddedRedisError):
        return f"{error}. Start Redis, or leave redis.url out for the embedded server."
    return str(error)


def slack_refused(code: str) -> str:
    """Say what to do when Slack refuses a call with an error code, empty where it answered without one."""
    if not code:
        return "Slack has trouble: it answered without a reason. Try again in a minute, or see slack-status.com."
    finding = advice.slack_refuses("slack", code)
    return f"{finding.text}: {finding.mend}. `callboard check` looks at everything."


def slack_unreachable(reason: str) -> str:
    """Say what to do when a call to Slack had no answer."""
    return f"Slack cannot be reached ({reason}). `callboard check` looks at everything."
