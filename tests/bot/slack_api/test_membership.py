"""The check for guests calls Slack once an hour, briefly, and after the acknowledgement."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass, replace
from typing import Any, cast
from unittest.mock import Mock

import pytest
from slack_bolt.async_app import AsyncBoltRequest
from slack_sdk.web.async_client import AsyncWebClient

from bot.config.settings import AccessRule
from bot.deps.deps import Deps
from bot.domain.access import Access, Audience
from bot.domain.membership import Claim
from bot.slack_api import membership
from bot.slack_api.membership import person, readers, recognize, recognized
from bot.slack_api.workspaces import OneWorkspace
from bot.slack_app.app import create_app
from bot.slack_app.drain import drain
from bot.store import Store
from handlers.slack import register
from sandbox.demo import MANIFEST
from sandbox.slack.server import serving
from sandbox.slack.workspace.credentials import BOT_TOKEN
from sandbox.slack.workspace.faults import Fault
from sandbox.slack.workspace.model import Enterprise, Installation, Team
from sandbox.slack.workspace.seed import seeded
from sandbox.slack.workspace.workspace import Workspace

DANA = "T0SANDBOX/U0DANA"
HERE = Claim("T0SANDBOX")


@dataclass
class Desk:
    """A workspace with the app, and its dependencies."""

    workspace: Workspace
    deps: Deps
    api_url: str

    async def asks(self, claim: Claim = HERE, user: str = DANA) -> Audience:
        assert isinstance(self.deps.workspaces, OneWorkspace)
        return await recognize(self.deps, self.deps.workspaces.workspace, Audience(user), claim)

    def becomes(self, **traits: Any) -> None:
        self.workspace.users["U0DANA"] = replace(self.workspace.users["U0DANA"], **traits)

    def may_not_ask(self) -> None:
        """Remove the scope users:read."""
        self.workspace.faults.order(Fault(method="users.info", error="missing_scope", times=100))

    @property
    def calls(self) -> list[str]:
        return [each.method for each in self.workspace.calls if each.method != "auth.test"]


async def opened(workspace: Workspace, slack: str) -> Desk:
    client = AsyncWebClient(token=BOT_TOKEN, base_url=f"{slack}/api/", retry_handlers=[])
    deps = Deps((), cast("Store", None), workspaces=await OneWorkspace.of(client))
    return Desk(workspace, deps, f"{slack}/api/")


@pytest.fixture
async def desk() -> AsyncGenerator[Desk]:
    workspace = seeded(MANIFEST)
    async with serving(workspace) as slack:
        desk = await opened(workspace, slack)
        yield desk
        workspace.faults.clear_all()
        await desk.deps.background.close()


async def test_slack_is_called_once_an_hour(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    assert (await desk.asks()).member
    desk.becomes(guest="multi")
    assert (await desk.asks()).member
    assert desk.calls == ["users.info"]
    monkeypatch.setattr(membership, "KEPT_S", 0.0)
    assert await desk.asks() == Audience(DANA, guest=True)


async def test_after_half_an_hour_slack_is_called_in_the_background(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    await desk.asks()
    desk.becomes(guest="single")
    monkeypatch.setattr(membership, "KEPT_S", 1e9)
    monkeypatch.setattr(membership, "_now", lambda: asyncio.get_running_loop().time() + 6e8)
    assert (await desk.asks()).member
    await asyncio.gather(*desk.deps.standings.asking.values())
    assert (await desk.asks()).guest


async def test_concurrent_commands_share_one_call(desk: Desk):
    await asyncio.gather(*(desk.asks() for _ in range(20)))
    assert desk.calls == ["users.info"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(method="users.info", error="fatal_error"),
        Fault(method="users.info", error="user_not_found"),
        Fault(method="users.info", error="ratelimited"),
        Fault(method="users.info", status=503),
        Fault(method="users.info", drop=True, times=3),
        Fault(method="users.info", hang_s=60),
    ],
    ids=str,
)
async def test_a_person_without_an_answer_of_slack_counts_as_a_guest(
    desk: Desk, fault: Fault, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(membership, "WAIT_S", 0.2)
    desk.workspace.faults.order(fault)
    assert await desk.asks() == Audience(DANA, guest=True, unsure=True)
    desk.workspace.faults.clear_all()
    await asyncio.gather(*desk.deps.standings.asking.values())
    assert (await desk.asks()).member


@pytest.mark.parametrize("user", [None, {}, [], {"is_restricted": False}], ids=str)
async def test_a_person_who_is_missing_in_the_answer_counts_as_a_guest(
    desk: Desk, user: object, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as odd:
        odd.setattr("sandbox.slack.web_api.directory._user", Mock(return_value=user))
        assert await desk.asks() == Audience(DANA, guest=True, unsure=True)
    assert (await desk.asks()).member


async def test_deliveries_are_held_only_from_confirmed_guests(desk: Desk):
    desk.workspace.faults.order(Fault(method="users.info", error="fatal_error"))
    assert await readers(desk.deps, DANA) == Audience(DANA)
    desk.becomes(guest="multi")
    assert await readers(desk.deps, "T0SANDBOX/D0DANA", DANA) == Audience(DANA, guest=True)
    assert await readers(desk.deps, "T0SANDBOX/C0MEDIA", DANA) == Audience(channel="T0SANDBOX/C0MEDIA")


async def test_people_of_another_organization_are_known_without_a_call(desk: Desk):
    assert await desk.asks(Claim("T0OTHER")) == Audience(DANA, outside=True)
    assert desk.calls == []


async def test_slack_identifies_a_person_outside_of_a_request(desk: Desk):
    desk.becomes(team=Team("T0OTHER", "Other", "other"))
    assert await person(desk.deps, DANA) == Audience(DANA, outside=True)


class TestWithoutUsersRead:
    async def test_guests_cannot_be_distinguished_from_members(self, desk: Desk):
        desk.becomes(guest="multi")
        desk.may_not_ask()
        assert (await desk.asks()).member
        assert (await desk.asks(Claim("T0OTHER"))).outside

    @pytest.mark.parametrize("guests", [True, False])
    async def test_each_person_counts_as_a_guest_if_a_rule_names_guests(self, desk: Desk, *, guests: bool):
        rule = AccessRule(accounts=("*",), users=("*",), guests=guests)
        desk.deps = replace(desk.deps, access=Access((rule,)))
        desk.may_not_ask()
        assert (await desk.asks()).guest


class TestAnOrganization:
    """The whole organization installed the app, and a click may name any of its workspaces."""

    @pytest.fixture
    async def desk(self) -> AsyncGenerator[Desk]:
        workspace = seeded(MANIFEST)
        workspace.enterprise = Enterprise("E0HOME", "Home", "home")
        assert workspace.installation
        scopes = workspace.installation.scopes
        workspace.installation = Installation(None, workspace.enterprise, "U0DANA", scopes)
        async with serving(workspace) as slack:
            yield await opened(workspace, slack)

    async def test_its_workspaces_are_not_another_organization(self, desk: Desk):
        assert (await desk.asks()).member
        desk.becomes(team=Team("T0OTHER", "Other", "other"))
        assert (await desk.asks(Claim("T0OTHER"), "E0HOME/U0DANA")).outside

    async def test_without_users_read_its_workspaces_are_known_by_their_list(self, desk: Desk):
        desk.may_not_ask()
        for user in ("U0DANA", "U0LEE"):
            assert (await desk.asks(user=f"E0HOME/{user}")).member
        assert (await desk.asks(Claim("T0OTHER"))).outside
        assert desk.calls.count("auth.teams.list") == 1


async def test_cached_people_need_no_call(desk: Desk):
    assert isinstance(desk.deps.workspaces, OneWorkspace)
    home = desk.deps.workspaces.workspace
    assert recognized(desk.deps, home, Audience(DANA), HERE) is None
    asked = await desk.asks()
    assert recognized(desk.deps, home, Audience(DANA), HERE) == asked
    assert recognized(desk.deps, home, Audience(DANA), Claim("T0OTHER")) == Audience(DANA, outside=True)


async def test_no_acknowledgement_waits_for_it(desk: Desk, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(membership, "WAIT_S", 86_400)
    desk.workspace.faults.order(Fault(method="users.info", hang_s=86_400))
    assert desk.deps.workspaces
    app = create_app(desk.deps.workspaces, desk.deps, desk.api_url)
    register(app)
    asked = {"command": "/jobs", "text": "list", "team_id": "T0SANDBOX", "user_id": "U0DANA", "channel_id": "C0ONCALL"}
    async with drain(app):
        response = await app.async_dispatch(AsyncBoltRequest(body=asked, mode="socket_mode"))
        assert response.status == 200
        assert desk.deps.standings.asking
        await desk.deps.background.close()
