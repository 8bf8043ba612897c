"""Opens what use cases need; whoever asks in Slack or in a terminal begins here."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from bot.access import Access
from bot.config import Settings
from bot.services import ANSWER_S, Services
from bot.store import Store
from providers import registry


@asynccontextmanager
async def open_services(
    settings: Settings, *, redis_needed: bool, answer_s: float = ANSWER_S
) -> AsyncGenerator[Services]:
    """Open Redis, an HTTP client, and the providers of every account.

    Raises EmbeddedRedisError and ConfigError; with `redis_needed`, also StoreUnavailable.
    """
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(Store.open(settings.redis, needed=redis_needed))
        if redis_needed:
            await store.ping()
        client = await stack.enter_async_context(registry.http_client())
        providers = registry.build(settings.accounts, client, store.budget)
        yield Services(providers, store, answer_s=answer_s, access=Access(settings.access))
