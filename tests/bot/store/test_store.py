"""The store as a whole: opened with or without a server."""

from pathlib import Path

import pytest

from bot.config.settings import Redis
from bot.domain.errors import ConfigError, EmbeddedRedisError, StoreUnavailable
from bot.store import Store


async def test_a_server_by_its_url(redis_url: str, tmp_path: Path):
    async with Store.open(redis_url, tmp_path) as store:
        await store.ping()


async def test_the_embedded_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("REDIS_URL", raising=False)
    async with Store.open(None, tmp_path) as store:
        key = await store.payloads.put("list")
    async with Store.open(None, tmp_path) as store:
        assert await store.payloads.get(key) == "list"


async def test_a_server_that_is_down_is_reported_by_ping(tmp_path: Path):
    async with Store.open(f"unix://{tmp_path}/redis.sock", tmp_path) as store:
        with pytest.raises(StoreUnavailable):
            await store.ping()


async def test_the_terminal_does_without_an_embedded_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("REDIS_URL", raising=False)
    (tmp_path / "file").write_text("")
    data = tmp_path / "file" / "data"
    with pytest.raises(EmbeddedRedisError):
        await Store.open(None, data).__aenter__()
    async with Store.open(None, data, needed=False) as store:
        with pytest.raises(StoreUnavailable):
            await store.payloads.put("list")


async def test_an_unreadable_url_is_a_mistake_in_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("REDIS_URL", "redis://:hunter2@host:port")
    with pytest.raises(ConfigError, match=r"redis\.url") as caught:
        await Store.open(Redis().address(), tmp_path).__aenter__()
    assert "hunter2" not in str(caught.value)
