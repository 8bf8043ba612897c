"""Redis is emptied under the running bot: it says so, and goes on with what is subscribed to from then on."""

import asyncio
from collections.abc import AsyncGenerator

import httpx
import pytest
from structlog.testing import capture_logs

from bot import resets
from tests.scenarios.conftest import Stage
from tests.scenarios.person import PATIENCE_S, Answer

pytestmark = [pytest.mark.usefixtures("quick", "soon_noticed"), pytest.mark.mode("socket")]

RESET = "Callboard's database was reset on"


@pytest.fixture
def soon_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resets, "LOOK_S", 0.1)


@pytest.fixture
async def probe(stage: Stage, http_port: int) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{http_port}") as client:
        yield client


async def follows(stage: Stage, words: str = "") -> Answer:
    job = stage.scene.job(name="lecture.mp4")
    await stage.dana.types(f"/jobs subscribe {job.id} {words}")
    return await stage.dana.hears("Subscribed by")


async def emptied(stage: Stage) -> None:
    await stage.bot.store.link.ask("FLUSHALL")


async def reset_line(probe: httpx.AsyncClient) -> httpx.Response:
    """Wait until `/readyz` says that the database was reset."""
    async with asyncio.timeout(PATIENCE_S):
        while "database was reset" not in (answer := await probe.get("/readyz")).text:
            await asyncio.sleep(0.05)
    return answer


async def test_the_operator_is_notified_and_new_subscriptions_work(stage: Stage, probe: httpx.AsyncClient) -> None:
    with capture_logs() as logs:
        await emptied(stage)
        ready = await reset_line(probe)
    assert ready.status_code == 200
    assert [each["log_level"] for each in logs if "the database was reset" in each["event"]] == ["error"]
    assert "callboard_database_reset_timestamp_seconds 1." in (await probe.get("/metrics")).text
    job = stage.scene.job(name="after.mp4", run_s=2)
    await stage.dana.types(f"/jobs subscribe {job.id} to:here")
    await stage.dana.hears("Succeeded", broadcast=True)
    assert RESET in (await stage.dana.types("/jobs subscriptions")).text
    await stage.bot.store.epochs.acknowledge()
    async with asyncio.timeout(PATIENCE_S):
        while "reset" in (await probe.get("/readyz")).text:
            await asyncio.sleep(0.05)
    assert "callboard_database_reset_timestamp_seconds 0.0" in (await probe.get("/metrics")).text


async def test_an_old_card_is_found_and_says_that_it_is_no_longer_followed(stage: Stage) -> None:
    card = await follows(stage, "mention:@lee on:any")
    await emptied(stage)
    notice = await stage.dana.hears(RESET, thread_ts=None)
    print(notice.text)
    closed = await stage.dana.hears("No longer followed")
    print(closed.text, closed.ts == card.ts)
    again = await stage.dana.clicks("Subscribe again", closed)
    print(again.text)


@pytest.mark.parametrize("label", ["Refresh", "Unsubscribe"])
async def test_buttons_of_an_old_card(stage: Stage, label: str, monkeypatch) -> None:
    card = await follows(stage, "mention:@lee on:any")
    await emptied(stage)
    answer = await stage.dana.clicks(label, card)
    print(answer.text)
    assert RESET in answer.text
