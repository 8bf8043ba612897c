"""Runs the bot until it is told to stop: the Slack front, the worker, or both in one process."""

import asyncio
import gc
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from docket import Docket
from docket.execution import TaskFunction
from slack_bolt.async_app import AsyncApp

from bot.app import create_app
from bot.config import Http, Settings, Slack
from bot.config_errors import ConfigError
from bot.connecting import check_secrets, open_workspaces
from bot.finishing import finishing
from bot.fleet import SILENT_S, open_docket, working
from bot.groups import up_to_date
from bot.http import Reason, create_http, listen, serving, slack_events
from bot.installing import install_routes
from bot.opening import open_services
from bot.resets import watching
from bot.services import ANSWER_S, Services
from bot.socket_mode import socket_modes
from bot.store import Store, StoreUnavailable

log = structlog.get_logger("callboard")

Register = Callable[[AsyncApp], None]
Tasks = Callable[[Services], Sequence[TaskFunction]]
"""The tasks of the fleet, over these services. Every process knows them all; a worker runs them."""
Reasons = Callable[[Services], Sequence[Reason]]
"""What `/readyz` looks at besides Redis, Slack and the worker."""


def nothing(_: Services) -> Sequence[Any]:
    """No tasks, or no reasons."""
    return ()


async def run(settings: Settings, register: Register, tasks: Tasks = nothing, reasons: Reasons = nothing) -> None:
    """Answer Slack and run tasks until SIGINT or SIGTERM, which count from the first moment on.

    Tasks that run then have 20 s to finish, or go to another worker. Raises what `running` raises.
    """
    await _until_told(running(settings, register, tasks, reasons))


async def serve(settings: Settings, register: Register, tasks: Tasks = nothing, reasons: Reasons = nothing) -> None:
    """Answer Slack, and leave tasks to the workers; else as `run`."""
    await _until_told(running(settings, register, tasks, reasons, works=False))


async def work(settings: Settings, tasks: Tasks = nothing, reasons: Reasons = nothing) -> None:
    """Run tasks, and leave answers to others; else as `run`. It needs no token but the bot's."""
    await _until_told(running(settings, None, tasks, reasons))


async def _until_told(parts: AbstractAsyncContextManager[Services]) -> None:
    bot = asyncio.create_task(_stay(parts), name="bot")
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, bot.cancel)
    try:
        await bot
    except asyncio.CancelledError:
        log.info("stopped")


async def _stay(parts: AbstractAsyncContextManager[Services]) -> None:
    async with parts:
        if (bot := asyncio.current_task()) and bot.cancelling():
            raise asyncio.CancelledError  # it came while the parts started, and one of them took it for its own
        # What is there now stays. Looking through it for garbage takes some 80 ms, in which nothing is acknowledged.
        gc.collect()
        gc.freeze()
        await asyncio.Event().wait()


@asynccontextmanager
async def running(
    settings: Settings,
    register: Register | None,
    tasks: Tasks = nothing,
    reasons: Reasons = nothing,
    *,
    works: bool = True,
    answer_s: float = ANSWER_S,
) -> AsyncGenerator[Services]:
    """Answer Slack with the handlers of `register`, and run tasks if it `works`, while the block runs.

    Each question is answered within `answer_s` seconds. Raises ConfigError when a token is missing or the port that
    Slack calls is taken, SlackApiError when Slack does not accept a token, and StoreUnavailable when Redis cannot be
    reached.
    """
    slack = _slack(settings)
    called = register is not None and slack.mode == "http"
    heard_with = check_secrets(slack, answers=register is not None)
    async with AsyncExitStack() as stack:
        services, docket = await _open(stack, settings, answer_s)
        watch = await stack.enter_async_context(watching(services))
        workspaces = await stack.enter_async_context(open_workspaces(slack, services.store))
        services = replace(services, workspaces=workspaces)
        await stack.enter_async_context(up_to_date(services.access, workspaces))
        app = create_app(workspaces, services, slack.api_url) if register else None
        if app and register:
            register(app)
        installs = install_routes(workspaces, slack.workspaces) if app else []
        if listening := _listening(settings.http, needed=called or bool(installs)):
            stack.enter_context(listening)
        if app:
            await stack.enter_async_context(finishing(app))
        for task in (known := tasks(services)):
            docket.register(task)
        looked_at: list[Reason] = [partial(redis_trouble, services.store), *reasons(services)]
        if works:
            looked_at.append((await stack.enter_async_context(working(docket, known))).trouble)
        if app and not called:
            looked_at.append(await stack.enter_async_context(socket_modes(app, heard_with, slack.connections)))
        if listening:
            events = [slack_events(app, heard_with)] if app and called else []
            http = create_http(looked_at, services.metrics, *events, *installs, notices=[watch.notice])
            await stack.enter_async_context(serving(http, listening))
        where = "{}:{}".format(*listening.getsockname()) if listening else None
        log.info("ready", accounts=len(settings.accounts), services=len(services.providers), http=where)
        yield services


def _slack(settings: Settings) -> Slack:
    if settings.slack is None:
        raise ConfigError("callboard.toml has no [slack] table: `callboard jobs` works without it, the bot does not")
    return settings.slack


async def _open(stack: AsyncExitStack, settings: Settings, answer_s: float) -> tuple[Services, Docket]:
    services = await stack.enter_async_context(open_services(settings, redis_needed=True, answer_s=answer_s))
    docket = await stack.enter_async_context(open_docket(services.store.url, services.metrics.dropped))
    return replace(services, docket=docket), docket


async def redis_trouble(store: Store) -> str | None:
    """Why nothing can be kept now; None when Redis answers."""
    try:
        async with asyncio.timeout(SILENT_S):
            await store.ping()
    except (TimeoutError, StoreUnavailable):
        return "Redis cannot be reached"
    return None


def _listening(settings: Http, *, needed: bool) -> socket.socket | None:
    """Open the port; where nobody but a probe would call it, the bot does without a taken one."""
    try:
        return listen(settings)
    except ConfigError as error:
        if needed:
            raise
        log.warning("no /healthz, /readyz and /metrics", reason=str(error))
        return None
