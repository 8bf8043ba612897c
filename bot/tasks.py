"""What runs later, again, or elsewhere: the tasks that workers take from Redis, each once across the fleet by its key.

How often a task runs is in its signature; what it does is one use case.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from types import FunctionType
from typing import Any, ParamSpec, TypeVar, cast

from docket import Timeout

from bot import delivery, editing, leaving, searching, subscriptions, tending, tracking, waking
from bot.cards import Terms
from bot.elapsed import past
from bot.home import publish
from bot.services import Services
from bot.workers import Again

AGAIN = timedelta(seconds=5)
"""After this long a task that raised is run again."""
VISIT = timedelta(minutes=1)
"""Between two visits to every place that has cards."""
LIMIT = timedelta(seconds=90)
"""No task runs for longer: a worker that lost Redis waits for what it runs before it connects again."""

P = ParamSpec("P")
T = TypeVar("T")


def tasks(services: Services) -> Sequence[Callable[..., Awaitable[Any]]]:
    """Return the tasks of a fleet, working with these services."""
    return *_about_jobs(services), *_about_places(services), *_about_workspaces(services), *_automatic(services)


def _about_jobs(services: Services) -> Sequence[Callable[..., Awaitable[Any]]]:
    providers = {(each.account, each.service): each for each in services.providers}

    @_stored_as(waking.SWEEP)
    async def sweep(
        account: str,
        service: str,
        perpetual: Again = Again(every=AGAIN, furthest=timedelta(seconds=tracking.MOST_S)),
        limit: Timeout = Timeout(LIMIT),
    ) -> None:
        """Look at the followed jobs of one service; runs for as long as there are any."""
        provider = providers.get((account, service))
        wait = await tracking.backing_off(services, (account, service)) if provider else 0
        _next(perpetual, wait or (await tracking.sweep(services, provider) if provider else None))

    @_stored_as(waking.SEEK)
    async def seek(
        ids: list[str],
        here: str,
        terms: str,
        perpetual: Again = Again(every=AGAIN, furthest=subscriptions.SEEK_EVERY),
        limit: Timeout = Timeout(LIMIT),
    ) -> None:
        """Look for jobs that no service knew when they were subscribed to; runs for as long as that may help."""
        asked = Terms.model_validate_json(terms)
        asked = asked.model_copy(update={"at": past(asked.at, services.clock())})
        left = await subscriptions.sought(services, ids, here, asked)
        perpetual.perpetuate(left, here, asked.model_dump_json())
        _next(perpetual, subscriptions.SEEK_EVERY.total_seconds() if left else None)

    return sweep, seek


def _about_places(services: Services) -> Sequence[Callable[..., Awaitable[Any]]]:
    @_stored_as(waking.DELIVER)
    async def deliver(place: str, perpetual: Again = Again(every=AGAIN), limit: Timeout = Timeout(LIMIT)) -> None:
        """Post to one place what waits for it, and may be read there; runs until nothing waits."""
        await subscriptions.end_unseen(services, place)
        _next(perpetual, await delivery.deliver(services, place))

    @_stored_as(waking.EDIT)
    async def edit(place: str, perpetual: Again = Again(every=AGAIN), limit: Timeout = Timeout(LIMIT)) -> None:
        """Edit the cards of one place; runs for as long as any needs it."""
        _next(perpetual, await editing.edit_cards(services, place))

    @_stored_as(waking.HOME)
    async def home(user: str, limit: Timeout = Timeout(LIMIT)) -> None:
        """Publish somebody's Home tab anew."""
        await publish(services, user)

    return deliver, edit, home


def _about_workspaces(services: Services) -> Sequence[Callable[..., Awaitable[Any]]]:
    @_stored_as(waking.LEAVE)
    async def leave(
        workspace: str,
        told_at: str,
        perpetual: Again = Again(every=AGAIN, furthest=AGAIN),
        limit: Timeout = Timeout(LIMIT),
    ) -> None:
        """Forget a workspace that removed the app; runs until that is done."""
        _next(perpetual, await leaving.leave(services, workspace, datetime.fromisoformat(told_at)))

    @_stored_as(waking.SEARCH)
    async def search(
        perpetual: Again = Again(every=AGAIN, furthest=timedelta(seconds=searching.LATER_S)),
        limit: Timeout = Timeout(LIMIT),
    ) -> None:
        """Search Slack for cards that a reset lost; runs until all conversations are searched."""
        _next(perpetual, await searching.search(services))

    return leave, search


def _automatic(services: Services) -> Sequence[Callable[..., Awaitable[Any]]]:
    @_stored_as(waking.TEND)
    async def tend(
        perpetual: Again = Again(every=AGAIN, automatic=True, furthest=AGAIN), limit: Timeout = Timeout(LIMIT)
    ) -> None:
        """See that nothing is forgotten."""
        await tending.tend(services)

    @_stored_as(waking.VISIT)
    async def visit(
        perpetual: Again = Again(every=VISIT, automatic=True, furthest=VISIT), limit: Timeout = Timeout(LIMIT)
    ) -> None:
        """Visit every place that has cards."""
        await tending.visit_all(services)

    return tend, visit


def _stored_as(name: str) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Give a task the name that its messages have in Redis. Workers of other versions know it by that name.

    pydocket takes the name of the function: for messages of repeated tasks, and for the keys of automatic ones.
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
