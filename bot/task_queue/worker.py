"""Tasks that run later, again, or elsewhere: pydocket over the Redis that holds everything else.

Any process may add tasks; the workers of the fleet share them. A task runs at least once: one whose worker died, or
did not finish it in time when it was told to stop, runs again on another.
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
"""Running tasks may take this long to finish when a worker is told to stop."""
CONCURRENCY = 50
"""Tasks of one worker at a time; near MAX_CONNECTIONS redis-py raises MaxConnectionsError and tasks get stuck."""
MAX_CONNECTIONS = 200
CHECK = timedelta(milliseconds=20)
"""How often a worker looks for tasks: at pydocket's 250 ms, 50 at a time are 200 a second at most."""
DUE = timedelta(milliseconds=50)
"""How often a worker looks for tasks that became due."""
LEASE = timedelta(seconds=15)
"""A task whose worker gave no sign for this long goes to another."""
RECONNECT = timedelta(seconds=1)
ENDED = timedelta(minutes=1)
"""How long it is kept that a task ended; its result is not kept at all."""
HEARTBEAT_CHECK_S = 5.0
"""How often a look is taken whether the worker works."""
SILENT_S = 1.5
"""Redis has this long to say so."""
SIGN_S = 10.0
"""Seconds after which a worker without an answer from Redis is no longer alive. It asks many times a second."""
HEARTBEATS_MISSED_MAX = 3
"""A worker that gave no sign at so many looks begins again."""
CANCEL_RETRY_S = 0.5
"""A cancellation may get lost in redis-py (asyncio.wait_for of Python 3.11), so it is said again after this long."""

_LOST = (RedisError, RedisClusterException, OSError)
_log = structlog.stdlib.get_logger(__name__)


class TaskError(Exception):
    """A task failed with an error that cannot be written down; its cause is that error."""


@asynccontextmanager
async def open_docket(url: str, dropped: Callable[[], object] = lambda: None) -> AsyncGenerator[Docket]:
    """Open the docket on a Redis by its URL, in any form that `bot.store.redis.connection.connect` takes.

    What tasks return or raise is kept nowhere, since it may quote anything. `dropped` is called for each message that
    cannot be read.
    """
    nowhere = NullStore(stable_api=True)  # else it warns that it may change; there is nothing in it to change
    options = {"execution_ttl": ENDED, "result_storage": nowhere}
    async with PlainDocket(NAME, _with_options(url), dropped=dropped, **options) as docket:
        yield docket


def _with_options(url: str) -> str:
    """Add what pydocket leaves open to a URL; what stands there already counts more.

    No health checks: on a server that accepts but does not answer, redis-py's never end (its issue 3745). No limit for
    an answer either: pydocket waits for some, and with a limit redis-py loses cancellations; `WorkerSupervisor` looks
    instead.
    """
    options = {"max_connections": MAX_CONNECTIONS, "health_check_interval": 0}
    return f"{url}{'&' if '?' in url else '?'}{urlencode(options)}"


class WorkerSupervisor:
    """A worker that runs in the background, and is begun again when it crashes or falls silent."""

    def __init__(self, worker: FleetWorker) -> None:
        self._worker = worker
        self._run = asyncio.create_task(worker.run_forever(), name="worker")
        self._supervision = asyncio.create_task(self._supervise(), name="worker's minder")

    @property
    def draining(self) -> bool:
        """Whether it begins no more tasks."""
        return self._supervision.done() and self._run.cancelling() > 0

    async def trouble(self) -> str | None:
        """Why this worker runs no tasks; None if Redis answered it within SIGN_S."""
        if self._run.done():
            return "the worker has stopped"
        try:
            alive = await self._is_alive()
        except TimeoutError:
            return "the worker gets no answer from Redis"
        except _LOST:
            return "the worker cannot reach Redis"
        return None if alive else "the worker gives no heartbeat"

    async def finish(self, grace_s: float) -> None:
        """Begin nothing more; give what runs `grace_s` seconds, then cancel it and hand it back."""
        await _end(self._supervision)
        holding = asyncio.create_task(self._hold(), name="worker's leases")
        self._run.cancel()  # from here on the worker only waits for what it runs
        try:
            await asyncio.wait([self._run], timeout=grace_s)
        finally:
            await _end(self._run)  # if it waits still, this cancels what it runs
            await _end(holding)
            await self._lease(LEASE)

    async def _supervise(self) -> None:
        while True:
            await self._until_it_fails()
            await asyncio.sleep(RECONNECT.total_seconds())
            self._run = asyncio.create_task(self._worker.run_forever(), name="worker")

    async def _until_it_fails(self) -> None:
        """Return when the worker ended: crashed, or ended here because it gave no sign for several looks.

        pydocket waits for a Redis that is down, but gives up on a cluster out of reach, and waits without end for an
        answer from a server that vanished.
        """
        silent = 0
        while silent < HEARTBEATS_MISSED_MAX:
            await asyncio.wait([self._run], timeout=HEARTBEAT_CHECK_S)
            if self._run.done():
                error = None if self._run.cancelled() else self._run.exception()
                return _log.error("worker stopped, restarting it", exc_info=error)
            silent = silent + 1 if await self._has_no_heartbeat() else 0
        _log.warning("worker heartbeat missing, restarting it")
        return await _end(self._run)

    async def _has_no_heartbeat(self) -> bool:
        try:
            return not await self._is_alive()
        except TimeoutError:
            return True
        except _LOST:
            return False  # pydocket knows, and tries again

    async def _is_alive(self) -> bool:
        """Whether Redis answers now, and answered the worker within SIGN_S."""
        async with asyncio.timeout(SILENT_S), self._worker.docket.redis() as redis:
            await redis.xlen(self._worker.docket.stream_key)
        return self._worker.signed_at is not None and monotonic() - self._worker.signed_at <= SIGN_S

    async def _hold(self) -> None:
        """Keep other workers from the tasks that are finishing here; pydocket stops to do so when it stops."""
        while True:
            await self._lease(timedelta(0))
            await asyncio.sleep(LEASE.total_seconds() / 4)

    async def _lease(self, age: timedelta) -> None:
        """Let the last sign of this worker's tasks be so old: 0 keeps them, LEASE gives them away."""
        docket, name = self._worker.docket, self._worker.name
        stream, group = docket.stream_key, docket.worker_group_name
        with suppress(TimeoutError, *_LOST):  # then they are given away by themselves, after LEASE
            async with asyncio.timeout(SILENT_S), docket.redis() as redis:
                mine = await redis.xpending_range(stream, group, "-", "+", CONCURRENCY, name)
                if ids := [message["message_id"] for message in mine]:
                    idle = int(age.total_seconds() * 1000)
                    await redis.xclaim(stream, group, name, 0, ids, idle=idle, justid=True)


async def _end(task: asyncio.Task[None]) -> None:
    """Cancel until it has ended."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=CANCEL_RETRY_S)
    await asyncio.gather(task, return_exceptions=True)  # an error in it was told, or does not matter any more


@asynccontextmanager
async def supervise(
    docket: Docket,
    tasks: Sequence[TaskFunction],
    *,
    grace_s: float = GRACE_S,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> AsyncGenerator[WorkerSupervisor]:
    """Run tasks by this clock while the block runs. Outages of Redis are survived.

    At its end no new task is begun, and running ones have `grace_s` seconds to finish. Then they are cancelled and
    handed back, for another worker to run them again from their start.
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
    """Postpone a task of an unknown name until a newer worker takes it."""
    raise AdmissionBlocked(execution, "a version that does not know it", retry_delay=LEASE)


class _Writable(Dependency[None]):
    """Stands around every task. pydocket pickles what a task raises, and a worker stops at an error that it cannot."""

    async def __aenter__(self) -> None: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception) and not isinstance(error, AdmissionBlocked):
            try:
                cloudpickle.dumps(error)  # pyright: ignore[reportUnknownMemberType]
            except Exception:  # noqa: BLE001  # whatever a foreign class raises when it is pickled
                raise TaskError(f"{type(error).__name__}: {error}") from error
