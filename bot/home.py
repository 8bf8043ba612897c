"""The Home tab: what somebody follows, what runs and what failed, and how the accounts are doing."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from bot.access import Audience
from bot.answers import JobList, ServiceHealth
from bot.cards import Shown
from bot.catalog import Scope
from bot.jobs import list_jobs
from bot.places import id_of
from bot.services import Services
from bot.store import Health, StoreUnavailable
from bot.subscriptions import subscriptions
from bot.views import home as view
from bot.views.message import Block
from bot.visits import Visit
from providers.models import JobQuery, JobState

JOBS = 10
"""Jobs of each list."""
RECENTLY = timedelta(hours=24)
JUST_NOW = timedelta(seconds=5)
"""A tab opened again within this time is left as it is."""
_EVERYWHERE = Scope()


@dataclass(frozen=True, slots=True)
class Tab:
    """What the tab of one person shows; `mine` is None while Redis cannot be reached."""

    mine: Sequence[Shown] | None
    running: JobList
    failed: JobList
    health: Sequence[ServiceHealth]


async def publish(services: Services, user: str) -> None:
    """Show somebody's Home tab as it is now, unless a later one was shown meanwhile."""
    visit = await Visit.to(services, user)
    if visit is None:
        return
    asked_at = services.clock()
    drawn = await _drawn(services.seen_by(Audience(user)), user)
    with suppress(StoreUnavailable):
        if not await services.store.freshness.claim(f"home:{user}", asked_at):
            return
        await services.store.events.publish(user, asked_at)
    await visit.slack.views_publish(user_id=id_of(user), view=drawn)


async def _drawn(services: Services, user: str) -> Block:
    if services.catalog.nothing:
        return view.nothing_for_you()
    tab = await look(services, user)
    return view.home(tab.mine, tab.running, tab.failed, tab.health, services.clock())


async def published_just_now(services: Services, user: str) -> bool:
    """Whether somebody's tab is as good as new."""
    with suppress(StoreUnavailable):
        at = await services.store.events.published(user)
        return at is not None and services.clock() - at < JUST_NOW
    return False


async def look(services: Services, user: str) -> Tab:
    """Ask for everything that a Home tab shows, at the same time."""
    now = services.clock()
    running = JobQuery(states=frozenset({JobState.RUNNING}))
    failed = JobQuery(states=frozenset({JobState.FAILED}), since=now - RECENTLY)
    mine, runs, failures = await asyncio.gather(
        _mine(services, user),
        list_jobs(services, _EVERYWHERE, running, limit=JOBS),
        list_jobs(services, _EVERYWHERE, failed, limit=JOBS),
    )
    return Tab(mine, runs, failures, await _health(services))


async def _mine(services: Services, user: str) -> Sequence[Shown] | None:
    with suppress(StoreUnavailable):
        return await subscriptions(services, user=user)
    return None


async def _health(services: Services) -> list[ServiceHealth]:
    """How each service answered last: the lists have just asked those that can list."""
    known: dict[tuple[str, str], Health] = {}
    with suppress(StoreUnavailable):
        known = await services.store.health.read([(each.account, each.service) for each in services.providers])
    health = [(each, known.get((each.account, each.service), Health())) for each in services.providers]
    return [
        ServiceHealth(
            account=provider.account,
            service=provider.service,
            region=provider.region,
            lists=provider.capabilities.lists,
            asked=last != Health(),
            latency_s=last.latency_s,
            error=last.error,
            last_ok_at=last.last_ok_at,
        )
        for provider, last in health
    ]
