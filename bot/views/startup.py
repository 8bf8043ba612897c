"""Why a program could not start, said to the person who runs it."""

from aiohttp import ClientError
from slack_sdk.errors import SlackApiError

from bot.config_errors import ConfigError
from bot.replies import refusal
from bot.store import EmbeddedRedisError, StoreUnavailable

MENDABLE = (ConfigError, EmbeddedRedisError, StoreUnavailable, SlackApiError, ClientError, OSError)

_TOKENS = {
    "invalid_auth": "Slack does not accept the token. Copy it again from the app's page, OAuth & Permissions.",
    "not_authed": "Slack got no token. Set slack.bot_token in callboard.toml and the variable that it names.",
    "account_inactive": "The app was removed from the workspace, or its user deactivated. Install the app again.",
    "token_revoked": "The token was revoked. Install the app again and copy the new token.",
    "not_allowed_token_type": "A token of the wrong kind: bot_token starts with xoxb-, app_token with xapp-.",
}


def words(error: Exception) -> str:
    """Say what happened and what to do."""
    match error:
        case SlackApiError():
            reason = refusal(error)
            return f"{_TOKENS.get(reason, f'Slack refused: {reason}.')} `callboard check` looks at everything."
        case StoreUnavailable():
            return f"Redis cannot be reached: {error}. Start it, or leave redis.url out for the embedded server."
        case ClientError():
            return f"Slack cannot be reached ({type(error).__name__}). Check the network and slack.api_url."
        case OSError():
            return f"{error.strerror or error}. Is the port taken? Choose another one."
        case _:
            return str(error)
