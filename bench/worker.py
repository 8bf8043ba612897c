"""A worker, run as `callboard` runs it, in a separate process, and its figures."""

import asyncio
import resource
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from slack_sdk.web.async_client import AsyncWebClient

from bench import followed
from bench.clouds import Clouds
from bench.processes import process
from bot.background.tasks import tasks
from bot.domain.service_key import Service
from bot.domain.tracked_jobs import JobUpdate
from bot.domain.workspaces import Workspace
from bot.slack_api.workspaces import OneWorkspace
from bot.store.tracked_jobs import Tracked
from bot.task_queue.worker import open_docket, supervise
from sandbox.slack.workspace.credentials import BOT_TOKEN


class Figures(NamedTuple):
    """`recorded` is when (seconds since 1970) each job's last change was recorded, by id."""

    cpu_s: float
    rss_bytes: int
    recorded: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Noting(Tracked):
    """Records the time of each record."""

    noted: dict[str, float] = field(default_factory=dict[str, float])

    async def record(
        self, service: Service, steps: Sequence[JobUpdate], version: str = "", now: datetime | None = None
    ) -> dict[str, dict[str, str]]:
        followers = await Tracked.record(self, service, steps, version, now)
        self.noted.update(dict.fromkeys(followers, time.time()))
        return followers


class Worker:
    """The benchmark's end of the connection to a worker."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        connection.recv()

    def figures(self) -> Figures:
        """Return what the worker has used so far, with its peak memory."""
        self._connection.send("")
        return self._connection.recv()


@contextmanager
def worker(where: Clouds, redis_url: str, slack_url: str, *, limited: bool = False) -> Generator[Worker]:
    """Run a worker during the block."""
    with process(_run, where, redis_url, slack_url, limited) as connection:
        yield Worker(connection)


def _run(parent: Connection, where: Clouds, redis_url: str, slack_url: str, limited: bool) -> None:  # noqa: FBT001
    asyncio.run(_work(parent, where, redis_url, slack_url, limited=limited))


async def _work(parent: Connection, where: Clouds, redis_url: str, slack_url: str, *, limited: bool) -> None:
    slack = OneWorkspace(Workspace("", AsyncWebClient(token=BOT_TOKEN, base_url=f"{slack_url}/api/")))
    async with open_docket(redis_url) as docket, followed.opened(where, redis_url, limited=limited) as (opened, _):
        tracked = _Noting(opened.store.link)
        deps = replace(opened, store=replace(opened.store, tracked=tracked), workspaces=slack, docket=docket)
        async with supervise(docket, tasks(deps)):
            parent.send("ready")
            while True:
                while not parent.poll():  # noqa: ASYNC110  # a pipe has no event
                    await asyncio.sleep(0.02)
                parent.recv()
                parent.send(Figures(time.process_time(), _most_memory(), tracked.noted))


def _most_memory() -> int:
    """Return the peak memory of this process. On Linux, getrusage starts with the parent's."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return next(int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM"))
