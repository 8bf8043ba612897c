"""An acknowledgement stays, regardless of what the handler does next."""

from pathlib import Path
from typing import Any, cast

from slack_bolt.async_app import AsyncAck, AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.deps.deps import Deps
from bot.domain.errors import ExpiredError
from bot.slack_api.workspaces import OneWorkspace
from bot.slack_app.app import create_app
from bot.store import Store
from sandbox.slack.server import serving
from sandbox.slack.workspace.credentials import BOT_TOKEN
from sandbox.slack.workspace.seed import seeded

MANIFEST = Path(__file__).parents[3] / "manifest.yml"


async def failing(ack: AsyncAck) -> None:
    await ack()
    raise ExpiredError


async def test_a_failure_right_after_the_acknowledgement_does_not_take_it_back() -> None:
    async with serving(seeded(MANIFEST)) as slack:
        client = AsyncWebClient(token=BOT_TOKEN, base_url=f"{slack}/api/")
        app = create_app(await OneWorkspace.of(client), Deps((), cast("Store", None)), client.base_url)
    app.command("/jobs")(failing)
    asked: dict[str, Any] = {"command": "/jobs", "text": "lst", "team_id": "T0SANDBOX", "user_id": "U0DANA"}
    response = await app.async_dispatch(AsyncBoltRequest(body=asked, mode="socket_mode"))
    assert response.status == 200
