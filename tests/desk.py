"""An app that gets its payloads one by one; a local workspace shows its answers."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack_api.workspaces import OneWorkspace
from bot.slack_app.app import create_app
from bot.slack_app.drain import InFlightHandlers
from bot.store import Store
from bot.store.redis.connection import RedisLink, connect
from handlers.slack import register
from sandbox.demo import MANIFEST
from sandbox.slack.server import serving
from sandbox.slack.workspace.credentials import BOT_TOKEN
from sandbox.slack.workspace.model import Content
from sandbox.slack.workspace.seed import ALERTS, seeded
from sandbox.slack.workspace.workspace import Workspace
from tests.bot.memory import InMemory, services
from tests.bot.runtime.test_logs import configured
from tests.scenarios.person import PATIENCE_S, Answer, Person

Json = dict[str, Any]
DANA, ON_CALL = "U0DANA", "C0ONCALL"


@dataclass
class Desk:
    """An app that gets its payloads one by one; a local workspace shows its answers."""

    app: AsyncApp
    under_way: InFlightHandlers
    workspace: Workspace
    dana: Person
    slack: str
    log: StringIO

    async def command(self, text: str) -> Answer:
        """Type `/jobs`."""
        return await self.answers({"command": "/jobs", "text": text, "user_id": DANA, "channel_id": ON_CALL})

    async def action(self, **action: Any) -> Answer:
        """Use an element with these properties."""
        return await self.answers(self.acted(**action))

    def acted(self, **action: Any) -> Json:
        return {
            "type": "block_actions",
            "user": {"id": DANA},
            "channel": {"id": ON_CALL},
            "container": {"channel_id": ON_CALL, "message_ts": "1.2"},
            "trigger_id": self.workspace.grants.trigger(DANA),
            "actions": [{"type": "button", "block_id": "b", **action}],
        }

    async def hand(self, payload: Json, url: str | None = None) -> int:
        """Give the app a payload, with a response_url unless empty; return the acknowledgement's status."""
        body = {"team": {"id": "T1"}, "team_id": "T1", "user_id": DANA, **payload}
        body |= {} if url == "" else {"response_url": url or self.response_url()}
        return (await self.app.async_dispatch(AsyncBoltRequest(body=body, mode="socket_mode"))).status

    async def modal(self, payload: Json, *, until: str) -> Json:
        """Give the app a payload without a response_url; return the modal once it says `until`."""
        payload = {"trigger_id": self.workspace.grants.trigger(DANA), **payload}
        assert await self.hand(payload, "") == 200
        await self.until(lambda: any(until in str(view.body) for view in self.workspace.modals.stack(DANA)[-1:]))
        return self.workspace.modals.stack(DANA)[-1].body

    def says(self, text: str, **more: Any) -> str:
        """Post a message of the alert bot in the channel, and return its timestamp."""
        return self.workspace.messages.post(ON_CALL, ALERTS.id, Content(text), **more).ts

    def response_url(self) -> str:
        token = self.workspace.grants.response(DANA, ON_CALL)
        return f"{self.slack}/response/{self.workspace.team.id}/{token}"

    async def until(self, done: Callable[[], bool]) -> None:
        """Wait until a condition on the calls or the log is true."""
        async with asyncio.timeout(PATIENCE_S):
            while not done():  # noqa: ASYNC110  # a log sends no event
                await asyncio.sleep(0.01)

    async def answers(self, payload: Json) -> Answer:
        """Give the app a payload and return the message that Dana then sees."""
        seen = {answer.ts for answer in await self.dana.sees()}
        with self.workspace.feed.page(DANA) as events:
            assert await self.hand(payload) == 200
            async with asyncio.timeout(PATIENCE_S):
                while not (new := [each for each in await self.dana.sees() if each.ts not in seen]):
                    await events.get()
        return new[0]


@pytest.fixture
def provider() -> InMemory:
    return InMemory().filled(3)


@pytest.fixture
async def desk(store: Store, provider: InMemory) -> AsyncGenerator[Desk]:
    workspace = seeded(MANIFEST)
    with configured(StringIO()) as log:
        async with serving(workspace) as slack, httpx.AsyncClient(base_url=slack) as page:
            client = AsyncWebClient(token=BOT_TOKEN, base_url=f"{slack}/api/")
            app = create_app(await OneWorkspace.of(client), services(store, provider), client.base_url)
            register(app)
            yield Desk(app, InFlightHandlers(app), workspace, Person(DANA, page, workspace), slack, log)


async def lost(desk: Desk, nowhere: RedisLink, provider: InMemory) -> Desk:
    """The same desk without Redis."""
    client = AsyncWebClient(token=BOT_TOKEN, base_url=f"{desk.slack}/api/")
    app = create_app(await OneWorkspace.of(client), services(Store.over(nowhere), provider), client.base_url)
    register(app)
    return replace(desk, app=app, under_way=InFlightHandlers(app))


@pytest.fixture
async def nowhere(tmp_path: Path) -> AsyncGenerator[RedisLink]:
    """A connection to a socket without a server."""
    async with connect(f"unix://{tmp_path}/redis.sock") as redis:
        yield RedisLink(redis)
