import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import yaml

from sandbox.slack.app import create_app
from sandbox.slack.credentials import APP_TOKEN, BOT_TOKEN
from sandbox.slack.model import Json
from sandbox.slack.seed import DANA, ON_CALL, seeded
from sandbox.slack.server import serving
from sandbox.slack.workspace import Workspace

T = TypeVar("T")
HISTORY = ["channels:history", "groups:history", "im:history"]
ALL_SCOPES = ["commands", "chat:write", "channels:read", "im:write", "users:read", *HISTORY]


class FakeClock:
    def __init__(self) -> None:
        self.now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Slack:
    """A served workspace, and the few requests that tests make of it."""

    workspace: Workspace
    clock: FakeClock
    url: str
    http: httpx.AsyncClient

    async def api(self, method: str, token: str = BOT_TOKEN, **arguments: Any) -> Json:
        response = await self.http.post(f"/api/{method}", json=arguments, headers={"Authorization": f"Bearer {token}"})
        return response.json()

    async def ui(self, what: str, **body: Any) -> httpx.Response:
        return await self.http.post(f"/ui/{what}", json={"user": DANA.id, **body})

    async def post(self, text: str, channel: str = ON_CALL.id, **more: Any) -> str:
        """Post as the app, and give the message's ts."""
        return (await self.api("chat.postMessage", channel=channel, text=text, **more))["ts"]

    async def hook(self, what: str, **body: Any) -> Json:
        response = await self.http.post(f"/test/{what}", json=body)
        response.raise_for_status()
        return response.json()

    async def calls(self, since: int = 0) -> list[Json]:
        return (await self.http.get("/test/calls", params={"since": since})).json()

    async def type(self, text: str, channel: str = ON_CALL.id) -> None:
        (await self.ui("message", channel=channel, text=text)).raise_for_status()

    async def seen(self, user: str | None = DANA.id, channel: str = ON_CALL.id) -> list[Json]:
        params = {"channel": channel} | ({"user": user} if user else {})
        return (await self.http.get("/test/messages", params=params)).json()

    async def said(self, text: str, user: str | None = DANA.id, channel: str = ON_CALL.id) -> Json:
        """The message with that text, as soon as it is there."""

        async def found() -> Json | None:
            return next((each for each in await self.seen(user, channel) if each["text"] == text), None)

        return await until(found)

    async def noticed(self, text: str) -> Json:
        async def found() -> Json | None:
            notices = (await self.http.get("/test/notices", params={"user": DANA.id})).json()
            return next((each for each in notices if text in each["text"]), None)

        return await until(found)

    async def views(self) -> list[Json]:
        return (await self.http.get("/ui/state", params={"user": DANA.id})).json()["view_stack"]

    async def open_socket_url(self) -> str:
        return (await self.api("apps.connections.open", token=APP_TOKEN))["url"]


async def until(condition: Callable[[], Awaitable[T | None]]) -> T:
    """What the condition returns as soon as it is something; the test's timeout is the only clock."""
    async with asyncio.timeout(10):
        while not (found := await condition()):  # noqa: ASYNC110 - what we wait for is behind HTTP
            await asyncio.sleep(0.005)
        return found


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def scopes() -> list[str]:
    """Every scope that the workspace knows a method for."""
    return ALL_SCOPES


@pytest.fixture
def manifest(tmp_path: Path, scopes: list[str]) -> Path:
    """The project's manifest with these scopes."""
    source = Path(__file__).parents[3] / "bot" / "manifest.yml"
    document = yaml.safe_load(source.read_text(encoding="utf-8"))
    document["oauth_config"]["scopes"]["bot"] = scopes
    path = tmp_path / "manifest.yml"
    path.write_text(yaml.safe_dump(document), encoding="utf-8")
    return path


@pytest.fixture
def ack_within() -> float:
    return 3.0


@pytest.fixture
def over_sockets() -> bool:
    """Whether the workspace is served on a port; modules whose tests dial say yes."""
    return False


@pytest.fixture
async def slack(manifest: Path, clock: FakeClock, ack_within: float, *, over_sockets: bool) -> AsyncIterator[Slack]:
    workspace = seeded(manifest, clock=clock)
    async with AsyncExitStack() as stack:
        url, transport = "http://slack.test", None
        if over_sockets:
            url = await stack.enter_async_context(serving(workspace, ack_within=ack_within))
        else:
            transport = httpx.ASGITransport(create_app(workspace, ack_within=ack_within))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, transport=transport))
        yield Slack(workspace, clock, url, http)
