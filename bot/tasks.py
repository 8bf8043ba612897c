"""What runs later, again, or elsewhere: the tasks that workers take from Redis, each once across the fleet by its key.

How often a task runs is in its signature; what it does is one use case.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from docket import Perpetual, Timeout

from bot import delivery, editing, leaving, searching, subscriptions, tending, tracking
from bot.cards import Terms
from bot.home import publish
from bot.services import Services

AGAIN = timedelta(seconds=5)
"""After this long a task that raised is run again."""
LIMIT = timedelta(seconds=90)
"""No task runs for longer: a worker that lost Redis waits for what it runs before it connects again."""


def tasks(services: Services) -> Sequence[Callable[..., Awaitable[Any]]]:
    """Return the tasks of a fleet, working with these services."""
    providers = {(each.account, each.service): each for each in services.providers}

    async def sweep(
        account: str, service: str, perpetual: Perpetual = Perpetual(every=AGAIN), limit: Timeout = Timeout(LIMIT)
    ) -> None:
        """Look at the followed jobs of one service; runs for as long as there are any."""
        provider = providers.get((account, service))
        _next(perpetual, await tracking.sweep(services, provider) if provider else None)

    async def deliver(
        place: str, perpetual: Perpetual = Perpetual(every=AGAIN), limit: Timeout = Timeout(LIMIT)
    ) -> None:
        """Tell one place what waits for it, as far as it may read of it; runs for as long as anything does."""
        await subscriptions.end_unseen(services, place)
        _next(perpetual, await delivery.deliver(services, place))

    async def edit(place: str, perpetual: Perpetual = Perpetual(every=AGAIN), limit: Timeout = Timeout(LIMIT)) -> None:
        """Edit the cards of one place; runs for as long as any needs it."""
        _next(perpetual, await editing.edit_cards(services, place))

    async def seek(
        ids: list[str],
        here: str,
        terms: str,
        perpetual: Perpetual = Perpetual(every=AGAIN),
        limit: Timeout = Timeout(LIMIT),
    ) -> None:
        """Look for jobs that no service knew when they were subscribed to; runs for as long as that may help."""
        left = await subscriptions.sought(services, ids, here, Terms.model_validate_json(terms))
        perpetual.perpetuate(left, here, terms)
        _next(perpetual, subscriptions.SEEK_EVERY.total_seconds() if left else None)

    async def home(user: str, limit: Timeout = Timeout(LIMIT)) -> None:
        """Publish somebody's Home tab anew."""
        await publish(services, user)

    async def leave(
        workspace: str, told_at: str, perpetual: Perpetual = Perpetual(every=AGAIN), limit: Timeout = Timeout(LIMIT)
    ) -> None:
        """Forget a workspace that removed the app; runs until that is done."""
        await leaving.leave(services, workspace, datetime.fromisoformat(told_at))
        _next(perpetual, None)

    async def tend(
        perpetual: Perpetual = Perpetual(every=AGAIN, automatic=True), limit: Timeout = Timeout(LIMIT)
    ) -> None:
        """See that nothing is forgotten."""
        await tending.tend(services)

    async def visit(
        perpetual: Perpetual = Perpetual(every=timedelta(minutes=1), automatic=True), limit: Timeout = Timeout(LIMIT)
    ) -> None:
        """Visit every place that has cards."""
        await tending.visit_all(services)

    async def search(perpetual: Perpetual = Perpetual(every=AGAIN), limit: Timeout = Timeout(LIMIT)) -> None:
        """Look in Slack for cards that the database lost in a reset; runs until each conversation was searched."""
        _next(perpetual, await searching.search(services))

    return sweep, deliver, edit, seek, home, leave, tend, visit, search


def _next(perpetual: Perpetual, seconds: float | None) -> None:
    if seconds is None:
        perpetual.cancel()
    else:
        perpetual.after(timedelta(seconds=seconds))
