"""Runs the bot until a signal stops it: the Slack app, the worker, or both in one process."""

import asyncio
import gc
import signal
import socket
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import structlog
from docket import Docket
from docket.execution import TaskFunction
from slack_bolt.async_app import AsyncApp
from starlette.routing import Route

from bot.config.settings import Http, Settings, Slack
from bot.deps.deps import ANSWER_S, Deps
from bot.deps.metrics import Metrics
from bot.domain.errors import ConfigError, StoreUnavailable
from bot.runtime.bootstrap import open_deps
from bot.runtime.clock_offsets import clock_notices, show_offsets
from bot.runtime.database_reset import Watch, watching
from bot.runtime.http_server import ADMIN_SHARE, Reason, listen, probes, serving, site
from bot.runtime.record_notices import notice
from bot.slack_api.connect import check_scopes, check_secrets, open_workspaces
from bot.slack_api.user_groups import up_to_date
from bot.slack_app.app import create_app
from bot.slack_app.drain import drain
from bot.slack_app.http_events import slack_events
from bot.slack_app.install.oauth import install_routes
from bot.slack_app.socket_mode import socket_modes
from bot.store import Store
from bot.task_queue.worker import SILENT_S, open_docket, supervise

log = structlog.get_logger("callboard")

Register = Callable[[AsyncApp], None]
Tasks = Callable[[Deps], Sequence[TaskFunction]]
"""Returns the tasks of the fleet. Every process registers all of them, and a worker runs them."""
Reasons = Callable[[Deps], Sequence[Reason]]
"""Returns the checks of `/readyz` in addition to Redis, Slack and the worker."""


def nothing(_: Deps) -> Sequence[Any]:
    """Return no tasks, or no checks."""
    return ()


async def run(settings: Settings, register: Register, tasks: Tasks = nothing, reasons: Reasons = nothing) -> None:
    """Answer Slack and run tasks until SIGINT or SIGTERM.

    The signals work from the start. Running tasks then have 20 s to finish, or go to another worker. Raises the errors
    of `running`.
    """
    await _until_stopped(running(settings, register, tasks, reasons))


async def serve(settings: Settings, register: Register, tasks: Tasks = nothing, reasons: Reasons = nothing) -> None:
    """Answer Slack like `run`, and leave tasks to the workers."""
    await _until_stopped(running(settings, register, tasks, reasons, works=False))


async def work(settings: Settings, tasks: Tasks = nothing, reasons: Reasons = nothing) -> None:
    """Run tasks like `run`, and leave answers to other processes. Needs only the bot token."""
    await _until_stopped(running(settings, None, tasks, reasons))


async def _until_stopped(parts: AbstractAsyncContextManager[Deps]) -> None:
    bot = asyncio.create_task(_stay(parts), name="bot")
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, bot.cancel)
    try:
        await bot
    except asyncio.CancelledError:
        log.info("stopped")


async def _stay(parts: AbstractAsyncContextManager[Deps]) -> None:
    async with parts:
        if (bot := asyncio.current_task()) and bot.cancelling():
            raise asyncio.CancelledError  # a signal came during the start, and a part swallowed the cancellation
        # Exclude the current objects from garbage collection: a full run takes some 80 ms without acknowledgements.
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
) -> AsyncGenerator[Deps]:
    """Run the bot while the block runs: the handlers of `register`, and tasks if it `works`.

    Each command is answered within `answer_s` seconds.

    Raises:
        ConfigError: A token or a scope for access rules is missing, or the port that Slack calls is taken.
        SlackApiError: Slack refused a token.
        StoreUnavailable: Redis is down.
    """
    slack = _slack(settings)
    called = register is not None and slack.mode == "http"
    heard_with = check_secrets(slack, answers=register is not None)
    async with AsyncExitStack() as stack:
        deps, docket = await _open(stack, settings, answer_s)
        watch = await stack.enter_async_context(watching(deps))
        workspaces = await stack.enter_async_context(open_workspaces(slack, deps))
        check_scopes(workspaces, deps.access)
        deps = replace(deps, workspaces=workspaces)
        await stack.enter_async_context(up_to_date(deps.access, workspaces))
        app = create_app(workspaces, deps, slack.api_url) if register else None
        if app and register:
            register(app)
        installs = install_routes(workspaces, slack.workspaces) if app else []
        ports = _open_ports(stack, settings.http, called=called or bool(installs))
        if app:
            await stack.enter_async_context(drain(app))
        show_offsets(deps)
        for task in (known := tasks(deps)):
            docket.register(task)
        looked_at = [Reason("Redis", partial(redis_trouble, deps.store)), *reasons(deps)]
        if works:
            worker = await stack.enter_async_context(supervise(docket, known, clock=deps.clock))
            looked_at.append(Reason("the worker", worker.trouble))
        if app and not called:
            trouble = await stack.enter_async_context(socket_modes(app, heard_with, slack.connections))
            looked_at.append(Reason("Socket Mode", trouble))
        events = [slack_events(app, heard_with, deps.clock)] if app and called else []
        asked = probes(looked_at, deps.metrics, _notices(watch, deps, works=works))
        await _serve(stack, ports, asked, [*events, *installs], deps.metrics)
        log.info("ready", accounts=len(settings.accounts), services=len(deps.providers), **ports.where())
        yield deps


def _notices(watch: Watch, deps: Deps, *, works: bool) -> Sequence[Reason]:
    """Return the notices on `/readyz` for an operator."""
    return [
        Reason("the check for a database reset", watch.notice),
        Reason("the check of records", partial(notice, deps)),
        *clock_notices(deps, works=works),
    ]


def _slack(settings: Settings) -> Slack:
    if settings.slack is None:
        raise ConfigError("callboard.toml has no [slack] table: `callboard jobs` works without it, the bot does not")
    return settings.slack


async def _open(stack: AsyncExitStack, settings: Settings, answer_s: float) -> tuple[Deps, Docket]:
    deps = await stack.enter_async_context(open_deps(settings, redis_needed=True, answer_s=answer_s))
    docket = await stack.enter_async_context(open_docket(deps.store.url, deps.metrics.dropped))
    return replace(deps, docket=docket), docket


async def redis_trouble(store: Store) -> str | None:
    """Return why Redis cannot be used now; None if it answers."""
    try:
        async with asyncio.timeout(SILENT_S):
            await store.ping()
    except (TimeoutError, StoreUnavailable):
        return "Redis cannot be reached"
    return None


@dataclass(frozen=True, slots=True)
class _Ports:
    """The ports for Slack and browsers, and for probes; None for a closed one."""

    front: socket.socket | None
    admin: socket.socket | None

    def where(self) -> dict[str, str | None]:
        """Return the addresses for the log, with that of probes if it differs.

        Example: `{"http": "0.0.0.0:8080"}`.
        """
        names = {"http": self.front} if self.admin is self.front else {"http": self.front, "admin": self.admin}
        return {name: "{}:{}".format(*port.getsockname()) if port else None for name, port in names.items()}


def _open_ports(stack: AsyncExitStack, settings: Http, *, called: bool) -> _Ports:
    """Open the ports of this process. A taken port is only a warning if no one but probes calls it."""

    def opened(port: int) -> socket.socket | None:
        try:
            return stack.enter_context(listen(settings, port))
        except ConfigError as error:
            if called:
                raise
            log.warning("no /healthz, /readyz and /metrics", reason=str(error))
            return None

    if settings.admin_port is None:
        return _Ports(port := opened(settings.port), port)
    return _Ports(opened(settings.port) if called else None, opened(settings.admin_port))


async def _serve(
    stack: AsyncExitStack, ports: _Ports, asked: Sequence[Route], called: Sequence[Route], metrics: Metrics
) -> None:
    """Serve the routes for probes (`asked`), and for Slack and browsers (`called`), at their ports."""
    apart = ports.admin is not ports.front
    if ports.front:
        app = site(*called) if apart else site(*asked, *called)
        await stack.enter_async_context(serving(app, ports.front, metrics))
    if apart and ports.admin:
        await stack.enter_async_context(serving(site(*asked), ports.admin, metrics, share=ADMIN_SHARE))
