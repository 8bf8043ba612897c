"""`callboard check` about access: workspaces, guests, and shared channels."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from bot.domain.findings import Finding, Status
from sandbox.clouds.world import World
from sandbox.demo import MANIFEST, ONE_WORKSPACE, SEVERAL_WORKSPACES, environment
from sandbox.slack.server import serving
from sandbox.slack.workspace.faults import Fault
from sandbox.slack.workspace.seed import seeded
from tests.bot.diagnostics.test_checks import Site

TO_ALL = '\n[[access]]\naccounts = ["vod-sg"]\nusers = ["*"]\n'
IN_A_CHANNEL = '\n[[access]]\naccounts = ["vod-sg"]\nchannels = ["C0MEDIA"]\n'


@pytest.fixture
def scopes() -> tuple[str, ...]:
    """Tests with a token that lacks the scope."""
    return ()


@pytest.fixture
async def site(
    tmp_path: Path, redis_url: str, monkeypatch: pytest.MonkeyPatch, scopes: tuple[str, ...]
) -> AsyncGenerator[Site]:
    workspace = seeded(MANIFEST)
    assert workspace.installation
    workspace.installation.scopes = tuple(each for each in workspace.installation.scopes if each not in scopes)
    async with serving(workspace) as slack:
        for name, value in {**environment(slack), "REDIS_URL": redis_url}.items():
            monkeypatch.setenv(name, value)
        file = tmp_path / "callboard.toml"
        accounts = (
            '\n[[accounts]]\nname = "vod-sg"\ncloud = "alibaba"\nregion = "ap-southeast-1"\nservices = ["vod-ai"]\n'
        )
        keys = 'access_key_id = "env:A"\nsecret_access_key = "env:B"\nendpoints = { vod-ai = "http://127.0.0.1:1" }\n'
        file.write_text(
            f'[slack]\nmode = "socket"\n{ONE_WORKSPACE}\napp_token = "env:SLACK_APP_TOKEN"\n{accounts}{keys}'
        )
        yield Site(World(), workspace, file)


async def found(site: Site, subject: str) -> Finding | None:
    return (await site.findings()).get(subject)


class TestSeveralWorkspaces:
    @pytest.fixture(autouse=True)
    def _several(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        site.configured(ONE_WORKSPACE, SEVERAL_WORKSPACES)
        monkeypatch.setenv("SLACK_CLIENT_SECRET", "s")
        monkeypatch.setenv("CALLBOARD_KEY", Fernet.generate_key().decode())

    async def test_any_may_install_it_and_see_everything(self, site: Site):
        finding = await found(site, "slack.workspaces")
        assert finding
        assert (finding.status, finding.text) == (
            Status.FAIL,
            "any workspace can install the app and see every account",
        )

    async def test_those_that_may_install_it_are_named(self, site: Site):
        site.configured(SEVERAL_WORKSPACES, f'{SEVERAL_WORKSPACES}\nworkspaces = ["T0NORTH"]')
        assert await found(site, "slack.workspaces") is None

    async def test_a_rule_is_for_all_people(self, site: Site):
        site.file.write_text(site.file.read_text() + TO_ALL)
        finding = await found(site, "slack.workspaces")
        assert finding
        assert finding.status is Status.WARN
        assert "see vod-sg" in finding.text

    async def test_a_workspace_that_shares_a_channel_may_install_it_too(self, site: Site):
        site.file.write_text(site.file.read_text() + IN_A_CHANNEL)
        finding = await found(site, "slack.workspaces")
        assert finding
        assert finding.status is Status.WARN
        assert "a workspace that shares a channel" in finding.text
        assert "see vod-sg there" in finding.text

    @pytest.mark.parametrize("more", ['workspaces = ["T0NORTH"]\n', "outsiders = true\n"])
    async def test_so_it_may_where_that_is_meant(self, site: Site, more: str):
        site.file.write_text(site.file.read_text() + IN_A_CHANNEL + more)
        assert await found(site, "slack.workspaces") is None

    @pytest.mark.parametrize("rule", [TO_ALL + 'workspaces = ["T0NORTH"]\n', TO_ALL.replace("*", "U0DANA")])
    async def test_rules_are_for_some(self, site: Site, rule: str):
        site.file.write_text(site.file.read_text() + rule)
        assert await found(site, "slack.workspaces") is None


async def test_one_workspace_needs_no_limits(site: Site):
    assert await found(site, "slack.workspaces") is None


async def test_guests_are_known(site: Site):
    site.file.write_text(site.file.read_text() + TO_ALL + "guests = true\n")
    assert await found(site, "guests") is None


class TestWithoutUsersRead:
    @pytest.fixture
    def scopes(self) -> tuple[str, ...]:
        return ("users:read",)

    @pytest.mark.parametrize("rule", ["", TO_ALL, TO_ALL + "outsiders = true\n"])
    async def test_guests_are_not_known(self, site: Site, rule: str):
        site.file.write_text(site.file.read_text() + rule)
        finding = await found(site, "guests")
        assert finding
        assert finding.status is Status.WARN
        assert "users:read" in finding.text

    @pytest.mark.parametrize("guests", ["true", "false"])
    async def test_a_rule_speaks_of_them(self, site: Site, guests: str):
        site.file.write_text(site.file.read_text() + TO_ALL + f"guests = {guests}\n")
        finding = await found(site, "guests")
        assert finding
        assert finding.status is Status.FAIL


async def test_shared_channels_are_listed(site: Site):
    for name in ("C0MEDIA", "C0FINANCE", "C0GENERAL"):
        site.workspace.channels[name].shared = True
    site.workspace.channels["C0GENERAL"].private = True
    finding = await found(site, "shared channels")
    assert finding
    assert finding.status is Status.WARN
    assert finding.text.endswith("posts in C0MEDIA (media) and C0GENERAL (general)")


class TestWithoutGroupsRead:
    @pytest.fixture
    def scopes(self) -> tuple[str, ...]:
        return ("groups:read",)

    async def test_shared_public_channels_are_listed(self, site: Site):
        site.workspace.channels["C0MEDIA"].shared = True
        finding = await found(site, "shared channels")
        assert finding
        assert "C0MEDIA" in finding.text


class TestWithoutChannelsRead:
    @pytest.fixture
    def scopes(self) -> tuple[str, ...]:
        return ("channels:read",)

    async def test_they_are_not_known(self, site: Site):
        finding = await found(site, "shared channels")
        assert finding
        assert "unknown without" in finding.text


async def test_slack_does_not_say(site: Site):
    site.workspace.faults.order(Fault(method="users.conversations", error="fatal_error"))
    assert await found(site, "shared channels") is None
