"""The tasks that workers take from Redis. Its key makes each task run once in the fleet at a time.

The signature of a task says how often it runs. Its body calls one use case.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from types import FunctionType
from typing import Any, ParamSpec, TypeVar, cast

from docket import Timeout

from bot.background import reconcile
from bot.delivery import card_editor, dispatcher
from bot.deps.deps import Deps
from bot.domain import sweeps
from bot.domain.cards import SubscriptionOptions
from bot.domain.elapsed import past
from bot.home_tab import publish
from bot.polling import outages
from bot.polling import sweep as polling
from bot.subscriptions import lost_card_search, pending_search, revoke, uninstall
from bot.task_queue import enqueue
from bot.task_queue.fleet_worker import Again

AGAIN = timedelta(seconds=5)
"""The delay before a failed task runs again."""
VISIT = timedelta(minutes=1)
"""The time between two checks of all destinations with cards."""
LIMIT = timedelta(seconds=90)
"""The timeout of a task: a worker that lost Redis waits for running tasks before it reconnects."""

P = ParamSpec("P")
T = TypeVar("T")


def tasks(deps: Deps) -> Sequence[Callable[..., Awaitable[Any]]]:
    """Return the tasks of the fleet."""
    return *_about_jobs(deps), *_about_destinations(deps), *_about_workspaces(deps), *_automatic(deps)


def _about_jobs(deps: Deps) -> Sequence[Callable[..., Awaitable[Any]]]:
    providers = {(each.account, each.service): each for each in deps.providers}

    @_stored_as(enqueue.SWEEP)
    async def sweep(
        account: str,
        service: str,
        perpetual: Again = Again(every=AGAIN, furthest=timedelta(seconds=sweeps.MOST_S)),
        limit: Timeout = Timeout(LIMIT),
    ) -> None:
        """Check the followed jobs of one service, and discover new ones. Repeats while it has any."""
        provider = providers.get((account, service))
        wait = await polling.backing_off(deps, (account, service)) if provider else 0
        if provider and wait:
            await outages.report_failing(deps, provider)
        _next(perpetual, wait or (await polling.sweep(deps, provider) if provider else None))

    @_stored_as(enqueue.SEEK)
    async def search_pending(
        ids: list[str],
        here: str,
        terms: str,
        perpetual: Again = Again(every=AGAIN, furthest=pending_search.SEARCH_EVERY),
        limit: Timeout = Timeout(LIMIT),
    ) -> None:
        """Search for jobs that were not found during a subscription. Repeats until the search expires."""
        options = SubscriptionOptions.model_validate_json(terms)
        options = options.model_copy(update={"at": past(options.at, deps.clock())})
        left = await pending_search.run_search(deps, ids, here, options)
        perpetual.perpetuate(left, here, options.model_dump_json())
        _next(perpetual, pending_search.SEARCH_EVERY.total_seconds() if left else None)

    return sweep, search_pending


def _about_destinations(deps: Deps) -> Sequence[Callable[..., Awaitable[Any]]]:
    @_stored_as(enqueue.DELIVER)
    async def deliver(destination: str, perpetual: Again = Again(every=AGAIN), limit: Timeout = Timeout(LIMIT)) -> None:
        """Post the entries of one destination that may be seen there. Repeats until none is left."""
        await revoke.end_unseen(deps, destination)
        _next(perpetual, await dispatcher.deliver(deps, destination))

    @_stored_as(enqueue.DELIVER_AT)
    async def deliver_at(destination: str, limit: Timeout = Timeout(LIMIT)) -> None:
        """Enqueue a delivery for one destination at its due time."""
        await enqueue.enqueue_delivery(deps, destination)

    @_stored_as(enqueue.EDIT)
    async def edit(destination: str, perpetual: Again = Again(every=AGAIN), limit: Timeout = Timeout(LIMIT)) -> None:
        """Edit the cards of one destination. Repeats while any needs an edit."""
        _next(perpetual, await card_editor.edit_cards(deps, destination))

    @_stored_as(enqueue.HOME)
    async def home(user: str, limit: Timeout = Timeout(LIMIT)) -> None:
        """Publish a person's Home tab again."""
        await publish(deps, user)

    return deliver, deliver_at, edit, home


def _about_workspaces(deps: Deps) -> Sequence[Callable[..., Awaitable[Any]]]:
    @_stored_as(enqueue.LEAVE)
    async def purge(
        workspace: str,
        reported_at: str,
        perpetual: Again = Again(every=AGAIN, furthest=AGAIN),
        limit: Timeout = Timeout(LIMIT),
    ) -> None:
        """Purge a workspace that removed the app. Repeats until that is done."""
        _next(perpetual, await uninstall.purge_workspace(deps, workspace, datetime.fromisoformat(reported_at)))

    @_stored_as(enqueue.SEARCH)
    async def search(
        perpetual: Again = Again(every=AGAIN, furthest=timedelta(seconds=lost_card_search.LATER_S)),
        limit: Timeout = Timeout(LIMIT),
    ) -> None:
        """Search Slack for cards that a reset lost. Repeats until all conversations are searched."""
        _next(perpetual, await lost_card_search.search(deps))

    return purge, search


def _automatic(deps: Deps) -> Sequence[Callable[..., Awaitable[Any]]]:
    @_stored_as(enqueue.TEND)
    async def run_reconcile(
        perpetual: Again = Again(every=AGAIN, automatic=True, furthest=AGAIN), limit: Timeout = Timeout(LIMIT)
    ) -> None:
        """Reconcile scheduled work."""
        await reconcile.reconcile(deps)

    @_stored_as(enqueue.VISIT)
    async def run_reconcile_destinations(
        perpetual: Again = Again(every=VISIT, automatic=True, furthest=VISIT), limit: Timeout = Timeout(LIMIT)
    ) -> None:
        """Reconcile every destination that has cards."""
        await reconcile.reconcile_destinations(deps)

    return run_reconcile, run_reconcile_destinations


def _stored_as(name: str) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Give a task its name in Redis, which workers of other versions use too.

    pydocket uses the name of the function in messages of repeated tasks, and in keys of automatic ones.
    """

    def named(task: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        cast("FunctionType", task).__name__ = name
        return task

    return named


def _next(perpetual: Again, seconds: float | None) -> None:
    if seconds is None:
        perpetual.cancel()
    else:
        perpetual.after(timedelta(seconds=seconds))
