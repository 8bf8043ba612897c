"""Opens the way to Slack: for the one workspace of a token, or for all that install the app."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from bot.access import Access
from bot.config import Slack
from bot.config_errors import ConfigError
from bot.installed import App, InstalledWorkspaces, Seal, renewing
from bot.scopes import GUESTS_SCOPE
from bot.store import Store
from bot.workspaces import OneWorkspace, Workspaces
from providers.secrets import SecretMissing, SecretRef

SLACK_S = 10
"""A call to Slack is given up after this many seconds; `bot.posting` counts on it."""


@asynccontextmanager
async def open_workspaces(slack: Slack, store: Store) -> AsyncGenerator[Workspaces]:
    """Open the workspaces of the settings while the block runs.

    Calls to Slack end within SLACK_S, and nothing is sent twice: slack_sdk's own retries would post a message again
    that arrived although the connection broke. Raises ConfigError for secrets that are missing, SlackApiError when
    Slack does not accept the token, and StoreUnavailable.
    """
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SLACK_S)) as session:
        if slack.client_id is None:
            token = secret("bot_token", slack.bot_token)
            client = AsyncWebClient(token=token, base_url=slack.api_url, session=session, retry_handlers=[])
            yield await OneWorkspace.of(client)
            return
        app = App(slack.client_id, secret("client_secret", slack.client_secret), slack.api_url, session)
        workspaces = InstalledWorkspaces(store.installations, Seal(slack.encryption_keys), app)
        async with renewing(workspaces):
            yield workspaces


def check_scopes(workspaces: Workspaces, access: Access) -> None:
    """See that the configured token distinguishes guests from members where access rules need it; raises ConfigError.

    Of workspaces that installed the app by themselves `callboard check` says it: there each person counts as a guest.
    """
    if not access.names_guests or not isinstance(workspaces, OneWorkspace):
        return
    granted = workspaces.workspace.identity.bot_scopes
    if granted is not None and GUESTS_SCOPE not in granted:
        raise ConfigError(
            f"access: a table says guests = …, but slack.bot_token lacks the scope {GUESTS_SCOPE}, so that guests "
            "cannot be distinguished from members: install the app again with it, or take guests out of the file"
        )


def check_secrets(slack: Slack, *, answers: bool) -> str:
    """See that every secret is there; return the one with which Slack is heard, if this process `answers` it.

    Raises ConfigError.
    """
    if slack.client_id is None:
        secret("bot_token", slack.bot_token)
    else:
        secret("client_secret", slack.client_secret)
        Seal(slack.encryption_keys).check()
    if not answers:
        return ""
    if slack.mode == "socket":
        return secret("app_token", slack.app_token)
    return secret("signing_secret", slack.signing_secret)


def secret(name: str, reference: SecretRef | None) -> str:
    """Read a secret of `[slack]`; raises ConfigError that names its place."""
    if reference is None:
        raise ConfigError(f'slack.{name}: expected a reference, such as "env:SLACK_{name.upper()}"')
    try:
        return reference.read()
    except SecretMissing as error:
        raise ConfigError(f"a token for Slack is missing: {error}") from None
