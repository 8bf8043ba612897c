"""Opens the clients of Slack's Web API: for the workspace of a token, or for all that install the app."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import partial

import aiohttp
from aiohttp import ClientSession, TraceConfig, TraceRequestEndParams
from slack_sdk.web.async_client import AsyncWebClient

from bot.config.settings import Slack
from bot.deps.clock import SlackTime
from bot.deps.deps import Deps
from bot.domain.access import Access
from bot.domain.errors import ConfigError
from bot.domain.slack_scopes import GUESTS_SCOPE
from bot.domain.workspaces import Workspaces
from bot.slack_api.installations import App, InstalledWorkspaces, renewing
from bot.slack_api.token_encryption import TokenCipher
from bot.slack_api.workspaces import OneWorkspace
from providers.secrets import SecretMissing, SecretRef

SLACK_S = 10
"""The timeout of a call to Slack in seconds. `bot.delivery.sender` relies on it."""


@asynccontextmanager
async def open_workspaces(slack: Slack, deps: Deps) -> AsyncGenerator[Workspaces]:
    """Open the workspaces of the settings while the block runs.

    Calls to Slack end within SLACK_S seconds. They are not retried: slack_sdk's retries would post a message twice if
    it arrived before the connection broke.

    Raises:
        ConfigError: A secret is missing.
        SlackApiError: Slack refused the token.
        StoreUnavailable: Redis is down.
    """
    limit, dates = aiohttp.ClientTimeout(total=SLACK_S), _dates(deps.slack_time)
    async with ClientSession(timeout=limit, trace_configs=[dates]) as session:
        if slack.client_id is None:
            token = secret("bot_token", slack.bot_token)
            client = AsyncWebClient(token=token, base_url=slack.api_url, session=session, retry_handlers=[])
            yield await OneWorkspace.of(client)
            return
        app = App(slack.client_id, secret("client_secret", slack.client_secret), slack.api_url, session)
        workspaces = InstalledWorkspaces(
            deps.store.installations, TokenCipher(slack.encryption_keys), app, partial(_slacks_clock, deps)
        )
        async with renewing(workspaces):
            yield workspaces


def check_scopes(workspaces: Workspaces, access: Access) -> None:
    """Check that the configured token has the scope for guests if access rules need it. Raises ConfigError.

    For workspaces that installed the app over OAuth, `callboard check` reports a missing scope. Each person counts as a
    guest there.
    """
    if not access.names_guests or not isinstance(workspaces, OneWorkspace):
        return
    granted = workspaces.workspace.scopes
    if granted is not None and GUESTS_SCOPE not in granted:
        raise ConfigError(
            f"access: a table says guests = …, but slack.bot_token lacks the scope {GUESTS_SCOPE}, so that guests "
            "cannot be distinguished from members: install the app again with it, or take guests out of the file"
        )


def _slacks_clock(deps: Deps) -> datetime:
    """Return the time to compare with the expiry of tokens: Slack's, or fleet time before Slack's first response."""
    now = deps.slack_time.now()
    return deps.clock() if now is None else datetime.fromtimestamp(now, UTC)


def _dates(time: SlackTime) -> TraceConfig:
    """Return a trace that reads Slack's time from JSON responses. It ignores a proxy's error pages."""

    async def ended(_: ClientSession, __: object, params: TraceRequestEndParams) -> None:
        headers = params.response.headers
        if params.response.content_type == "application/json" and (date := headers.get("Date")):
            time.heard(date)

    trace = TraceConfig()
    trace.on_request_end.append(ended)
    return trace


def check_secrets(slack: Slack, *, answers: bool) -> str:
    """Check that all secrets are set. Return the one that receives payloads, if this process `answers` Slack.

    That is the app token in Socket Mode, and the signing secret in HTTP mode. Raises ConfigError.
    """
    if slack.client_id is None:
        secret("bot_token", slack.bot_token)
    else:
        secret("client_secret", slack.client_secret)
        TokenCipher(slack.encryption_keys).check()
    if not answers:
        return ""
    if slack.mode == "socket":
        return secret("app_token", slack.app_token)
    return secret("signing_secret", slack.signing_secret)


def secret(name: str, reference: SecretRef | None) -> str:
    """Read a secret of `[slack]`. Raises ConfigError with the name of its setting."""
    if reference is None:
        raise ConfigError(f'slack.{name}: expected a reference, such as "env:SLACK_{name.upper()}"')
    try:
        return reference.read()
    except SecretMissing as error:
        raise ConfigError(f"a token for Slack is missing: {error}") from None
