"""The whole of Callboard on real sockets: the bot, a workspace, two clouds and a Redis."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from bot import config, plan, posting, tracking
from bot.running import running
from bot.services import Services
from bot.store.connection import Link
from bot.tasks import tasks
from bot.tending import reasons
from handlers import register
from sandbox.clouds.jobs import Job
from sandbox.clouds.orders import JobOrder, make
from sandbox.clouds.server import serving as serving_clouds
from sandbox.clouds.world import World
from sandbox.demo import CONFIGURATION, MANIFEST, environment
from sandbox.slack.seed import seeded
from sandbox.slack.server import serving as serving_slack
from tests.scenarios.person import Person


@dataclass(frozen=True)
class Scene:
    """Everything but the bot: a workspace, two clouds, and the settings for a bot between them."""

    dana: Person
    lee: Person
    world: World
    clouds: httpx.AsyncClient
    settings: config.Settings

    def job(self, service: str = "video-ocr", **order: object) -> Job:
        """Add a job that runs for an hour unless told otherwise; see the clouds' control panel for what can be told."""
        account = "vod-sg" if service.startswith("vod") else "media-cn"
        wanted = {"account": account, "service": service, "wait_s": 0, "run_s": 3600, **order}
        job = make(JobOrder.model_validate(wanted), self.world.now())
        self.world.store(account, service).add(job)
        return job


@dataclass(frozen=True)
class Stage:
    """Everything that runs: `dana` is at the keyboard, `clouds` is the control panel of the two clouds."""

    dana: Person
    lee: Person
    world: World
    clouds: httpx.AsyncClient
    bot: Services
    scene: Scene

    async def fault(self, service: str, fault: str, **details: object) -> None:
        """Make a service misbehave; see the clouds' control panel for what there is."""
        account = "vod-sg" if service.startswith("vod") else "media-cn"
        asked = await self.clouds.post(
            "/control/fault", json={"account": account, "service": service, "fault": fault, **details}
        )
        asked.raise_for_status()


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    return tmp_path / "callboard.toml"


@pytest.fixture
def patience_s() -> float:
    """How long the bot waits for the last service; a module that tests lateness waits less."""
    return 10.0


@pytest.fixture
def http_port() -> int:
    """Where the bot serves its probes; 0 is any free port."""
    return 0


@pytest.fixture
def more_settings() -> str:
    """What else stands in the configuration."""
    return ""


def _settings(file: Path, clouds: str, port: int, more: str) -> config.Settings:
    text = CONFIGURATION.read_text().replace("http://127.0.0.1:9100", clouds) + more
    file.write_text(text.replace("port = 0 ", f"port = {port} "))
    return config.load(file)


@pytest.fixture
async def scene(  # noqa: PLR0917  # fixtures
    link: Link,
    redis_process: str,
    settings_file: Path,
    http_port: int,
    more_settings: str,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[Scene]:
    del link  # empties Redis before, and looks at its keys afterwards
    world = World(jobs_per_service=40, arrival_s=0)
    workspace = seeded(MANIFEST)
    async with AsyncExitStack() as stack:
        clouds = await stack.enter_async_context(serving_clouds(world))
        slack = await stack.enter_async_context(serving_slack(workspace))
        for name, value in {**environment(slack), "REDIS_URL": redis_process}.items():
            monkeypatch.setenv(name, value)
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=clouds))
        page = await stack.enter_async_context(httpx.AsyncClient(base_url=slack))
        settings = _settings(settings_file, clouds, http_port, more_settings)
        yield Scene(Person("U0DANA", page, workspace), Person("U0LEE", page, workspace), world, http, settings)


@pytest.fixture
async def stage(scene: Scene, patience_s: float) -> AsyncGenerator[Stage]:
    async with running(scene.settings, register, tasks, reasons, answer_s=patience_s) as bot:
        yield Stage(scene.dana, scene.lee, scene.world, scene.clouds, bot, scene)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at followed jobs many times a second, so that a story takes no minutes."""
    monkeypatch.setattr(plan, "YOUNG", timedelta(seconds=0.3))
    monkeypatch.setattr(plan, "OLDEST", timedelta(seconds=0.5))
    monkeypatch.setattr(tracking, "LEAST_S", 0.1)
    monkeypatch.setattr(tracking, "MOST_S", 0.3)
    monkeypatch.setattr(tracking, "AFTER_MISS", timedelta(seconds=0.3))
    monkeypatch.setattr(posting, "PACE_S", 0.1)
