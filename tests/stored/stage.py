"""This commit's bot at a set time, with a local Slack, small clouds and Redis."""

import asyncio
import json
import re
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import httpx
from docket import Docket
from slack_sdk.web.async_client import AsyncWebClient

from bot.background.tasks import tasks
from bot.deps.deps import Deps
from bot.runtime.http_server import site
from bot.slack_api.workspaces import OneWorkspace
from bot.slack_app.app import create_app
from bot.slack_app.drain import InFlightHandlers
from bot.slack_app.http_events import slack_events
from bot.store import Store
from bot.store.redis.connection import RedisLink, connect
from bot.task_queue.worker import open_docket
from bot.views.slack import errors
from handlers.slack import register
from providers.models import Job, JobState
from sandbox.demo import MANIFEST
from sandbox.slack.delivery.delivery import Kind, Retry
from sandbox.slack.server import serving
from sandbox.slack.workspace.credentials import BOT_TOKEN, SIGNING_SECRET
from sandbox.slack.workspace.model import Channel
from sandbox.slack.workspace.seed import seeded
from sandbox.slack.workspace.workspace import Workspace
from tests.bot.memory import CANNOT_LIST, InMemory
from tests.bot.runtime.test_logs import configured
from tests.fuzz.booth import GONE, SHOWN, Booth

Json = dict[str, Any]
START = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)
"""The start time of the stored story."""
MORE_CHANNELS = ("C0WAITING", "C0ARRIVED", "C0NEVER", "C0DOUBT", "C0CLOSED", "C0DIGEST")
JOBS = 40
JOB = re.compile(r"job-\d{4}|film \d+")
"""The names of these clouds' jobs."""


class Clock:
    """Fleet time: it starts at a test's time, and runs on."""

    def __init__(self, at: datetime) -> None:
        self._at, self._started = at, time.monotonic()

    def __call__(self) -> datetime:
        return self._at + timedelta(seconds=time.monotonic() - self._started)

    def advance(self, wait: timedelta) -> None:
        self._at += wait


@dataclass
class Counting(Booth):
    """A booth that detects when all of Slack's payloads were accepted."""

    taken: asyncio.Condition = field(default_factory=asyncio.Condition)
    number: int = 0

    async def deliver(self, kind: Kind, payload: Json, retry: Retry | None = None) -> Json | None:
        try:
            return await super().deliver(kind, payload, retry)
        finally:
            async with self.taken:
                self.number += 1
                self.taken.notify_all()

    async def after(self, act: Callable[[], Awaitable[Any]]) -> None:
        """Do something for which Slack sends one payload, and wait for all its effects."""
        before = self.number
        await act()
        async with asyncio.timeout(20), self.taken:
            await self.taken.wait_for(lambda: self.number > before)
        await self.under_way.nothing()


@dataclass
class Stage:
    """The bot, its parts, and the person at the keyboard."""

    deps: Deps
    booth: Counting
    link: RedisLink
    docket: Docket
    clock: Clock
    video: InMemory
    audio: InMemory
    url: str

    @property
    def workspace(self) -> Workspace:
        return self.booth.workspace

    @property
    def team(self) -> str:
        return self.workspace.team.id

    def place(self, slack_id: str) -> str:
        return f"{self.team}/{slack_id}"

    def becomes(self, number: int, state: JobState, **details: Any) -> None:
        """Change the state of a job of the video service."""
        name = f"job-{number:04}"
        self.video.jobs = [
            Job.model_validate({**job.model_dump(), "state": state, **details}) if job.id == name else job
            for job in self.video.jobs
        ]

    def answers(self) -> Json:
        """Return the bot's actions since the calls were cleared: the methods, and the jobs."""
        made = [each for each in self.workspace.calls if each.method in SHOWN]
        shown = json.dumps([each.arguments for each in made], ensure_ascii=False)
        return {
            "methods": sorted({each.method for each in made}),
            "errors": sorted({each.error for each in made if each.error} - GONE),
            "jobs": sorted(set(JOB.findall(shown))),
            "too_old": any(message.text in shown for message in (errors.expired(), errors.no_place())),
        }


def _cloud(service: str, *, lists: bool) -> InMemory:
    made = InMemory("acme", service, capabilities=InMemory.capabilities if lists else CANNOT_LIST)
    jobs: list[Job] = []
    for number in range(JOBS):
        state = (JobState.RUNNING, JobState.RUNNING, JobState.RUNNING, *JobState)[number % 9]
        why = {"error": {"code": "E.1", "message": "broken"}} if state is JobState.FAILED else {}
        details = {"name": f"film {number}", "state": state, "created_at": START - timedelta(minutes=number), **why}
        jobs.append(made.job(f"job-{number:04}", None, kind="ocr", progress=10, raw={"name": "film"}, **details))
    made.jobs = jobs
    return made


@asynccontextmanager
async def stage(url: str, at: datetime) -> AsyncGenerator[Stage]:
    """Open everything at this time; no worker runs."""
    clock = Clock(at)
    workspace = seeded(MANIFEST, clock=lambda: clock().timestamp())
    workspace.channels.update({each: Channel(each, each.lower()) for each in MORE_CHANNELS})
    video, audio = _cloud("video", lists=True), _cloud("audio", lists=False)
    with configured(StringIO()) as log:
        async with connect(url) as redis, open_docket(url) as docket, httpx.AsyncClient() as unset:
            link = RedisLink(redis)
            booth = Counting(workspace, unset, unset, None, log)  # pyright: ignore[reportArgumentType]
            async with serving(workspace, delivery=booth) as slack, httpx.AsyncClient(base_url=slack) as page:
                client = AsyncWebClient(token=BOT_TOKEN, base_url=f"{slack}/api/", retry_handlers=[])
                workspaces = await OneWorkspace.of(client)
                deps = Deps((video, audio), Store.over(link, url), clock=clock, docket=docket, workspaces=workspaces)
                for task in tasks(deps):
                    docket.register(task)
                app = create_app(workspaces, deps, f"{slack}/api/")
                register(app)
                booth.under_way, booth.origin, booth.page = InFlightHandlers(app), slack, page
                transport = httpx.ASGITransport(site(slack_events(app, SIGNING_SECRET)))
                async with httpx.AsyncClient(transport=transport, base_url="http://bot") as door:
                    booth.door = door
                    yield Stage(deps, booth, link, docket, clock, video, audio, url)
