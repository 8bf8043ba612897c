"""Tasks that run later, again, or elsewhere: pydocket over the Redis that holds everything else.

Any process may add tasks; the workers of the fleet share them. A task runs at least once: one whose worker died, or
did not finish it in time when it was told to stop, runs again on another.
"""

import asyncio
import os
import secrets
import socket
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from urllib.parse import urlencode

import cloudpickle
import structlog
from docket import Docket, Worker
from docket.dependencies import AdmissionBlocked, Dependency
from docket.execution import TaskFunction
from key_value.aio.stores.null import NullStore
from redis.exceptions import RedisClusterException, RedisError

from bot.store.keys import TASKS

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
SILENT_S = 5
"""Redis is lost when it says nothing for this long; without a limit, a cut cable is noticed after 15 minutes."""
STRIKES_S = 90
"""The same where pydocket itself waits for 60 s, for tasks that somebody strikes out."""

_log = structlog.stdlib.get_logger(__name__)


class TaskError(Exception):
    """A task failed with an error that cannot be written down; its cause is that error."""


@asynccontextmanager
async def open_docket(url: str) -> AsyncGenerator[Docket]:
    """Open the docket on a Redis by its URL, in any form that `bot.store.connection.connect` takes.

    What tasks return or raise is kept nowhere, since it may quote anything.
    """
    nowhere = NullStore(stable_api=True)  # else it warns that it may change; there is nothing in it to change
    docket = Docket(NAME, _bounded(url, SILENT_S), execution_ttl=ENDED, result_storage=nowhere)
    docket.url = _bounded(url, STRIKES_S)  # the docket has its connection; this is where its strike list finds one
    async with docket:
        yield docket


def _bounded(url: str, silent_s: float) -> str:
    """Add what pydocket leaves open to a URL; what stands there already counts more.

    No health checks: on a server that accepts but does not answer, redis-py's never end (its issue 3745).
    """
    options = {"socket_timeout": silent_s, "max_connections": MAX_CONNECTIONS, "health_check_interval": 0}
    return f"{url}{'&' if '?' in url else '?'}{urlencode(options)}"


@dataclass(frozen=True, slots=True)
class Working:
    """A worker that runs in the background."""

    name: str
    docket: Docket
    loop: asyncio.Task[None]

    async def trouble(self) -> str | None:
        """Why this worker runs no tasks now; None when it does, by its heartbeat of the last 10 s."""
        if self.loop.done():
            return "the worker has stopped"
        try:
            alive = {worker.name for worker in await self.docket.workers()}
        except (RedisError, RedisClusterException, OSError):
            return "the worker cannot reach Redis"
        return None if self.name in alive else "the worker gives no heartbeat"


@asynccontextmanager
async def working(
    docket: Docket, tasks: Sequence[TaskFunction], *, grace_s: float = GRACE_S
) -> AsyncGenerator[Working]:
    """Run tasks while the block runs; Redis may go and come back meanwhile.

    At its end no new task is begun, and running ones have `grace_s` seconds to finish. Then they are cancelled and
    handed back, for another worker to run them again from their start.
    """
    for task in tasks:
        docket.register(task)
    async with _worker(docket) as worker:
        loop = asyncio.create_task(_work(worker), name="worker")
        try:
            yield Working(worker.name, docket, loop)
        finally:
            await _finish(loop, worker, grace_s)


def _worker(docket: Docket) -> Worker:
    return Worker(
        docket,
        name=f"{socket.gethostname()}#{os.getpid()}#{secrets.token_hex(3)}",
        concurrency=CONCURRENCY,
        redelivery_timeout=LEASE,
        reconnection_delay=RECONNECT,
        minimum_check_interval=CHECK,
        scheduling_resolution=DUE,
        dependencies=[_Writable()],
    )


async def _work(worker: Worker) -> None:
    """Run until cancelled. pydocket waits for Redis by itself, but gives up on a cluster that cannot be reached."""
    while True:
        try:
            await worker.run_forever()
        except Exception:  # noqa: BLE001  # whatever it was, the tasks must go on; it stands in the log
            _log.exception("the worker stopped, starting it again")
            await asyncio.sleep(RECONNECT.total_seconds())
        else:
            return


async def _finish(loop: asyncio.Task[None], worker: Worker, grace_s: float) -> None:
    holding = asyncio.create_task(_hold(worker), name="worker leases")
    loop.cancel()  # from here on the worker begins nothing, and waits for what it runs
    try:
        await asyncio.wait([loop], timeout=grace_s)
    finally:
        holding.cancel()
        loop.cancel()  # if it waits still, this cancels what it runs
        await asyncio.wait([loop])
    await _lease(worker, LEASE)


async def _hold(worker: Worker) -> None:
    """Keep other workers from the tasks that are finishing here; pydocket stops to do so when it stops."""
    while True:
        await _lease(worker, timedelta(0))
        await asyncio.sleep(LEASE.total_seconds() / 4)


async def _lease(worker: Worker, age: timedelta) -> None:
    """Let the last sign of this worker's tasks be so old: 0 keeps them, LEASE gives them away."""
    stream, group = worker.docket.stream_key, worker.docket.worker_group_name
    with suppress(RedisError, RedisClusterException, OSError):  # then they are given away by themselves, after LEASE
        async with worker.docket.redis() as redis:
            mine = await redis.xpending_range(stream, group, "-", "+", CONCURRENCY, worker.name)
            if ids := [message["message_id"] for message in mine]:
                idle = int(age.total_seconds() * 1000)
                await redis.xclaim(stream, group, worker.name, 0, ids, idle=idle, justid=True)


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
