"""The whole of Callboard on real sockets: the bot, a workspace, two clouds and a Redis."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from bot import config
from bot.running import running
from bot.services import Services
from bot.store.connection import Link
from handlers import register
from sandbox.clouds.server import serving as serving_clouds
from sandbox.clouds.world import World
from sandbox.demo import CONFIGURATION, MANIFEST, environment
from sandbox.slack.seed import seeded
from sandbox.slack.server import serving as serving_slack
from tests.scenarios.person import Person


@dataclass(frozen=True)
class Stage:
    """Everything that runs: `dana` is at the keyboard, `clouds` is the control panel of the two clouds."""

    dana: Person
    lee: Person
    world: World
    clouds: httpx.AsyncClient
    bot: Services

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


def _settings(file: Path, clouds: str, port: int) -> config.Settings:
    text = CONFIGURATION.read_text().replace("http://127.0.0.1:9100", clouds)
    file.write_text(text.replace("port = 0 ", f"port = {port} "))
    return config.load(file)


@pytest.fixture
async def stage(
    link: Link,
    redis_process: str,
    settings_file: Path,
    *,
    http_port: int,
    patience_s: float,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncGenerator[Stage]:
    del link  # empties Redis before, and looks at its keys afterwards
    world = World(jobs_per_service=40, arrival_s=0)
    workspace = seeded(MANIFEST)
    async with AsyncExitStack() as stack:
        clouds = await stack.enter_async_context(serving_clouds(world))
        slack = await stack.enter_async_context(serving_slack(workspace))
        for name, value in {**environment(slack), "REDIS_URL": redis_process}.items():
            monkeypatch.setenv(name, value)
        settings = _settings(settings_file, clouds, http_port)
        bot = await stack.enter_async_context(running(settings, register, answer_s=patience_s))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=clouds))
        page = await stack.enter_async_context(httpx.AsyncClient(base_url=slack))
        yield Stage(Person("U0DANA", page, workspace), Person("U0LEE", page, workspace), world, http, bot)
