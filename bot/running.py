"""Runs the bot until it is told to stop."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import structlog
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from bot.app import create_app
from bot.config import Settings, Slack
from bot.config_errors import ConfigError
from bot.services import ANSWER_S, Services
from bot.store import Store
from providers import registry
from providers.secrets import SecretMissing, SecretRef

log = structlog.get_logger("callboard")

Register = Callable[[AsyncApp], None]


@asynccontextmanager
async def services(settings: Settings, *, redis_needed: bool, answer_s: float = ANSWER_S) -> AsyncGenerator[Services]:
    """Open what use cases need: Redis, an HTTP client, and the providers of every account.

    Raises EmbeddedRedisError and ConfigError; with `redis_needed`, also StoreUnavailable.
    """
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(Store.open(settings.redis, needed=redis_needed))
        if redis_needed:
            await store.ping()
        client = await stack.enter_async_context(registry.http_client())
        yield Services(registry.build(settings.accounts, client, store.budget), store, answer_s=answer_s)


async def run(settings: Settings, register: Register) -> None:
    """Answer Slack until SIGINT or SIGTERM. Raises what `running` raises."""
    stopped = _stop_signals()
    async with running(settings, register) as parts:
        log.info("ready", accounts=len(settings.accounts), services=len(parts.providers))
        await stopped.wait()
        log.info("stopping")


@asynccontextmanager
async def running(settings: Settings, register: Register, *, answer_s: float = ANSWER_S) -> AsyncGenerator[Services]:
    """Answer Slack while the block runs, each question within `answer_s` seconds.

    Raises ConfigError when a token is missing, SlackApiError when Slack does not accept it.
    """
    slack = _slack(settings)
    client = AsyncWebClient(token=secret(slack.bot_token), base_url=slack.api_url)
    async with services(settings, redis_needed=True, answer_s=answer_s) as parts:
        signing_secret = secret(slack.signing_secret) if slack.signing_secret and slack.mode == "http" else None
        app = await create_app(client, parts, signing_secret)
        register(app)
        async with _socket_mode(app, slack) if slack.mode == "socket" else _http(app, settings):
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


def _stop_signals() -> asyncio.Event:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    return stopped


@asynccontextmanager
async def _socket_mode(app: AsyncApp, slack: Slack) -> AsyncGenerator[None]:
    """Let Slack speak to us over a WebSocket that we open."""
    from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler

    if slack.app_token is None:
        raise ConfigError('slack.app_token: expected a reference, such as "env:SLACK_APP_TOKEN"')
    handler = AsyncSocketModeHandler(app, secret(slack.app_token))
    await handler.connect_async()
    try:
        yield
    finally:
        await handler.close_async()


@asynccontextmanager
async def _http(app: AsyncApp, settings: Settings) -> AsyncGenerator[None]:
    """Let Slack call us: commands, clicks and events at /slack/events, signed and not older than 5 minutes."""
    import uvicorn

    from bot.http import create_http

    class Server(uvicorn.Server):
        """Leaves signals to `run`."""

        def install_signal_handlers(self) -> None: ...

    config = uvicorn.Config(
        create_http(app), settings.http.host, settings.http.port, log_config=None, access_log=False, lifespan="off"
    )
    server = Server(config)
    serving = asyncio.create_task(server.serve(), name="http")
    try:
        yield
    finally:
        server.should_exit = True
        await serving
