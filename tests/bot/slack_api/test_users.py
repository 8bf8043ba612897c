"""The channels of people. Private channels appear only with the bot in them."""

from collections.abc import AsyncGenerator

import httpx
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack_api import users
from bot.slack_api.users import channels_of
from sandbox.demo import MANIFEST
from sandbox.slack.server import serving
from sandbox.slack.workspace.credentials import BOT_TOKEN
from sandbox.slack.workspace.faults import Fault
from sandbox.slack.workspace.seed import seeded
from sandbox.slack.workspace.workspace import Workspace

LEE = "U0LEE"


@pytest.fixture
def workspace() -> Workspace:
    return seeded(MANIFEST)


@pytest.fixture
async def slack(workspace: Workspace) -> AsyncGenerator[AsyncWebClient]:
    async with serving(workspace) as address:
        yield AsyncWebClient(token=BOT_TOKEN, base_url=f"{address}/api/")


async def test_public_channels_and_shared_private_ones(slack: AsyncWebClient, workspace: Workspace):
    workspace.channels["C0MEDIA"].absent.add(LEE)
    workspace.channels["C0GENERAL"].private = True
    found = await channels_of(slack, "T0SANDBOX", LEE)
    assert found
    assert {"C0ONCALL", "C0FINANCE", "C0GENERAL"} <= found
    assert not {"C0MEDIA", "C0LEGAL"} & found


async def test_every_page_is_read(slack: AsyncWebClient, monkeypatch: pytest.MonkeyPatch):
    whole = await channels_of(slack, "T0SANDBOX", LEE)
    monkeypatch.setattr(users, "PAGE", 2)
    assert await channels_of(slack, "T0SANDBOX", LEE) == whole


async def test_without_the_scope_for_private_channels_only_public_ones_are_known(
    slack: AsyncWebClient, workspace: Workspace
):
    workspace.channels["C0MEDIA"].private = True
    workspace.faults.order(Fault(method="users.conversations", error="missing_scope"))
    found = await channels_of(slack, "T0SANDBOX", LEE)
    assert found
    assert "C0ONCALL" in found
    assert "C0MEDIA" not in found


@pytest.mark.parametrize("error", ["missing_scope", "ratelimited", "internal_error"])
async def test_channels_that_slack_does_not_return_are_unknown(slack: AsyncWebClient, workspace: Workspace, error: str):
    workspace.faults.order(Fault(method="users.conversations", error=error, times=5))
    assert await channels_of(slack, "T0SANDBOX", LEE) is None


async def test_channels_are_unknown_during_an_outage_of_slack():
    assert (
        await channels_of(AsyncWebClient(token=BOT_TOKEN, base_url="http://127.0.0.1:1/api/"), "T0SANDBOX", LEE) is None
    )


async def test_the_workspace_requires_the_scope_of_each_kind(slack: AsyncWebClient):
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {BOT_TOKEN}"}) as client:
        asked = await client.post(f"{slack.base_url}users.conversations", data={"types": "im", "user": LEE})
    assert asked.json()["error"] == "missing_scope"
