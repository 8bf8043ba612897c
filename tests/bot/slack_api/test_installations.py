"""Tokens of workspaces that install the app: renewal during a short loss of a key, and deletion."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest
from cryptography.fernet import Fernet
from structlog.testing import capture_logs

from bot.domain.workspaces import NotInstalled
from bot.slack_api import installations
from bot.slack_api.installations import App, InstalledWorkspaces, renewing
from bot.slack_api.token_encryption import TokenCipher
from bot.store.installations import Installations
from bot.store.redis.connection import RedisLink
from providers.secrets import SecretRef
from tests.bot.slack_api.test_token_encryption import NORTH, NOW
from tests.scenarios.person import PATIENCE_S


@pytest.fixture
async def workspaces(link: RedisLink, cipher: TokenCipher) -> AsyncGenerator[InstalledWorkspaces]:
    async with aiohttp.ClientSession() as session:
        yield InstalledWorkspaces(Installations(link), cipher, App("1.2", "hunter2", "http://127.0.0.1:1/", session))


async def test_renewal_survives_a_missing_key(
    workspaces: InstalledWorkspaces, key: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(installations, "RENEWAL_CHECK_S", 0.01)
    soon = datetime.now(UTC) + timedelta(minutes=10)
    await workspaces.add(NORTH.model_copy(update={"expires_at": soon, "refresh_token": "xoxe-1"}))

    async def until_logged(logs: Sequence[Mapping[str, object]], event: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not any(each["event"] == event for each in logs):  # noqa: ASYNC110  # no event to wait for
                await asyncio.sleep(0.01)

    with capture_logs() as logs:
        async with renewing(workspaces):
            monkeypatch.delenv("CALLBOARD_KEY")
            await until_logged(logs, "tokens could not be renewed, retrying")
            await workspaces.store.link.execute("FLUSHDB")
            monkeypatch.setenv("CALLBOARD_KEY", key)
            await workspaces.add(NORTH.model_copy(update={"expires_at": soon, "refresh_token": "xoxe-1"}))
            logs.clear()
            await until_logged(logs, "token could not be renewed, retrying")
    assert "hunter2" not in str(logs)


async def test_a_workspace_is_deleted_although_another_process_reencrypts_it(
    workspaces: InstalledWorkspaces, link: RedisLink, cipher: TokenCipher
):
    class Contested(Installations):
        async def swap(self, workspace: str, found: str, encrypted: str) -> bool:
            if await link.execute("GET", "contested") is None:
                await link.execute("SET", "contested", "1")
                await self.put(workspace, cipher.encrypt(NORTH))
            return await Installations.swap(self, workspace, found, encrypted)

    await workspaces.add(NORTH)
    contested = InstalledWorkspaces(Contested(link), cipher, workspaces.app)
    assert await contested.uninstall("T0NORTH", NOW + timedelta(minutes=1))
    assert await workspaces.ids() == []
    await link.execute("DEL", "contested")


async def test_a_process_without_the_new_key_uses_the_cached_copy(
    workspaces: InstalledWorkspaces, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(installations, "CACHE_TTL_S", 0)
    monkeypatch.setenv("NEW_KEY", Fernet.generate_key().decode())
    await workspaces.add(NORTH)
    known = await workspaces.get("T0NORTH")
    assert "hunter2" not in repr(known)
    await workspaces.store.put("T0NORTH", TokenCipher([SecretRef("env:NEW_KEY")]).encrypt(NORTH))
    assert await workspaces.get("T0NORTH") is known
    await workspaces.uninstall("T0NORTH", datetime.now(UTC))
    with pytest.raises(NotInstalled):
        await workspaces.get("T0NORTH")


async def test_a_reinstalled_workspace_stays(workspaces: InstalledWorkspaces):
    await workspaces.add(NORTH)
    assert not await workspaces.uninstall("T0NORTH", NOW - timedelta(seconds=1))
    assert await workspaces.ids() == ["T0NORTH"]


async def test_a_state_works_once(link: RedisLink):
    store = Installations(link)
    assert not await store.finished("one")
    await store.finish("one")
    assert await store.finished("one")
    assert not await store.finished("another")
