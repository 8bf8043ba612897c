"""Why a program could not start, said to the person who runs it."""

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError

from bot.config.errors import ConfigError
from bot.store import StoreUnavailable
from bot.store.binary import EmbeddedRedisError
from bot.verdicts import refusal
from bot.views import advice

MENDABLE = (ConfigError, StoreUnavailable, SlackApiError, ClientError, TimeoutError)


def words(error: Exception) -> str:
    """Say what happened and what to do."""
    match error:
        case SlackApiError() if not refusal(error):
            return "Slack has trouble: it answered without a reason. Try again in a minute, or see slack-status.com."
        case SlackApiError():
            finding = advice.slack_refuses("slack", refusal(error))
            return f"{finding.text}: {finding.mend}. `callboard check` looks at everything."
        case EmbeddedRedisError():
            return str(error)
        case StoreUnavailable():
            return f"{error}. Start Redis, or leave redis.url out for the embedded server."
        case ClientError() | TimeoutError():
            return f"Slack cannot be reached ({type(error).__name__}). `callboard check` looks at everything."
        case _:
            return str(error)
