"""A bot that workspaces install without an operator, and the browsers of their admins."""

import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet

from bot.background.tasks import tasks
from bot.config.settings import Settings, load
from bot.deps.deps import Deps
from bot.runtime.runner import running
from handlers.slack import register
from sandbox.clouds.job_orders import JobOrder, make
from sandbox.clouds.jobs import Job
from sandbox.clouds.server import serving as serving_clouds
from sandbox.clouds.world import World as Clouds
from sandbox.demo import CONFIGURATION, MANIFEST, ONE_WORKSPACE, SEVERAL_WORKSPACES, environment
from sandbox.slack.delivery.http import HttpDelivery
from sandbox.slack.server import serving as serving_slack
from sandbox.slack.workspace.credentials import CLIENT_SECRET
from sandbox.slack.workspace.more_workspaces import seeded_world
from sandbox.slack.workspace.world import World
from tests.ports import free_ports
from tests.scenarios.person import Person


@dataclass(frozen=True)
class Answer:
    """A page of the bot, as a browser shows it."""

    status: int
    text: str


@dataclass
class Site:
    """A bot behind an address, and the workspaces that may install it. `cookies` are those of its one browser."""

    world: World
    clouds: Clouds
    pages: dict[str, httpx.AsyncClient]
    bot: httpx.AsyncClient
    settings: Settings
    cookies: str = ""

    def person(self, team: str, number: int = 0) -> Person:
        """Return a person of a workspace."""
        workspace = self.world.workspaces[team]
        return Person(workspace.people[number].id, self.pages[team], workspace)

    def job(self) -> Job:
        """Add a job that runs for an hour."""
        order = JobOrder(account="media-cn", service="video-ocr", wait_s=0, run_s=3600)
        job = make(order, self.clouds.now())
        self.clouds.store("media-cn", "video-ocr").add(job)
        return job

    async def hook(self, team: str, what: str, **order: Any) -> Any:
        response = await self.pages[team].post(f"/test/{what}", json=order)
        assert response.status_code == 200, response.text
        return response.json()

    async def begin(self, query: str = "") -> str:
        """Open the install link; return the address of the consent page."""
        begun = await self.bot.get(f"/slack/install{query}")
        assert begun.status_code == 302, begun.text
        self.cookies = begun.headers["set-cookie"].partition(";")[0]
        return begun.headers["location"]

    async def decide(self, team: str, link: str, **order: Any) -> str:
        """Allow or cancel there; return the query with which the browser is sent back."""
        redirect = (await self.hook(team, "authorize", url=link, **order))["redirect"]
        return httpx.URL(redirect).query.decode()

    async def back(self, query: str) -> Answer:
        """Return to the bot."""
        page = await self.bot.get(f"/slack/oauth_redirect?{query}", headers={"cookie": self.cookies})
        return Answer(page.status_code, page.text)

    async def installs(self, team: str, **order: Any) -> Answer:
        """Run the whole installation."""
        answer = await self.back(await self.decide(team, await self.begin(), **order))
        for channel in self.world.workspaces[team].channels.values():
            channel.bot_member = channel.bot_member or not channel.private  # as after /invite
        return answer

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[Deps]:
        """Run the bot while the block runs."""
        async with running(self.settings, register, tasks) as deps:
            yield deps


def settings(file: Path, clouds: str, port: int, own: str = SEVERAL_WORKSPACES) -> Settings:
    """Return a configuration without a bot token, in HTTP mode."""
    text = CONFIGURATION.read_text().replace("http://127.0.0.1:9100", clouds)
    text = text.replace('mode = "socket"', 'mode = "http"\nsigning_secret = "env:SLACK_SIGNING_SECRET"')
    text = text.replace(ONE_WORKSPACE, own).replace("port = 0 ", f"port = {port} ")
    file.write_text(text)
    return load(file)


@asynccontextmanager
async def opened(folder: Path, redis: str) -> AsyncGenerator[Site]:
    """Return workspaces, a bot that is not running yet, and the environment of its configuration."""
    clouds = Clouds(jobs_per_service=40, arrival_s=0)
    async with AsyncExitStack() as stack:
        origin = f"http://127.0.0.1:{(port := stack.enter_context(free_ports())())}"
        world = seeded_world(MANIFEST, org_deploy=True, redirect_urls=[f"{origin}/slack/oauth_redirect"])
        url = await stack.enter_async_context(serving_clouds(clouds))
        bot = await stack.enter_async_context(httpx.AsyncClient(base_url=origin))
        delivery = HttpDelivery(f"{origin}/slack/events", "", bot, time.time)
        delivery.origin = slack = await stack.enter_async_context(serving_slack(world, delivery=delivery))
        secrets = {"SLACK_CLIENT_SECRET": CLIENT_SECRET, "CALLBOARD_KEY": Fernet.generate_key().decode()}
        variables = stack.enter_context(pytest.MonkeyPatch.context())
        for name, value in {**environment(slack), **secrets, "REDIS_URL": redis}.items():
            variables.setenv(name, value)
        pages = await _open_pages(stack, world, slack)
        yield Site(world, clouds, pages, bot, settings(folder / "callboard.toml", url, port))


async def _open_pages(stack: AsyncExitStack, world: World, origin: str) -> dict[str, httpx.AsyncClient]:
    """Return a way into each workspace, by its id."""
    return {
        team: await stack.enter_async_context(httpx.AsyncClient(base_url=f"{origin}{world.path(workspace)}/"))
        for team, workspace in world.workspaces.items()
    }
