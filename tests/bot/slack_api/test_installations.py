"""Tokens of workspaces that install the app: sealed, renewed whatever happens to a key for a moment, and forgotten."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from cryptography.fernet import Fernet
from structlog.testing import capture_logs

from bot.domain.errors import ConfigError
from bot.domain.workspaces import NotInstalled
from bot.slack_api import installations
from bot.slack_api.installations import App, Installation, InstalledWorkspaces, Seal, renewing
from bot.store.installations import Installations
from bot.store.redis.connection import Link
from providers.secrets import SecretMissing, SecretRef
from tests.scenarios.person import PATIENCE_S

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
NORTH = Installation(workspace="T0NORTH", bot_token="xoxb-hunter2", installed_at=NOW)


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> str:
    key = Fernet.generate_key().decode()
    monkeypatch.setenv("CALLBOARD_KEY", key)
    return key


@pytest.fixture
def seal(key: str) -> Seal:
    del key
    return Seal([SecretRef("env:CALLBOARD_KEY")])


@pytest.fixture
async def workspaces(link: Link, seal: Seal) -> AsyncGenerator[InstalledWorkspaces]:
    async with aiohttp.ClientSession() as session:
        yield InstalledWorkspaces(Installations(link), seal, App("1.2", "hunter2", "http://127.0.0.1:1/", session))


def test_what_another_version_sealed_is_not_read_and_not_quoted(seal: Seal, key: str):
    sealed = Fernet(key).encrypt(b'{"bot_token": "xoxb-hunter2"}').decode()
    assert seal.open(sealed) is None


def test_a_key_that_is_none_any_more_is_as_good_as_missing(seal: Seal, monkeypatch: pytest.MonkeyPatch):
    sealed = seal.close(NORTH)
    monkeypatch.setenv("CALLBOARD_KEY", "not a key")
    with pytest.raises(SecretMissing, match="32 random bytes"):
        seal.open(sealed)
    with pytest.raises(ConfigError, match=r"slack\.encryption_keys: env:CALLBOARD_KEY is not 32 random bytes"):
        seal.check()


async def test_renewing_outlives_a_key_that_is_away(
    workspaces: InstalledWorkspaces, key: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(installations, "LOOK_S", 0.01)
    soon = datetime.now(UTC) + timedelta(minutes=10)
    await workspaces.add(NORTH.model_copy(update={"expires_at": soon, "refresh_token": "xoxe-1"}))

    async def until_logged(logs: Sequence[Mapping[str, object]], event: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not any(each["event"] == event for each in logs):  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.01)

    with capture_logs() as logs:
        async with renewing(workspaces):
            monkeypatch.delenv("CALLBOARD_KEY")
            await until_logged(logs, "tokens cannot be renewed now")
            await workspaces.store.link.ask("FLUSHDB")
            monkeypatch.setenv("CALLBOARD_KEY", key)
            await workspaces.add(NORTH.model_copy(update={"expires_at": soon, "refresh_token": "xoxe-1"}))
            logs.clear()
            await until_logged(logs, "a token could not be renewed")
    assert "hunter2" not in str(logs)


async def test_a_workspace_is_forgotten_although_somebody_seals_it_anew_just_then(
    workspaces: InstalledWorkspaces, link: Link, seal: Seal
):
    class Contested(Installations):
        async def swap(self, workspace: str, found: str, sealed: str) -> bool:
            if await link.ask("GET", "contested") is None:
                await link.ask("SET", "contested", "1")
                await self.put(workspace, seal.close(NORTH))
            return await Installations.swap(self, workspace, found, sealed)

    await workspaces.add(NORTH)
    contested = InstalledWorkspaces(Contested(link), seal, workspaces.app)
    assert await contested.forget("T0NORTH", NOW + timedelta(minutes=1))
    assert await workspaces.ids() == []
    await link.ask("DEL", "contested")


async def test_who_does_not_know_the_new_key_yet_goes_on_with_what_was_known(
    workspaces: InstalledWorkspaces, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(installations, "KNOWN_S", 0)
    monkeypatch.setenv("NEW_KEY", Fernet.generate_key().decode())
    await workspaces.add(NORTH)
    known = await workspaces.get("T0NORTH")
    assert "hunter2" not in repr(known)
    await workspaces.store.put("T0NORTH", Seal([SecretRef("env:NEW_KEY")]).close(NORTH))
    assert await workspaces.get("T0NORTH") is known
    await workspaces.forget("T0NORTH", datetime.now(UTC))
    with pytest.raises(NotInstalled):
        await workspaces.get("T0NORTH")


async def test_what_was_installed_again_stays(workspaces: InstalledWorkspaces):
    await workspaces.add(NORTH)
    assert not await workspaces.forget("T0NORTH", NOW - timedelta(seconds=1))
    assert await workspaces.ids() == ["T0NORTH"]


class TestStates:
    """An installation that begins is known by its state, and is not kept."""

    def test_ours_is_known(self, seal: Seal):
        state = seal.new_state(NOW)
        assert re.fullmatch("[A-Za-z0-9_-]+", state)  # as it is in a cookie and in an address
        assert seal.state_id(state, NOW) is not None

    def test_each_has_a_name_of_its_own(self, seal: Seal):
        names = {seal.state_id(seal.new_state(NOW), NOW) for _ in range(100)}
        assert len(names) == 100

    @pytest.mark.parametrize("off", [timedelta(minutes=-9), timedelta(minutes=9)])
    def test_the_clocks_of_two_processes_may_differ(self, seal: Seal, off: timedelta):
        assert seal.state_id(seal.new_state(NOW), NOW + off) is not None

    @pytest.mark.parametrize("off", [timedelta(minutes=-11), timedelta(minutes=11)])
    def test_it_does_not_last(self, seal: Seal, off: timedelta):
        assert seal.state_id(seal.new_state(NOW), NOW + off) is None

    def test_a_key_that_was_replaced_still_knows_it(self, seal: Seal, monkeypatch: pytest.MonkeyPatch):
        state = seal.new_state(NOW)
        monkeypatch.setenv("NEW_KEY", Fernet.generate_key().decode())
        newer = Seal([SecretRef("env:NEW_KEY"), SecretRef("env:CALLBOARD_KEY")])
        assert newer.state_id(state, NOW) == seal.state_id(state, NOW)
        assert Seal([SecretRef("env:NEW_KEY")]).state_id(state, NOW) is None

    def test_what_was_sealed_for_something_else_is_none(self, seal: Seal):
        assert seal.state_id(seal.close(NORTH), NOW) is None

    def test_a_state_is_no_installation(self, seal: Seal):
        assert seal.open(seal.new_state(NOW)) is None

    @pytest.mark.parametrize("state", ["", "=", "x", "\xe9", "gAAAA" * 4_000, "\ud800", "a" * 120])
    def test_anything_else_is_none(self, seal: Seal, state: str):
        assert seal.state_id(state, NOW) is None


async def test_a_state_serves_once(link: Link):
    store = Installations(link)
    assert not await store.finished("one")
    await store.finish("one")
    assert await store.finished("one")
    assert not await store.finished("another")
