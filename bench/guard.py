"""A guarding bot without a task queue: sweeps and deliveries run directly, on a simulated clock."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import httpx
from slack_sdk.web.async_client import AsyncWebClient

from bench import followed
from bench.clouds import Clouds
from bot.delivery import card_editor, dispatcher
from bot.deps.deps import Deps
from bot.domain.workspaces import Workspace
from bot.slack_api.workspaces import OneWorkspace
from bot.store.redis.keys import DECIDED, STALE
from bot.watches.watch import watch
from handlers.commands.watch_words import watch_spec
from sandbox.slack.workspace.credentials import BOT_TOKEN

OWNER = "U0DANA"
CHANNELS = tuple(f"C{number:08}" for number in range(3))
"""The destinations of the watches."""
AT_ONCE_S = 0.1
"""A task that asks for a pause this short continues immediately."""
WAIT_MAX_S = 10.0
"""A task that must wait longer is left for later."""
VISITS = 50
"""The most visits to a destination before the clock advances."""


@dataclass(slots=True)
class Clock:
    """A clock that advances only on demand."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@asynccontextmanager
async def guard(
    where: Clouds, redis_url: str, slack_url: str, clock: Clock
) -> AsyncGenerator[tuple[Deps, httpx.AsyncClient]]:
    """Yield the `Deps` of sweeps and deliveries, and the HTTP client for the clouds."""
    slack = OneWorkspace(Workspace("", AsyncWebClient(token=BOT_TOKEN, base_url=f"{slack_url}/api/")))
    async with followed.opened(where, redis_url, clock) as (deps, client):
        yield replace(deps, workspaces=slack), client


async def add_watches(deps: Deps, words: Sequence[str]) -> None:
    """Add the watches that the words describe, in each channel in turn."""
    for number, text in enumerate(words):
        await watch(deps, watch_spec(text, deps.catalog), CHANNELS[number % len(CHANNELS)], OWNER)


async def deliver(
    deps: Deps, destinations: Iterable[str], sleep: Callable[[float], None] | None = None, *, edits: bool = True
) -> None:
    """Post what waits for each destination, and make the `edits`.

    `sleep` advances the clock; without it nothing is waited for.
    """
    for destination in destinations:
        await _visit(lambda here=destination: dispatcher.deliver(deps, here), sleep)
        if edits and await deps.store.link.execute("EXISTS", STALE.of(destination)):
            await _visit(lambda here=destination: card_editor.edit_cards(deps, here), sleep)


async def _visit(task: Callable[[], Awaitable[float | None]], sleep: Callable[[float], None] | None) -> None:
    for _ in range(VISITS):
        wait = await task()
        if wait is None or wait > WAIT_MAX_S or (wait > AT_ONCE_S and sleep is None):
            return
        if sleep:
            sleep(wait)


async def decided(deps: Deps, service: str) -> int:
    """Return for how many jobs of a service decisions are kept, counted per destination."""
    numbers = await deps.store.link.execute_many([("ZCARD", DECIDED.of(each, service)) for each in CHANNELS])
    return sum(numbers)
