"""Workers, which run delayed and repeated tasks: pydocket over the Redis of the store.

Any process may add tasks, and the workers of the fleet share them. A task runs at least once: if its worker dies, or
does not finish it during a shutdown, another worker runs it again.
"""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Never
from urllib.parse import urlencode

import cloudpickle
import structlog
from docket import Docket
from docket.dependencies import AdmissionBlocked, CurrentExecution, Dependency
from docket.execution import Execution, TaskFunction
from key_value.aio.stores.null import NullStore
from redis.exceptions import RedisClusterException, RedisError

from bot.store.clock import monotonic
from bot.store.redis.keys import TASKS
from bot.task_queue.fleet_worker import FleetWorker
from bot.task_queue.messages import PlainDocket

NAME = TASKS.of("").removesuffix(":")
GRACE_S = 20.0
"""Seconds for running tasks to finish during a shutdown."""
CONCURRENCY = 50
"""Tasks of one worker at a time. Near MAX_CONNECTIONS, redis-py raises MaxConnectionsError and tasks get stuck."""
MAX_CONNECTIONS = 200
CHECK = timedelta(milliseconds=20)
"""How often a worker polls for tasks. At pydocket's 250 ms, 50 at a time are 200 a second at most."""
DUE = timedelta(milliseconds=50)
"""How often a worker polls for tasks that became due."""
LEASE = timedelta(seconds=15)
"""A task goes to another worker if its own worker does not renew the lease for this long."""
RECONNECT = timedelta(seconds=1)
ENDED = timedelta(minutes=1)
"""How long Redis keeps that a task ended. Results are not stored at all."""
HEARTBEAT_CHECK_S = 5.0
"""Seconds between two checks of the worker's heartbeat."""
SILENT_S = 1.5
"""The timeout of Redis for such a check, in seconds."""
SIGN_S = 10.0
"""Seconds without a response of Redis after which a worker has no heartbeat. It polls many times a second."""
HEARTBEATS_MISSED_MAX = 3
"""The supervisor restarts a worker after this many missed heartbeats."""
CANCEL_RETRY_S = 0.5
"""Seconds before a repeated cancellation: one may get lost in redis-py (asyncio.wait_for of Python 3.11)."""

_LOST = (RedisError, RedisClusterException, OSError)
_log = structlog.stdlib.get_logger(__name__)


class TaskError(Exception):
    """A task failed with an error that cannot be pickled. Its cause is that error."""


@asynccontextmanager
async def open_docket(url: str, dropped: Callable[[], object] = lambda: None) -> AsyncGenerator[Docket]:
    """Open the docket on the Redis of a URL, in any form that `bot.store.redis.connection.connect` takes.

    Results and errors of tasks are not stored, since they may quote anything. Calls `dropped` for each unreadable
    message.
    """
    nowhere = NullStore(stable_api=True)  # without this, it warns that its API may change
    options = {"execution_ttl": ENDED, "result_storage": nowhere}
    async with PlainDocket(NAME, _with_options(url), dropped=dropped, **options) as docket:
        yield docket


def _with_options(url: str) -> str:
    """Add pydocket's options to a URL. Options already in the URL take precedence.

    Health checks are off, because those of redis-py never end if a server accepts connections but does not answer
    (redis-py issue 3745). There is no socket timeout, because pydocket waits for some responses, and redis-py loses
    cancellations with a timeout. `WorkerSupervisor` checks for a heartbeat instead.

    Example: `redis://localhost:6379/0?max_connections=200&health_check_interval=0`.
    """
    options = {"max_connections": MAX_CONNECTIONS, "health_check_interval": 0}
    return f"{url}{'&' if '?' in url else '?'}{urlencode(options)}"


class WorkerSupervisor:
    """Runs a worker in the background, and restarts it after a crash or missed heartbeats."""

    def __init__(self, worker: FleetWorker) -> None:
        self._worker = worker
        self._run = asyncio.create_task(worker.run_forever(), name="worker")
        self._supervision = asyncio.create_task(self._supervise(), name="worker's minder")

    @property
    def draining(self) -> bool:
        """Whether the worker starts no further tasks."""
        return self._supervision.done() and self._run.cancelling() > 0

    async def trouble(self) -> str | None:
        """Return why this worker runs no tasks; None if Redis answered it within SIGN_S."""
        if self._run.done():
            return "the worker has stopped"
        try:
            alive = await self._is_alive()
        except TimeoutError:
            return "the worker timed out waiting for Redis"
        except _LOST:
            return "the worker cannot reach Redis"
        return None if alive else "worker heartbeat missed"

    async def finish(self, grace_s: float) -> None:
        """Start no further tasks. After `grace_s` seconds, cancel running tasks and release them."""
        await _end(self._supervision)
        holding = asyncio.create_task(self._hold(), name="worker's leases")
        self._run.cancel()  # from here on the worker only waits for running tasks
        try:
            await asyncio.wait([self._run], timeout=grace_s)
        finally:
            await _end(self._run)  # if it still waits, this cancels the running tasks
            await _end(holding)
            await self._lease(LEASE)

    async def _supervise(self) -> None:
        while True:
            await self._until_it_fails()
            await asyncio.sleep(RECONNECT.total_seconds())
            self._run = asyncio.create_task(self._worker.run_forever(), name="worker")

    async def _until_it_fails(self) -> None:
        """Return after the worker has crashed, or after stopping it here because of missed heartbeats.

        pydocket waits for a Redis that is down, but gives up on an unreachable cluster, and waits forever for the
        response of a server that vanished.
        """
        silent = 0
        while silent < HEARTBEATS_MISSED_MAX:
            await asyncio.wait([self._run], timeout=HEARTBEAT_CHECK_S)
            if self._run.done():
                error = None if self._run.cancelled() else self._run.exception()
                return _log.error("worker stopped, restarting it", exc_info=error)
            silent = silent + 1 if await self._has_no_heartbeat() else 0
        _log.warning("worker heartbeat missed, restarting it")
        return await _end(self._run)

    async def _has_no_heartbeat(self) -> bool:
        try:
            return not await self._is_alive()
        except TimeoutError:
            return True
        except _LOST:
            return False  # pydocket reconnects after this error

    async def _is_alive(self) -> bool:
        """Return whether Redis answers now, and answered the worker within SIGN_S."""
        async with asyncio.timeout(SILENT_S), self._worker.docket.redis() as redis:
            await redis.xlen(self._worker.docket.stream_key)
        return self._worker.signed_at is not None and monotonic() - self._worker.signed_at <= SIGN_S

    async def _hold(self) -> None:
        """Renew the leases of the tasks that finish here. pydocket stops renewing them during its shutdown."""
        while True:
            await self._lease(timedelta(0))
            await asyncio.sleep(LEASE.total_seconds() / 4)

    async def _lease(self, age: timedelta) -> None:
        """Set the idle time of this worker's tasks: 0 renews their leases, LEASE gives them away."""
        docket, name = self._worker.docket, self._worker.name
        stream, group = docket.stream_key, docket.worker_group_name
        with suppress(TimeoutError, *_LOST):  # then the leases expire after LEASE
            async with asyncio.timeout(SILENT_S), docket.redis() as redis:
                mine = await redis.xpending_range(stream, group, "-", "+", CONCURRENCY, name)
                if ids := [message["message_id"] for message in mine]:
                    idle = int(age.total_seconds() * 1000)
                    await redis.xclaim(stream, group, name, 0, ids, idle=idle, justid=True)


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel a task repeatedly until it has ended."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=CANCEL_RETRY_S)
    await asyncio.gather(task, return_exceptions=True)  # its errors were logged, or no longer matter


@asynccontextmanager
async def supervise(
    docket: Docket,
    tasks: Sequence[TaskFunction],
    *,
    grace_s: float = GRACE_S,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncGenerator[WorkerSupervisor]:
    """Run tasks by this clock while the block runs. The worker survives outages of Redis.

    After the block, the worker starts no new task, and running ones have `grace_s` seconds to finish. It then cancels
    and releases them, so that another worker runs them again from their start.
    """
    for task in tasks:
        docket.register(task)
    async with _worker(docket, clock) as worker:
        works = WorkerSupervisor(worker)
        try:
            yield works
        finally:
            await works.finish(grace_s)


def _worker(docket: Docket, clock: Callable[[], datetime]) -> FleetWorker:
    worker = FleetWorker(
        docket,
        name=f"{socket.gethostname()}#{os.getpid()}#{secrets.token_hex(3)}",
        concurrency=CONCURRENCY,
        redelivery_timeout=LEASE,
        reconnection_delay=RECONNECT,
        minimum_check_interval=CHECK,
        scheduling_resolution=DUE,
        dependencies=[_Writable()],
        fallback_task=_leave_to_others,
    )
    worker.clock = clock
    return worker


async def _leave_to_others(
    *_: object,
    execution: Execution = CurrentExecution(),  # noqa: B008  # pydocket fills it in
    **__: object,
) -> Never:
    """Postpone a task with an unknown name until a newer worker takes it."""
    raise AdmissionBlocked(execution, "a version that does not know it", retry_delay=LEASE)


class _Writable(Dependency[None]):
    """Wraps every task: pydocket pickles a task's error, and an error that cannot be pickled stops the worker."""

    async def __aenter__(self) -> None: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, AdmissionBlocked):
            try:
                cloudpickle.dumps(error)  # pyright: ignore[reportUnknownMemberType]
            except Exception:  # noqa: BLE001  # a foreign class may raise anything when it is pickled
                raise TaskError(f"{type(error).__name__}: {error}") from error
