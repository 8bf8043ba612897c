"""Runs the bot until it is told to stop."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.app import create_app
from bot.config import Settings, Slack
from bot.config_errors import ConfigError
from bot.opening import open_services
from bot.services import ANSWER_S, Services
from bot.store import Store
from providers.secrets import SecretMissing, SecretRef

log = structlog.get_logger("callboard")

Register = Callable[[AsyncApp], None]


async def run(settings: Settings, register: Register) -> None:
    """Answer Slack until SIGINT or SIGTERM, which count from the first moment on. Raises what `running` raises."""
    serving = asyncio.create_task(_serve(settings, register), name="bot")
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    try:
        await serving
    except asyncio.CancelledError:
        log.info("stopped")


async def _serve(settings: Settings, register: Register) -> None:
    async with running(settings, register) as parts:
        log.info("ready", accounts=len(settings.accounts), services=len(parts.providers))
        await asyncio.Event().wait()


@asynccontextmanager
async def running(settings: Settings, register: Register, *, answer_s: float = ANSWER_S) -> AsyncGenerator[Services]:
    """Answer Slack while the block runs, each question within `answer_s` seconds.

    Raises ConfigError when a token is missing or the port is taken, SlackApiError when Slack does not accept a token,
    and StoreUnavailable when Redis cannot be reached.
    """
    slack = _slack(settings)
    client = AsyncWebClient(token=secret(slack.bot_token), base_url=slack.api_url)
    async with open_services(settings, redis_needed=True, answer_s=answer_s) as parts:
        signing_secret = secret(slack.signing_secret) if slack.signing_secret and slack.mode == "http" else ""
        app = await create_app(client, parts, signing_secret)
        register(app)
        http = _http(app, signing_secret, parts.store, settings)
        async with http if slack.mode == "http" else _socket_mode(app, slack):
            yield parts


def _slack(settings: Settings) -> Slack:
    if settings.slack is None:
        raise ConfigError("callboard.toml has no [slack] table: `callboard jobs` works without it, the bot does not")
    return settings.slack


def secret(reference: SecretRef) -> str:
    """Read a secret; raises ConfigError that names its place."""
    try:
        return reference.read()
    except SecretMissing as error:
        raise ConfigError(f"a token for Slack is missing: {error}") from None


@asynccontextmanager
async def _socket_mode(app: AsyncApp, slack: Slack) -> AsyncGenerator[None]:
    """Let Slack speak to us over a WebSocket that we open."""
    from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

    if slack.app_token is None:
        raise ConfigError('slack.app_token: expected a reference, such as "env:SLACK_APP_TOKEN"')
    app_token = secret(slack.app_token)
    handler = AsyncSocketModeHandler(app, app_token)
    try:
        # The client itself would try a token that Slack does not accept again and again.
        opened = await app.client.apps_connections_open(app_token=app_token)
        handler.client.wss_uri = opened["url"]
        await handler.connect_async()
        yield
    finally:
        await handler.close_async()


@asynccontextmanager
async def _http(app: AsyncApp, signing_secret: str, store: Store, settings: Settings) -> AsyncGenerator[None]:
    """Let Slack call us: commands, clicks and events at /slack/events, signed and not older than 5 minutes."""
    from bot.http import create_http, serving

    async with serving(create_http(app, signing_secret, store), settings.http):
        yield
