"""Opens the dependencies of use cases, for the bot and for the terminal."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

import structlog

from bot.config.settings import Settings
from bot.deps.clock import FleetClock
from bot.deps.configured_watches import ConfiguredWatches
from bot.deps.deps import ANSWER_S, Deps
from bot.domain.access import Access
from bot.domain.errors import StoreUnavailable
from bot.jobs.shared_requests import SharedRequests
from bot.store import Store
from providers import registry
from providers.http.rate_limit import FairBudget

STARTUP_TIMEOUT_S = 30.0
"""Seconds to wait for Redis at the start of a process that needs it, because machines start in any order."""
RETRY_INTERVAL_S = 1.5
"""Seconds between two tries. It is longer than the pause of a failed connection."""

log = structlog.get_logger("callboard")


@asynccontextmanager
async def open_deps(settings: Settings, *, redis_needed: bool, answer_s: float = ANSWER_S) -> AsyncGenerator[Deps]:
    """Open Redis, an HTTP client, and the providers of every account.

    Raises:
        ConfigError: The configuration is invalid, for example the URL of Redis.
        EmbeddedRedisError: `redis_needed`, and the embedded server cannot run.
        StoreUnavailable: `redis_needed`, and Redis does not answer within STARTUP_TIMEOUT_S.
    """
    async with AsyncExitStack() as stack:
        redis = settings.redis
        store = await stack.enter_async_context(Store.open(redis.address(), redis.data, needed=redis_needed))
        clock = FleetClock(store.clock)
        if redis_needed:
            await _answers(store)
        await stack.enter_async_context(clock.keeping(waits=redis_needed))
        client = await stack.enter_async_context(registry.http_client())
        budget = FairBudget(store.budget)
        providers = [SharedRequests(each) for each in registry.build(settings.accounts, client, budget)]
        projects = frozenset(id_ for account in settings.accounts for id_ in account.projects)
        deps = Deps(
            providers,
            store,
            clock,
            fleet_clock=clock,
            answer_s=answer_s,
            access=Access(settings.access),
            projects=projects,
            configured=ConfiguredWatches(settings.configured_watches),
        )
        stack.push_async_callback(deps.background.close)
        yield deps


async def _answers(store: Store) -> None:
    """Return when Redis answers. Raises StoreUnavailable after STARTUP_TIMEOUT_S."""
    loop, waits = asyncio.get_running_loop(), False
    ends = loop.time() + STARTUP_TIMEOUT_S
    while True:
        try:
            return await store.ping()
        except StoreUnavailable as error:
            if loop.time() >= ends:
                raise
            if not waits:
                log.warning("waiting for Redis", seconds=STARTUP_TIMEOUT_S, reason=str(error))
        waits = True
        await asyncio.sleep(RETRY_INTERVAL_S)
