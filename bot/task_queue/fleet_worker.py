"""Workers and tasks that run by fleet time, independent of the clocks of their machines.

pydocket schedules by the clock of the scheduling machine, so its schedule is only a hint. This module corrects the next
run of a task, starts due tasks, and immediately starts a task that a wrong clock scheduled too far ahead.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any, Self, cast

import structlog
from docket import Perpetual, Worker
from docket.dependencies import current_execution, current_worker, get_single_dependency_parameter_of_type
from docket.execution import Execution, TaskFunction
from docket.worker import _stream_due_tasks  # pyright: ignore[reportPrivateUsage]  # pydocket takes no clock
from redis.asyncio import Redis
from redis.exceptions import RedisClusterException, RedisError

from bot.store.clock import monotonic
from bot.task_queue.schedule import EXACT, Clock, correct, on_machine

FURTHEST = timedelta(minutes=1)
"""The default limit for scheduling ahead. A task with a longer wait runs in between."""
LATE_MAX = 1000
"""The maximum of entries in one check of the schedule."""
PUT_RIGHT_S = 10.0
"""Seconds between two checks for tasks that are scheduled too far ahead."""

_log = structlog.stdlib.get_logger(__name__)


class Again(Perpetual):
    """Repeats a task by fleet time, scheduled at most `furthest` ahead."""

    def __init__(
        self, every: timedelta = timedelta(), *, automatic: bool = False, furthest: timedelta = FURTHEST
    ) -> None:
        super().__init__(every, automatic)
        self.furthest = furthest
        self._wait: timedelta | None = None
        self._began = monotonic()

    async def __aenter__(self) -> Self:
        again = type(self)(self.every, automatic=self.automatic, furthest=self.furthest)
        execution = current_execution.get()
        again.args, again.kwargs = execution.args, execution.kwargs
        return again

    def after(self, delay: timedelta) -> None:
        """Run next after this delay, or after `furthest` if that is shorter."""
        self._wait = min(delay, self.furthest)

    async def on_complete(self, execution: Execution, outcome: Any) -> bool:
        """Schedule the next run."""
        if self.cancelled:
            return await super().on_complete(execution, outcome)
        wait = self._wait
        if wait is None:
            wait = max(timedelta(), self.every - timedelta(seconds=monotonic() - self._began))
        worker = cast("FleetWorker", current_worker.get())
        when = worker.clock() + wait
        self.at(on_machine(when, worker.clock))
        done = await super().on_complete(execution, outcome)
        await correct(worker.docket, execution.key, when, worker.clock)
        return done


class FleetWorker(Worker):
    """A worker whose tasks become due by fleet time, instead of by the machine's clock."""

    clock: Clock
    signed_at: float | None = None
    """The time of its last response from Redis, by the monotonic clock."""

    async def _scheduler_loop(self, redis: Redis) -> None:
        """Start due tasks and, every PUT_RIGHT_S, tasks that are scheduled too far ahead."""
        session = self._processing_session
        looked_at = None
        while session and not session.stopping.is_set():
            try:
                if looked_at is None or monotonic() - looked_at >= PUT_RIGHT_S:
                    await self._pull_back(redis)
                    looked_at = monotonic()
                await self._start_due(redis)
                self.signed_at = monotonic()
            except (RedisError, RedisClusterException, OSError) as error:  # pydocket's main loop waits for Redis
                _log.debug("due tasks could not be started, retrying", reason=type(error).__name__)
            with suppress(TimeoutError):
                async with asyncio.timeout(self.scheduling_resolution.total_seconds()):
                    await session.stopping.wait()

    async def _start_due(self, redis: Redis) -> None:
        await _stream_due_tasks(
            cast("Any", redis),
            queue_key=self.docket.queue_key,
            stream_key=self.docket.stream_key,
            now_timestamp=self.clock().timestamp(),
            docket_prefix=self.docket.prefix,
        )

    async def _pull_back(self, redis: Redis) -> None:
        """Start tasks that a machine with a fast clock scheduled too far ahead."""
        now, furthest = self.clock(), furthest_of(self.docket.tasks)
        nearest = min([FURTHEST, *furthest.values()])
        planned = await redis.zrange(
            self.docket.queue_key,
            cast("Any", "+inf"),
            cast("Any", (now + nearest).timestamp()),
            desc=True,
            byscore=True,
            withscores=True,
            offset=0,
            num=LATE_MAX,
        )
        if late := [
            key
            for key, at in cast("list[tuple[bytes, float]]", planned)
            if at > (now + furthest.get(key.decode(errors="replace").partition(":")[0], FURTHEST) + EXACT).timestamp()
        ]:
            _log.warning("tasks were scheduled too far ahead, starting them now", number=len(late))
            await redis.zadd(self.docket.queue_key, dict.fromkeys(late, now.timestamp()), xx=True)


def furthest_of(tasks: Mapping[str, TaskFunction]) -> dict[str, timedelta]:
    """Return how far ahead each task may be scheduled, by name, for tasks with `Again`."""
    found = ((name, get_single_dependency_parameter_of_type(task, Again)) for name, task in tasks.items())
    return {name: again.furthest for name, again in found if again}
