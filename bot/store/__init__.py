"""What Callboard keeps in Redis. Everything here raises StoreUnavailable when Redis is gone, and recovers by itself."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from bot.config.errors import ConfigError
from bot.config.settings import Redis as RedisSettings
from bot.store.aside import Aside
from bot.store.binary import EmbeddedRedisError
from bot.store.budget import SharedBudget
from bot.store.clock import ServerClock
from bot.store.connection import Link, Server, StoreUnavailable, connect
from bot.store.digests import Digests
from bot.store.embedded import embedded_redis
from bot.store.epochs import Epochs
from bot.store.events import Events
from bot.store.freshness import Freshness
from bot.store.health import Health, HealthBook, Outcome
from bot.store.installations import Installations
from bot.store.lost import LostJobs
from bot.store.outbox import Outbox
from bot.store.payloads import Payloads
from bot.store.recent import Recent
from bot.store.slack_pace import SlackPace
from bot.store.sweeps import Sweeps
from bot.store.topology import Client
from bot.store.tracked import Tracked
from bot.store.witnesses import Witnesses

__all__ = [
    "EmbeddedRedisError",
    "Freshness",
    "Health",
    "HealthBook",
    "Link",
    "Outcome",
    "Payloads",
    "Recent",
    "Server",
    "SharedBudget",
    "Store",
    "StoreUnavailable",
]

_NOWHERE = "unix:///nonexistent/redis.sock"


@dataclass(frozen=True, slots=True)
class Store:
    """Everything kept in Redis, one part for each thing. `url` is for others that connect there, if it is known."""

    link: Link
    clock: ServerClock
    recent: Recent
    health: HealthBook
    payloads: Payloads
    freshness: Freshness
    budget: SharedBudget
    tracked: Tracked
    lost: LostJobs
    witnesses: Witnesses
    outbox: Outbox
    sweeps: Sweeps
    digests: Digests
    events: Events
    slack: SlackPace
    installations: Installations
    aside: Aside
    epochs: Epochs
    url: str = field(default="", repr=False)  # it may hold a password

    @classmethod
    def over(cls, link: Link, url: str = "") -> "Store":
        """A store over a connection that somebody else opens and closes."""
        budget = SharedBudget(link)
        return cls(
            link=link,
            clock=ServerClock(link),
            recent=Recent(link),
            health=HealthBook(link),
            payloads=Payloads(link),
            freshness=Freshness(link),
            budget=budget,
            tracked=Tracked(link),
            lost=LostJobs(link),
            witnesses=Witnesses(link),
            outbox=Outbox(link),
            sweeps=Sweeps(link),
            digests=Digests(link),
            events=Events(link),
            slack=SlackPace(link, budget),
            installations=Installations(link),
            aside=Aside(link),
            epochs=Epochs(link),
            url=url,
        )

    @classmethod
    @asynccontextmanager
    async def open(cls, settings: RedisSettings, *, needed: bool = True) -> AsyncGenerator["Store"]:
        """Connect to the server of the settings, started here if it is the embedded one, and disconnect at the end.

        A server elsewhere may be down; `ping` tells. Raises ConfigError for a URL that leads nowhere. When the
        embedded server cannot run this raises EmbeddedRedisError, or, unless `needed`, yields a store without a
        server, of which every use raises StoreUnavailable.
        """
        async with AsyncExitStack() as stack:
            try:
                url = settings.address() or await stack.enter_async_context(embedded_redis(settings.data))
            except EmbeddedRedisError:
                if needed:
                    raise
                url = _NOWHERE
            redis = _client(url)
            stack.push_async_callback(redis.aclose)
            yield cls.over(Link(redis), url)

    async def ping(self) -> None:
        """Return when Redis answers; raises StoreUnavailable."""
        await self.link.ping()


def _client(url: str) -> Client:
    try:
        return connect(url)
    except ValueError as error:
        raise ConfigError(f"redis.url: {error}") from None
