"""Members of user groups: read at the start and again, kept for an outage, dropped after a long one."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

import httpx
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.config.settings import AccessRule
from bot.domain.access import Access, Audience
from bot.slack_api import user_groups, workspaces
from bot.slack_api.workspaces import OneWorkspace
from sandbox.demo import MANIFEST
from sandbox.slack.server import serving
from sandbox.slack.workspace.credentials import BOT_TOKEN, CLIENT_ID, CLIENT_SECRET
from sandbox.slack.workspace.faults import Fault
from sandbox.slack.workspace.model import UserGroup
from sandbox.slack.workspace.more_workspaces import HARBOR_STUDIO, seeded_world
from sandbox.slack.workspace.seed import TRANSCODERS, seeded
from sandbox.slack.workspace.workspace import Workspace
from sandbox.slack.workspace.world import World
from tests.scenarios.person import PATIENCE_S

LEE, SAM = Audience("T0SANDBOX/U0LEE"), Audience("T0SANDBOX/U0SAM")


@pytest.fixture
def workspace() -> Workspace:
    return seeded(MANIFEST)


@pytest.fixture
async def slack(workspace: Workspace) -> AsyncGenerator[AsyncWebClient]:
    async with serving(workspace) as url:
        yield AsyncWebClient(token=BOT_TOKEN, base_url=f"{url}/api/")


@pytest.fixture(autouse=True)
def _often(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    monkeypatch.setattr(user_groups, "EVERY_S", 0.02)
    monkeypatch.setattr(user_groups, "AGAIN_S", 0.02)


def rules(*names: str) -> Access:
    return Access((AccessRule(accounts=("*",), groups=names),))


async def until_sees(access: Access, who: Audience, *, sees: bool) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while access.sees("media-cn", who) is not sees:  # noqa: ASYNC110  # no event to wait for
            await asyncio.sleep(0.01)


async def test_members_are_read_at_the_start_and_again(workspace: Workspace, slack: AsyncWebClient):
    access = rules(TRANSCODERS.id)
    assert not access.hides("media-cn", SAM)
    async with user_groups.up_to_date(access, await OneWorkspace.of(slack)):
        assert access.sees("media-cn", LEE)
        assert access.hides("media-cn", SAM)
        workspace.groups[TRANSCODERS.id] = replace(TRANSCODERS, users=("U0SAM",))
        await until_sees(access, SAM, sees=True)
        assert not access.sees("media-cn", LEE)


async def test_without_groups_slack_is_not_called(workspace: Workspace, slack: AsyncWebClient):
    everybody = Access((AccessRule(accounts=("*",), users=("*",)),))
    async with user_groups.up_to_date(everybody, await OneWorkspace.of(slack)):
        assert [each.method for each in workspace.calls] == ["auth.test"]


async def test_an_outage_changes_nothing_at_first(
    workspace: Workspace, slack: AsyncWebClient, monkeypatch: pytest.MonkeyPatch
):
    access = rules(TRANSCODERS.id)
    async with user_groups.up_to_date(access, await OneWorkspace.of(slack)):
        workspace.faults.order(Fault(method="usergroups.users.list", error="internal_error", times=1000))
        asked = len(list(workspace.calls))
        async with asyncio.timeout(PATIENCE_S):
            while len(list(workspace.calls)) < asked + 2:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert access.sees("media-cn", LEE)
        monkeypatch.setattr(user_groups, "KEPT_S", 0.0)
        await until_sees(access, LEE, sees=False)
        assert not access.hides("media-cn", LEE)
        workspace.faults.clear_all()
        await until_sees(access, LEE, sees=True)


async def test_a_deleted_group_has_no_members(slack: AsyncWebClient):
    access = rules("S0GONE")
    async with user_groups.up_to_date(access, await OneWorkspace.of(slack)):
        assert access.hides("media-cn", LEE)


async def test_an_organization_is_read_workspace_by_workspace(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workspaces, "TEAMS", 1)
    world = seeded_world(MANIFEST, org_deploy=True)
    duty = UserGroup("S0DUTY", "duty", "On duty", ("U0JUNE",))
    world.workspaces[HARBOR_STUDIO.id].groups[duty.id] = duty
    async with serving(world) as url, httpx.AsyncClient(base_url=url) as page:
        token = await _installed(page, world)
        client = AsyncWebClient(token=token, base_url=f"{url}/api/")
        access = rules(duty.id)
        async with user_groups.up_to_date(access, await OneWorkspace.of(client)):
            assert access.sees("media-cn", Audience("E0HARBOR/U0JUNE"))
            assert not access.sees("media-cn", Audience("E0HARBOR/U0HANA"))
            assert not access.sees("media-cn", Audience("T0STUDIO/U0JUNE"))


async def _installed(page: httpx.AsyncClient, world: World) -> str:
    """Install the app for the whole organization; return its token."""
    scope = ",".join(world.manifest.scopes)
    link = f"{page.base_url}oauth/v2/authorize?client_id={CLIENT_ID}&scope={scope}"
    decided = await page.post(f"/w/{HARBOR_STUDIO.id}/test/authorize", json={"url": link, "organization": True})
    asked = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
    code = httpx.URL(decided.json()["redirect"]).params["code"]
    return (await page.post("/api/oauth.v2.access", json={**asked, "code": code})).json()["access_token"]
