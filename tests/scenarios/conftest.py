"""All of Callboard on real sockets: the bot, a workspace, two clouds and a Redis.

Each test runs with one of Slack's delivery modes. Its id decides which, so that the tests cover both. The mark
`mode(name)` selects one, `both_modes` runs the test in each.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zlib import crc32

import httpx
import pytest

from bot.background.reconcile import reasons
from bot.background.tasks import tasks
from bot.config.settings import Settings, load
from bot.delivery import card_editor, sender
from bot.deps.deps import Deps
from bot.domain import absence, sweeps
from bot.polling import planner, recorder, sweep
from bot.runtime.runner import running
from bot.store.redis.connection import RedisLink
from handlers.commands.watch_words import watch_spec
from handlers.slack import register
from sandbox.clouds.job_orders import JobOrder, make
from sandbox.clouds.jobs import Job
from sandbox.clouds.server import serving as serving_clouds
from sandbox.clouds.world import World
from sandbox.demo import CONFIGURATION, MANIFEST, environment
from sandbox.slack.delivery.events import RETRY_AFTER
from sandbox.slack.server import serving as serving_slack
from sandbox.slack.workspace.seed import seeded
from tests.ports import FreePort
from tests.scenarios.person import Person
from tests.scenarios.roads import HTTP, MODES, Balancer, Mode, at


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "mode" in metafunc.fixturenames:
        metafunc.parametrize("mode", modes(metafunc.definition))


def modes(test: pytest.Item) -> Sequence[Mode]:
    if only := test.get_closest_marker("mode"):
        return only.args
    if test.get_closest_marker("both_modes"):
        return MODES
    return [MODES[crc32(test.nodeid.encode()) % len(MODES)]]


@pytest.fixture(autouse=True)
def _ample(request: pytest.FixtureRequest) -> None:
    """No scenario waits for a request budget, except those about the budget."""
    if not request.node.get_closest_marker("own_budget"):
        request.getfixturevalue("ample_budget")


@dataclass(frozen=True)
class Scene:
    """Everything but the bot: a workspace, two clouds, and the settings of a bot between them.

    `balancer` is how the workspace reaches bots that it calls; None if bots open sockets.
    """

    dana: Person
    lee: Person
    world: World
    clouds: httpx.AsyncClient
    settings: Settings
    free_port: FreePort
    balancer: Balancer | None = None

    @asynccontextmanager
    async def bot(self, port: int = 0, *, patience_s: float = 10.0) -> AsyncGenerator[Deps]:
        """Run a bot while the block runs, at any free port. If there are several, Slack alternates between them."""
        port = port or self.free_port()
        async with running(at(self.settings, port), register, tasks, reasons, answer_s=patience_s) as bot:
            if self.balancer:
                self.balancer.add(port)
            yield bot

    def job(self, service: str = "video-ocr", **order: object) -> Job:
        """Add a job that runs for an hour by default. The clouds' control panel lists the other options."""
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
    bot: Deps
    scene: Scene

    async def fault(self, service: str, fault: str, **details: object) -> None:
        """Make a service misbehave. The clouds' control panel lists the faults."""
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
    """Return how long the bot waits for the last service. Modules that test lateness wait less."""
    return 10.0


@pytest.fixture(autouse=True)
def first_words(whole_answers: None) -> None:
    """Turn off partial answers. Modules that test them override this."""


@pytest.fixture
def http_port(free_port: FreePort) -> int:
    """Return the ports where the bot serves its probes, and where Slack calls it."""
    return free_port()


@pytest.fixture
def retry_after() -> Sequence[float]:
    """Return the seconds after which Slack redelivers an event that was not acknowledged."""
    return RETRY_AFTER


@pytest.fixture
def more_settings() -> str:
    """Return additional text of the configuration."""
    return ""


def _settings(file: Path, clouds: str, mode: Mode, more: str) -> Settings:
    text = CONFIGURATION.read_text().replace("http://127.0.0.1:9100", clouds) + more
    file.write_text(text if mode == "socket" else text.replace('mode = "socket"', HTTP))
    return load(file, watch_spec)


@pytest.fixture
def set_up(  # noqa: PLR0917  # fixtures
    link: RedisLink,
    redis_process: str,
    settings_file: Path,
    mode: Mode,
    more_settings: str,
    retry_after: Sequence[float],
    free_port: FreePort,
    monkeypatch: pytest.MonkeyPatch,
) -> AbstractAsyncContextManager[Scene]:
    """Return a scene to be entered in any event loop."""
    del link  # empties Redis before, and looks at its keys afterwards

    @asynccontextmanager
    async def entered() -> AsyncGenerator[Scene]:
        world = World(jobs_per_service=40, arrival_s=0)
        workspace = seeded(MANIFEST)
        async with AsyncExitStack() as stack:
            caller = await stack.enter_async_context(httpx.AsyncClient())
            balancer = Balancer(caller) if mode == "http" else None
            clouds = await stack.enter_async_context(serving_clouds(world))
            slack = await stack.enter_async_context(
                serving_slack(workspace, delivery=balancer, retry_after=retry_after)
            )
            if balancer:
                balancer.origin = slack
            for name, value in {**environment(slack), "REDIS_URL": redis_process}.items():
                monkeypatch.setenv(name, value)
            http = await stack.enter_async_context(httpx.AsyncClient(base_url=clouds))
            page = await stack.enter_async_context(httpx.AsyncClient(base_url=slack))
            settings = _settings(settings_file, clouds, mode, more_settings)
            dana, lee = Person("U0DANA", page, workspace), Person("U0LEE", page, workspace)
            yield Scene(dana, lee, world, http, settings, free_port, balancer)

    return entered()


@pytest.fixture
async def scene(set_up: AbstractAsyncContextManager[Scene]) -> AsyncGenerator[Scene]:
    async with set_up as scene:
        yield scene


@pytest.fixture
async def stage(scene: Scene, http_port: int, patience_s: float) -> AsyncGenerator[Stage]:
    async with scene.bot(http_port, patience_s=patience_s) as bot:
        yield Stage(scene.dana, scene.lee, scene.world, scene.clouds, bot, scene)


@pytest.fixture
def soon_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the time after which a job is lost to a second. Tests must not take minutes."""
    monkeypatch.setattr(absence, "LOST_AFTER", timedelta(seconds=1))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweep tracked jobs many times a second. Tests must not take minutes."""
    monkeypatch.setattr(planner, "YOUNG", timedelta(seconds=0.3))
    monkeypatch.setattr(planner, "OLDEST", timedelta(seconds=0.5))
    monkeypatch.setattr(sweep, "LEAST_S", 0.1)
    monkeypatch.setattr(sweeps, "MOST_S", 0.3)
    monkeypatch.setattr(recorder, "AFTER_MISS", timedelta(seconds=0.3))
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.1)
    monkeypatch.setattr(card_editor, "GROWS_FAST", timedelta(seconds=0.3))
    monkeypatch.setattr(card_editor, "GROWS", timedelta(seconds=0.3))
