"""The Home tab: a person's subscriptions, running and failed jobs, and the health of the accounts."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from bot.delivery.context import DeliveryContext
from bot.deps.deps import Deps
from bot.domain.answers import ServiceHealth
from bot.domain.cards import Shown
from bot.domain.catalog import ServiceFilter
from bot.domain.elapsed import passed
from bot.domain.errors import StoreUnavailable, UsageError
from bot.domain.slack_ids import bare_id, is_direct_message, workspace_of
from bot.domain.watch_answers import ListedWatch
from bot.jobs.queries import list_jobs
from bot.jobs.shared_requests import steady
from bot.slack_api.membership import person
from bot.slack_api.users import channels_of
from bot.store import Health
from bot.subscriptions.listing import subscriptions
from bot.views.slack import home as view
from bot.views.slack.block_kit import Block
from bot.views.slack.home import ChannelSubscriptions, Tab
from bot.watches.listing import watches
from providers.json_fields import mapping
from providers.models import JobQuery, JobState

JOBS = 10
"""Jobs in each list."""
RECENTLY = timedelta(hours=24)
JUST_NOW = timedelta(seconds=5)
"""A tab opened again within this time is not published again."""
_EVERYWHERE = ServiceFilter()


async def publish(deps: Deps, user: str) -> None:
    """Publish a person's Home tab, and publish it again after late services have answered.

    Does nothing if a newer tab was published in between.
    """
    context = await DeliveryContext.to(deps, user)
    if context is None:
        return
    asker = deps.asker if deps.asker and deps.asker.user == user else await person(deps, user)
    asked_at, seen = deps.clock(), deps.seen_by(replace(asker, channel=""))
    try:
        async for tab in read_tab(seen, context.slack, user):
            if not await _publish(context, asked_at, view.home(tab, deps.clock())):
                return
    except UsageError as error:
        await _publish(context, asked_at, view.refused(error))


async def _publish(context: DeliveryContext, asked_at: datetime, drawn: Block) -> bool:
    """Publish the tab of the visited person. Returns False if a newer one was published."""
    with suppress(StoreUnavailable):
        if not await context.deps.store.freshness.claim(f"home:{context.destination}", asked_at):
            return False
        await context.deps.store.home_tabs.publish(context.destination, asked_at)
    await context.slack.views_publish(user_id=bare_id(context.destination), view=drawn)
    return True


async def show_change(deps: Deps, body: Mapping[str, Any], user: str) -> None:
    """Publish the Home tab again if a click in it changed something."""
    if mapping(body.get("view")).get("type") == "home":
        await publish(deps, user)


async def published_just_now(deps: Deps, user: str) -> bool:
    """Return whether a person's tab was published within JUST_NOW."""
    with suppress(StoreUnavailable):
        at = await deps.store.home_tabs.published(user)
        return at is not None and not passed(at, JUST_NOW, deps.clock())
    return False


async def read_tab(deps: Deps, slack: AsyncWebClient, user: str) -> AsyncGenerator[Tab]:
    """Ask for all parts of a Home tab at the same time. Yields the answers after a second, then all."""
    failed_since = steady(deps.clock()) - RECENTLY
    running = list_jobs(deps, _EVERYWHERE, JobQuery(states=frozenset({JobState.RUNNING})), limit=JOBS)
    failed_query = JobQuery(states=frozenset({JobState.FAILED}), since=failed_since)
    failed = list_jobs(deps, _EVERYWHERE, failed_query, limit=JOBS)
    (mine, channel_subscriptions), runs, failures = await asyncio.gather(
        _subscriptions(deps, slack, user), running.first(), failed.first()
    )
    reset, watching = await _reset(deps), await _watches(deps, user)
    tab = Tab(mine, channel_subscriptions, runs, failures, await _health(deps), reset, watching)
    yield tab
    if tab.pending:
        runs, failures = await asyncio.gather(running.whole(), failed.whole())
        mine, channel_subscriptions = await _subscriptions(deps, slack, user)
        yield Tab(mine, channel_subscriptions, runs, failures, await _health(deps), reset, await _watches(deps, user))


async def _subscriptions(
    deps: Deps, slack: AsyncWebClient, user: str
) -> tuple[Sequence[Shown] | None, ChannelSubscriptions]:
    """Return a person's subscriptions, and those of others in the channel picked or last used."""
    try:
        mine = await subscriptions(deps, user=user)
        picked = await deps.store.home_tabs.picked(user)
        destinations = [each.card.place for each in mine]
        here = [destination for destination in destinations if not is_direct_message(destination)]
        channel = picked or next(reversed(here), "")
        return mine, await _channel_subscriptions(deps, slack, user, channel) if channel else ChannelSubscriptions()
    except StoreUnavailable:
        return None, ChannelSubscriptions()


async def _channel_subscriptions(deps: Deps, slack: AsyncWebClient, user: str, channel: str) -> ChannelSubscriptions:
    """Return what others subscribed to in a channel. Only its members get it, without hidden accounts."""
    known = await channels_of(slack, workspace_of(user), bare_id(user))
    if known is None or bare_id(channel) not in known:
        return ChannelSubscriptions(channel, None if known is None else False)
    cards = await subscriptions(deps, here=channel)
    others = [each for each in cards if user not in each.card.subscribers]
    subscribed = channel in await deps.store.tracked.destinations_of(user)
    return ChannelSubscriptions(channel, there=True, cards=others, subscribed=subscribed)


async def _watches(deps: Deps, user: str) -> Sequence[ListedWatch]:
    """Return the watches that a person owns."""
    with suppress(StoreUnavailable):
        return (await watches(deps, user=user)).watches
    return ()


async def _reset(deps: Deps) -> datetime | None:
    with suppress(StoreUnavailable):
        return await deps.store.epochs.recent_reset(deps.clock())
    return None


async def _health(deps: Deps) -> list[ServiceHealth]:
    """Return the last answer of each service. The lists have just asked those that can list."""
    known: dict[tuple[str, str], Health] = {}
    with suppress(StoreUnavailable):
        known = await deps.store.health.read([(each.account, each.service) for each in deps.providers])
    health = [(each, known.get((each.account, each.service), Health())) for each in deps.providers]
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
