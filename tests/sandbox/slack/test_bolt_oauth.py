"""Bolt's own OAuth against the sandbox: its installs, rotations, revocations and removals take effect in Slack."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.slack.server import serving
from sandbox.slack.workspace.credentials import BOT_TOKEN
from sandbox.slack.workspace.model import Json
from sandbox.slack.workspace.more_workspaces import seeded_world
from sandbox.slack.workspace.world import World
from tests.sandbox.slack.conftest import until
from tests.sandbox.slack.installer import Installer, installer


@pytest.fixture
def rotating() -> bool:
    return False


@pytest.fixture
def world(manifest: Path, *, rotating: bool) -> World:
    return seeded_world(manifest, org_deploy=True, token_rotation=rotating)


@pytest.fixture
async def bolt(world: World, tmp_path: Path) -> AsyncIterator[Installer]:
    async with serving(world) as origin, installer(world, origin, tmp_path) as made:
        yield made


async def handed(bolt: Installer, text: str) -> tuple[Json, str | None]:
    """Return the app's command with that text, and the token that Bolt found for it."""

    async def found() -> tuple[Json, str | None] | None:
        return next((each for each in bolt.seen if each[0]["text"] == text), None)

    return await until(found)


async def test_each_workspace_has_its_own_token_and_gets_its_own_answers(bolt: Installer) -> None:
    await bolt.install("T0NORTH")
    await bolt.install("T0LIVE")
    assert (await bolt.person("T0NORTH").types("/jobs north")).says("answer to north")
    assert (await bolt.person("T0LIVE").types("/jobs live", "C0LIVEOPS")).says("answer to live")
    assert await bolt.person("T0SANDBOX").sees() == []
    (north, token), (live, other) = await handed(bolt, "north"), await handed(bolt, "live")
    assert (north["team_id"], north["channel_id"], north["user_id"]) == ("T0NORTH", "C0ONCALL", "U0DANA")
    assert "enterprise_id" not in north
    assert (live["team_id"], live["enterprise_id"], live["is_enterprise_install"]) == ("T0LIVE", "E0HARBOR", "false")
    assert token != other
    whose = [(await bolt.api("auth.test", each))["user_id"] for each in (BOT_TOKEN, token, other)]
    assert whose == ["U0CALLBOARD", "U0NORTHBOT", "U0HARBORBOT"]


async def test_an_organization_is_installed_once_for_all_its_workspaces(bolt: Installer) -> None:
    await bolt.install("T0STUDIO", organization=True)
    await bolt.type("T0LIVE", "/jobs live")
    await bolt.type("T0STUDIO", "/jobs studio")
    (live, token), (studio, same) = await handed(bolt, "live"), await handed(bolt, "studio")
    assert (live["team_id"], studio["team_id"]) == ("T0LIVE", "T0STUDIO")
    assert {live["is_enterprise_install"], studio["is_enterprise_install"]} == {"true"}
    assert token == same == await bolt.token(None, "E0HARBOR")
    assert (await bolt.hook("T0LIVE", "authorize", url=await bolt.link(), allow=False))["redirect"]
    refused = await bolt.pages["T0LIVE"].post("/test/authorize", json={"url": await bolt.link()})
    assert refused.json()["error"] == "cannot_install_an_org_installed_app"


async def test_a_person_who_cancels_installs_nothing(bolt: Installer) -> None:
    status, words = await bolt.follow(await bolt.decide("T0NORTH", await bolt.link(), allow=False))
    assert (status, "access_denied" in words) == (200, True)
    assert bolt.world.workspaces["T0NORTH"].installation is None


async def test_the_app_refuses_a_forged_state(bolt: Installer) -> None:
    redirect = await bolt.decide("T0NORTH", await bolt.link())
    await bolt.link()
    status, _ = await bolt.follow(redirect)
    assert status == 400
    assert bolt.world.workspaces["T0NORTH"].installation is None


async def test_a_removed_app_deletes_the_workspace_and_can_be_installed_again(bolt: Installer) -> None:
    await bolt.install("T0NORTH")
    token = await bolt.token("T0NORTH")
    await bolt.hook("T0NORTH", "installed", installed=False)

    async def forgotten() -> bool:
        return await bolt.token("T0NORTH") is None

    await until(forgotten)
    assert (await bolt.api("auth.test", token))["error"] == "account_inactive"
    await bolt.type("T0NORTH", "/jobs gone")
    told = bolt.world.workspaces["T0NORTH"].feed.notices[-1].text
    assert "/jobs is not a valid command" in told
    await bolt.install("T0NORTH")
    assert (await bolt.api("auth.test", await bolt.token("T0NORTH")))["ok"] is True
    assert await bolt.token("T0NORTH") != token


async def test_the_first_workspace_can_lose_the_app_and_get_it_back(bolt: Installer) -> None:
    await bolt.hook("T0SANDBOX", "installed", installed=False)
    assert (await bolt.api("auth.test", BOT_TOKEN))["error"] == "account_inactive"
    await bolt.install("T0SANDBOX")
    token = await bolt.token("T0SANDBOX")
    assert token != BOT_TOKEN
    assert (await bolt.api("auth.test", token))["team_id"] == "T0SANDBOX"
    await bolt.type("T0SANDBOX", "/jobs again")
    assert (await handed(bolt, "again"))[1] == token


async def test_an_app_that_revokes_its_token_stays_installed(bolt: Installer) -> None:
    await bolt.install("T0NORTH")
    token = await bolt.token("T0NORTH")
    assert (await bolt.api("auth.revoke", token, test=True))["revoked"] is False
    assert (await bolt.api("auth.revoke", token))["revoked"] is True
    assert (await bolt.api("auth.test", token))["error"] == "token_revoked"

    async def forgotten() -> bool:
        return await bolt.token("T0NORTH") is None

    await until(forgotten)
    told = (await bolt.pages["T0NORTH"].get("/test/events")).json()
    assert [each["payload"]["event"] for each in told] == [
        {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": ["U0NORTHBOT"]}}
    ]
    assert bolt.world.workspaces["T0NORTH"].installation is not None


async def test_the_events_of_an_organizations_uninstall_name_the_organization(bolt: Installer) -> None:
    await bolt.install("T0LIVE", organization=True)
    await bolt.hook("T0STUDIO", "installed", installed=False)

    async def told() -> list[Json] | None:
        found = (await bolt.pages["T0LIVE"].get("/test/events")).json()
        return [each["payload"] for each in found] if all(each["acknowledged"] for each in found) else None

    payloads = await until(told)
    assert [each["event"]["type"] for each in payloads] == ["tokens_revoked", "app_uninstalled"]
    assert {(each.get("team_id"), each["enterprise_id"]) for each in payloads} == {(None, "E0HARBOR")}
    assert bolt.world.workspaces["T0LIVE"].installation is None

    async def forgotten() -> bool:
        return await bolt.token(None, "E0HARBOR") is None

    await until(forgotten)


class TestRotating:
    @pytest.fixture
    def rotating(self) -> bool:
        return True

    async def test_bolt_rotates_a_token_before_it_expires(self, bolt: Installer) -> None:
        await bolt.hook("T0NORTH", "rotation", enabled=True, expires_in=60)
        await bolt.install("T0NORTH")
        first = await bolt.token("T0NORTH")
        assert first
        assert first.startswith("xoxe.xoxb-1-")
        await bolt.type("T0NORTH", "/jobs soon")
        second = (await handed(bolt, "soon"))[1]
        assert second != first
        assert (await bolt.api("auth.test", first))["ok"] is True
        await bolt.hook("T0NORTH", "clock", advance_s=60)
        assert (await bolt.api("auth.test", first))["error"] == "token_expired"
        assert bolt.world.clock() - time.time() > 59

    async def test_a_refresh_token_works_once(self, bolt: Installer) -> None:
        await bolt.install("T0NORTH")
        kept = await bolt.store.async_find_bot(enterprise_id=None, team_id="T0NORTH")
        assert kept
        given = await bolt.access(grant_type="refresh_token", refresh_token=kept.bot_refresh_token)
        assert (given["token_type"], given["expires_in"], given["bot_user_id"]) == ("bot", 43_200, "U0NORTHBOT")
        assert given["team"] == {"id": "T0NORTH", "name": "Northwind"}
        again = await bolt.access(grant_type="refresh_token", refresh_token=kept.bot_refresh_token)
        assert again["error"] == "invalid_refresh_token"
        await bolt.hook("T0NORTH", "installed", installed=False)
        late = await bolt.access(grant_type="refresh_token", refresh_token=given["refresh_token"])
        assert late["error"] == "invalid_refresh_token"
