"""Detects a reset of the database, and reports it to the operator."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import structlog

from bot.deps.asyncio_tasks import in_background
from bot.deps.deps import Deps
from bot.domain.errors import StoreUnavailable
from bot.store.epochs import Epoch
from bot.task_queue.enqueue import enqueue_automatic_tasks
from bot.views.text import utc

CHECK_INTERVAL_S = 5.0
"""Seconds between two checks of a process. Each check is one GET."""

log = structlog.get_logger("callboard")


class Watch:
    """Compares the epoch of the database with the last one that this process saw."""

    def __init__(self, deps: Deps) -> None:
        self._services = deps
        self._epoch: Epoch | None = None

    async def check(self) -> None:
        """Check once. Raises StoreUnavailable."""
        deps = self._services
        self._epoch, another = await deps.store.epochs.check(deps.clock())
        deps.metrics.reset(self._unacknowledged(self._epoch))
        if another:
            log.error("the database was reset: it was emptied or replaced, and subscriptions made before are lost")
            await enqueue_automatic_tasks(deps)

    async def notice(self) -> str | None:
        """Return the notice about a reset; None without one, or after its acknowledgement."""
        reset = self._unacknowledged(self._epoch) if self._epoch else None
        return reset and (
            f"Callboard's database was reset on {utc(reset)}, and subscriptions made before are lost; "
            "`callboard check --acknowledge-reset` clears this line"
        )

    def _unacknowledged(self, epoch: Epoch) -> datetime | None:
        return None if epoch.acknowledged else epoch.recent_reset(self._services.clock())


@asynccontextmanager
async def watching(deps: Deps) -> AsyncGenerator[Watch]:
    """Watch the database while the block runs. The first check is before it."""
    watch = Watch(deps)

    async def forever() -> None:
        while True:
            await asyncio.sleep(CHECK_INTERVAL_S)
            with suppress(StoreUnavailable):  # `/readyz` reports that separately
                await watch.check()

    with suppress(StoreUnavailable):
        await watch.check()
    with in_background(forever(), "database watch"):
        yield watch
