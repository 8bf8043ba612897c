"""Redis dies under the running bot and comes back. No one restarts the bot."""

import asyncio
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from bot.domain.errors import StoreUnavailable
from tests.redis_server import Server
from tests.scenarios.conftest import Stage
from tests.scenarios.person import PATIENCE_S, Answer

pytestmark = pytest.mark.mode("socket")

OCR = "f18320e61e4c4dc685aa2dfc22a28dc5"
LOST = "can't be listed now"


@pytest.fixture
def server() -> Generator[Server]:
    with tempfile.TemporaryDirectory(prefix="callboard-test-") as folder:
        server = Server(Path(folder))
        yield server
        server.dies()


@pytest.fixture
def redis_process(server: Server) -> str:
    """Return the server of `stage`, in place of the one that outlives the test."""
    return server.url


async def back(stage: Stage) -> None:
    """Wait until the bot has found Redis again."""
    async with asyncio.timeout(PATIENCE_S):
        while True:
            try:
                return await stage.bot.store.ping()
            except StoreUnavailable:
                await asyncio.sleep(0.05)


def lines_of_loss(answer: Answer) -> int:
    return answer.text.count(LOST)


async def test_questions_are_answered_without_redis(stage: Stage, server: Server) -> None:
    server.dies()
    listed = await stage.dana.types("/jobs list")
    assert lines_of_loss(listed) == 2
    assert "*vod-sg/vod-ai* can't be listed now" in listed.text
    assert "1–10 of at least 1" in listed.text
    assert f"media-cn/video-ocr/{OCR}" in (await stage.dana.types(f"/jobs show {OCR}")).text
    found = await stage.dana.types(f"/jobs find {OCR}")
    assert "ocr-task" in found.text
    assert lines_of_loss(found) == 2
    accounts = await stage.dana.types("/jobs accounts")
    assert accounts.text.count("✅") == 5
    server.start()


async def test_buttons_work_without_redis_where_they_can(stage: Stage, server: Server) -> None:
    listed = await stage.dana.types("/jobs list")
    long = await stage.dana.types(f"/jobs list video-ocr name:{'x' * 400}")
    server.dies()
    turned = await stage.dana.turns("Next ▶", listed)
    assert "11–20 of at least 1" in turned.text
    assert "*Ref*" in (await stage.dana.clicks("Details", turned)).text
    assert not (await stage.dana.clicks("Share", turned)).json["ephemeral"]
    narrowed = await stage.dana.picks("❌ Failed", turned)
    assert "/jobs list state:failed" in narrowed.text
    assert "Callboard's database (Redis) is unavailable" in (await stage.dana.clicks("Refresh", long)).text
    server.start()
    await back(stage)
    assert "No jobs match." in (await stage.dana.turns("Refresh", long)).text


async def test_everything_is_back_when_redis_is(stage: Stage, server: Server) -> None:
    known = stage.world.store("vod-sg", "vod-ai").select(stage.world.now())[-1].id
    await stage.dana.types(f"/jobs show {known}")
    server.dies()
    assert lines_of_loss(await stage.dana.types("/jobs list vod-ai")) == 1
    server.start()
    await back(stage)
    listed = await stage.dana.types("/jobs list vod-ai")
    assert known in listed.text
    assert "⚠️" not in listed.text


async def test_a_redis_that_hangs_is_as_good_as_lost(stage: Stage, server: Server) -> None:
    server.hangs()
    await stage.dana.types("/jobs list")
    assert lines_of_loss(await stage.dana.hears(LOST)) == 2
    server.goes_on()
    await back(stage)
    assert lines_of_loss(await stage.dana.types("/jobs list")) == 0
