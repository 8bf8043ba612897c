"""Enqueues tasks. One free worker of the fleet runs each task."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING

import structlog
from redis.exceptions import RedisClusterException, RedisError

from bot.domain.cards import SubscriptionOptions
from bot.domain.elapsed import past
from bot.domain.errors import StoreUnavailable
from bot.domain.service_key import Service
from bot.task_queue import schedule

if TYPE_CHECKING:  # only for types: the task queue depends on the store, not on deps
    from bot.deps.deps import Deps

# The names of tasks, which are also the prefixes of their keys. Other versions read both in Redis.
DELIVER = "deliver"  # stored
EDIT = "edit"  # stored
SWEEP = "sweep"  # stored
SEEK = "seek"  # stored
DELIVER_AT = "deliver-at"  # stored
HOME = "home"  # stored
LEAVE = "leave"  # stored
SEARCH = "search"  # stored
TEND = "tend"  # stored
VISIT = "visit"  # stored
AUTOMATIC = (TEND, VISIT)
"""The tasks that always run."""
HOME_EVERY = timedelta(minutes=1)
"""The shortest time between two automatic updates of a Home tab."""
ADD_S = 2.0
"""The timeout for adding a task in seconds: pydocket's connections have none."""

log = structlog.get_logger("callboard")


async def enqueue_delivery(deps: "Deps", *destinations: str) -> None:
    """Enqueue a delivery task for each destination, unless one is already queued or running."""
    for destination in destinations:
        await _add(deps, DELIVER, f"{DELIVER}:{destination}", destination)


async def enqueue_delivery_at(deps: "Deps", destination: str, when: datetime) -> None:
    """Schedule a delivery task for a destination, and replace the time planned before.

    The task has its own key, so that an earlier delivery does not wait for it.
    """
    await _add(deps, DELIVER_AT, f"{DELIVER_AT}:{destination}", destination, when=when)


async def enqueue_card_update(deps: "Deps", destination: str) -> None:
    """Enqueue the edit of a destination's cards, unless one is already queued or running."""
    await _add(deps, EDIT, f"{EDIT}:{destination}", destination)


async def enqueue_sweep(deps: "Deps", service: Service) -> None:
    """Enqueue a sweep of a service's tracked jobs, unless one is already queued or running."""
    await _add(deps, SWEEP, f"{SWEEP}:{'/'.join(service)}", *service)


async def enqueue_sweep_now(deps: "Deps", service: Service) -> None:
    """Enqueue a sweep of a service for now, in place of one scheduled for later."""
    await _add(deps, SWEEP, f"{SWEEP}:{'/'.join(service)}", *service, when=deps.clock())


async def enqueue_automatic_tasks(deps: "Deps") -> None:
    """Enqueue the tasks that always run, because an emptied database has lost them."""
    for task in AUTOMATIC:
        await _add(deps, task, task)


async def enqueue_lost_card_search(deps: "Deps") -> None:
    """Enqueue the search for lost cards in Slack, unless it is already queued or running."""
    await _add(deps, SEARCH, SEARCH)


async def enqueue_home_refresh(deps: "Deps", users: Iterable[str]) -> None:
    """Enqueue a refresh of these users' Home tabs, if they opened them within two days.

    Raises StoreUnavailable.
    """
    for user in users:
        if at := await deps.store.home_tabs.published(user):
            now = deps.clock()
            when = max(now, past(at, now) + HOME_EVERY)
            await _add(deps, HOME, f"{HOME}:{user}", user, when=when)


async def enqueue_search(
    deps: "Deps", ids: Sequence[str], here: str, options: SubscriptionOptions, when: datetime
) -> None:
    """Schedule a search for unknown ids at `when`, and replace an equal earlier search.

    Raises StoreUnavailable on failure, because the reconciler cannot find a lost search.
    """
    name = blake2b(" ".join([here, options.user, *ids]).encode(), digest_size=8).hexdigest()
    if not await _add(deps, SEEK, f"{SEEK}:{name}", list(ids), here, options.model_dump_json(), when=when):
        raise StoreUnavailable("a task could not be added")


async def enqueue_purge(deps: "Deps", workspace: str, reported_at: datetime) -> None:
    """Enqueue the purge of a workspace that removed the app; Slack reported that at `reported_at`."""
    await _add(deps, LEAVE, f"{LEAVE}:{workspace}", workspace, reported_at.isoformat())


async def _add(deps: "Deps", task: str, key: str, *arguments: object, when: datetime | None = None) -> bool:
    """Add a task, unless one with its key is queued or running. A task for a time (`when`) replaces a queued one.

    Returns False if Redis does not answer: `bot.background.reconcile` finds tasks that are missing.
    """
    if deps.docket is None:
        return False
    try:
        async with asyncio.timeout(ADD_S):
            if when is None:
                await deps.docket.add(task, key=key)(*arguments)
            else:
                await deps.docket.replace(task, schedule.on_machine(when, deps.clock), key)(*arguments)
                await schedule.correct(deps.docket, key, when, deps.clock)
    except (RedisError, RedisClusterException, OSError, TimeoutError) as error:
        log.warning("task could not be enqueued", task=task, reason=type(error).__name__)
        return False
    return True
