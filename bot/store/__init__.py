"""All data of Callboard in Redis. Every method raises StoreUnavailable while Redis is down, and works again after."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bot.domain.errors import ConfigError, EmbeddedRedisError
from bot.store.button_payloads import Payloads
from bot.store.clock import ServerClock
from bot.store.decisions import DecisionBook
from bot.store.digests import Digests
from bot.store.discovery import Discoveries
from bot.store.epochs import Epochs
from bot.store.event_log import EventLog
from bot.store.group_jobs import GroupBook
from bot.store.health import Health, HealthBook, Outcome
from bot.store.home_tabs import HomeTabs
from bot.store.installations import Installations
from bot.store.listed_pages import ListedPages
from bot.store.lost_jobs import LostJobs
from bot.store.outbox import Outbox
from bot.store.quarantine import Aside
from bot.store.recent_jobs import Recent
from bot.store.redis.client import Client
from bot.store.redis.connection import RedisLink, connect
from bot.store.redis.embedded import embedded_redis
from bot.store.request_budget import SharedBudget
from bot.store.routes import RouteBook
from bot.store.shown_answers import Freshness
from bot.store.slack_events import Events
from bot.store.slack_rate_limits import SlackRateLimits
from bot.store.sweeps import Sweeps
from bot.store.tracked_jobs import Tracked
from bot.store.watches import WatchBook
from bot.store.witnesses import Witnesses

__all__ = [
    "Freshness",
    "Health",
    "HealthBook",
    "Outcome",
    "Payloads",
    "Recent",
    "RedisLink",
    "SharedBudget",
    "Store",
]

_NOWHERE = "unix:///nonexistent/redis.sock"


@dataclass(frozen=True, slots=True)
class Store:
    """All data in Redis, with one part for each kind. `url`, if known, is for other clients of the same server."""

    link: RedisLink
    clock: ServerClock
    recent: Recent
    health: HealthBook
    payloads: Payloads
    freshness: Freshness
    budget: SharedBudget
    tracked: Tracked
    routes: RouteBook
    watches: WatchBook
    discovery: Discoveries
    pages: ListedPages
    event_log: EventLog
    lost: LostJobs
    witnesses: Witnesses
    outbox: Outbox
    sweeps: Sweeps
    digests: Digests
    groups: GroupBook
    decisions: DecisionBook
    events: Events
    home_tabs: HomeTabs
    slack: SlackRateLimits
    installations: Installations
    aside: Aside
    epochs: Epochs
    url: str = field(default="", repr=False)  # it may hold a password

    @classmethod
    def over(cls, link: RedisLink, url: str = "") -> "Store":
        """Return a store over a connection that the caller opens and closes."""
        budget = SharedBudget(link)
        tracked, lost, discovery = Tracked(link), LostJobs(link), Discoveries(link)
        return cls(
            link=link,
            clock=ServerClock(link),
            recent=Recent(link),
            health=HealthBook(link),
            payloads=Payloads(link),
            freshness=Freshness(link),
            budget=budget,
            tracked=tracked,
            routes=RouteBook(link),
            watches=WatchBook(link),
            discovery=discovery,
            pages=ListedPages(link, tracked, lost),
            event_log=EventLog(link),
            lost=lost,
            witnesses=Witnesses(link),
            outbox=Outbox(link),
            sweeps=Sweeps(link),
            digests=Digests(link),
            groups=GroupBook(link),
            decisions=DecisionBook(link),
            events=Events(link),
            home_tabs=HomeTabs(link),
            slack=SlackRateLimits(link, budget),
            installations=Installations(link),
            aside=Aside(link),
            epochs=Epochs(link),
            url=url,
        )

    @classmethod
    @asynccontextmanager
    async def open(cls, url: str | None, data: Path, *, needed: bool = True) -> AsyncGenerator["Store"]:
        """Connect to the server of a URL, or start the embedded server.

        The embedded server keeps its files in `data`. A server of a URL may be down: call `ping` to find out. If the
        embedded server cannot run and is not `needed`, this yields a store whose every use raises StoreUnavailable.

        Raises:
            ConfigError: The URL is invalid.
            EmbeddedRedisError: The embedded server is `needed` and cannot run.
        """
        async with AsyncExitStack() as stack:
            try:
                url = url or await stack.enter_async_context(embedded_redis(data))
            except EmbeddedRedisError:
                if needed:
                    raise
                url = _NOWHERE
            redis = _client(url)
            stack.push_async_callback(redis.aclose)
            yield cls.over(RedisLink(redis), url)

    async def ping(self) -> None:
        """Return if Redis answers; raise StoreUnavailable otherwise."""
        await self.link.ping()


def _client(url: str) -> Client:
    try:
        return connect(url)
    except ValueError as error:
        raise ConfigError(f"redis.url: {error}") from None
