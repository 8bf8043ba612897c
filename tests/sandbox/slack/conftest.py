import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from sandbox.slack.app import create_app
from sandbox.slack.delivery.delivery import Delivery
from sandbox.slack.server import serving
from sandbox.slack.workspace.credentials import APP_TOKEN, BOT_TOKEN
from sandbox.slack.workspace.model import Json
from sandbox.slack.workspace.seed import DANA, ON_CALL, seeded
from sandbox.slack.workspace.workspace import Workspace
from tests.sandbox.manifest import manifest_document, write_manifest
from tests.sandbox.slack.recorder import Recorder

T = TypeVar("T")
HISTORY = ["channels:history", "groups:history", "im:history"]
READS = ["channels:read", "groups:read", "users:read", "usergroups:read", "links:read", "app_mentions:read"]
ALL_SCOPES = ["commands", "chat:write", "links:write", "im:write", *READS, *HISTORY]
MENUS: list[Json] = [
    {"name": "Look up jobs", "type": "message", "callback_id": "look_up", "description": "Finds job ids"},
    {"name": "Find jobs", "type": "global", "callback_id": "find", "description": "Opens a form"},
]
ALL_EVENTS = [
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_archive",
    "link_shared",
    "member_joined_channel",
    "message.im",
    "tokens_revoked",
]


class FakeClock:
    def __init__(self) -> None:
        self.now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Slack:
    """A served workspace, and a few requests for tests."""

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
        """Post as the app, and return the message's ts."""
        return (await self.api("chat.postMessage", channel=channel, text=text, **more))["ts"]

    async def hook(self, what: str, **body: Any) -> Json:
        response = await self.http.post(f"/test/{what}", json=body)
        response.raise_for_status()
        return response.json()

    async def calls(self, since: int = 0) -> list[Json]:
        return (await self.http.get("/test/calls", params={"since": since})).json()

    async def type(self, text: str, channel: str = ON_CALL.id, **more: Any) -> None:
        (await self.ui("message", channel=channel, text=text, **more)).raise_for_status()

    async def seen(self, user: str | None = DANA.id, channel: str = ON_CALL.id) -> list[Json]:
        params = {"channel": channel} | ({"user": user} if user else {})
        return (await self.http.get("/test/messages", params=params)).json()

    async def said(self, text: str, user: str | None = DANA.id, channel: str = ON_CALL.id) -> Json:
        """Return the message with that text, as soon as it exists."""

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
    """Return the condition's first true result. Only the test's timeout limits the wait."""
    async with asyncio.timeout(10):
        while not (found := await condition()):  # noqa: ASYNC110 - the condition is behind HTTP
            await asyncio.sleep(0.005)
        return found


def code_of(redirect: str) -> str:
    """Return the code that a browser carries back to the app."""
    return httpx.URL(redirect).params["code"]


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def scopes() -> list[str]:
    """Return every scope that a method in the workspace needs."""
    return ALL_SCOPES


@pytest.fixture
def bot_events() -> list[str]:
    """Return every event that the app can subscribe to here."""
    return ALL_EVENTS


@pytest.fixture
def home() -> Json:
    """Return both tabs of the app's own screen."""
    return {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False}


@pytest.fixture
def manifest(tmp_path: Path, scopes: list[str], bot_events: list[str], home: Json) -> Path:
    """Return the project's manifest with these scopes, and everything that an app can declare."""
    document = manifest_document()
    document["oauth_config"]["scopes"]["bot"] = scopes
    document["features"] |= {"shortcuts": MENUS, "app_home": home, "unfurl_domains": ["console.example"]}
    document["settings"]["event_subscriptions"] = {"bot_events": bot_events}
    path = tmp_path / "manifest.yml"
    write_manifest(document, path)
    return path


@pytest.fixture
def ack_within() -> float:
    return 3.0


@pytest.fixture
def retry_after() -> list[float]:
    """Return the seconds before each further attempt to deliver an event."""
    return []


@pytest.fixture
def over_sockets() -> bool:
    """Return whether the workspace is served on a port. Modules whose tests connect override it."""
    return False


@pytest.fixture
def app() -> Recorder:
    """Return an app that records payloads. A test that needs deliveries requests it."""
    return Recorder()


@pytest.fixture
async def slack(
    request: pytest.FixtureRequest,
    manifest: Path,
    clock: FakeClock,
    ack_within: float,
    retry_after: list[float],
    *,
    over_sockets: bool,
) -> AsyncIterator[Slack]:
    workspace = seeded(manifest, clock=clock)
    road: Delivery | None = request.getfixturevalue("app") if "app" in request.fixturenames else None
    async with AsyncExitStack() as stack:
        url, transport = "http://slack.test", None
        if over_sockets:
            url = await stack.enter_async_context(serving(workspace, ack_within=ack_within, retry_after=retry_after))
        else:
            app = create_app(workspace, delivery=road, ack_within=ack_within, retry_after=retry_after)
            stack.callback(app.state.life.close)
            transport = httpx.ASGITransport(app)
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url, transport=transport))
        yield Slack(workspace, clock, url, http)
