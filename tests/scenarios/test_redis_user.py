"""The Redis user that docs/operations.md recommends has all permissions that Callboard needs."""

import re
from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import urlsplit

import cloudpickle
import pytest

from bot.diagnostics.checks import check
from bot.domain.findings import Status
from bot.store.redis.connection import RedisLink, connect
from tests.bot.task_queue.test_messages import Attack, message
from tests.scenarios.conftest import Scene

pytestmark = pytest.mark.usefixtures("quick")

PAGE = Path(__file__).parents[2] / "docs" / "operations.md"


@pytest.fixture
async def user(link: RedisLink, redis_process: str, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[str]:
    """Yield the URL of that user, then check that Redis refused nothing."""
    (rules,) = re.findall(r"^user callboard (on .+)$", PAGE.read_text(), re.MULTILINE)
    await link.execute("ACL", "SETUSER", "callboard", "reset", *rules.split())
    await link.execute("ACL", "LOG", "RESET")
    yield f"unix://callboard:PASSWORD@{urlsplit(redis_process).path}"
    refused = await link.execute("ACL", "LOG")
    await link.execute("ACL", "DELUSER", "callboard")
    assert [(each["reason"], each["object"]) for each in refused] in ([], [("command", "config|get")])


async def test_a_job_is_followed_to_its_end(scene: Scene, user: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("REDIS_URL", user)
    async with scene.bot():
        job = scene.job(name="lecture.mp4")
        await scene.dana.types(f"/jobs subscribe {job.id}")
        card = await scene.lee.hears("Subscribed by <@U0DANA>")
        scene.world.end(job.id, "succeeded")
        await scene.lee.hears("Succeeded", thread_ts=card.ts)
    (about,) = [finding for finding in (await check(scene.settings)).findings if finding.subject == "redis"]
    assert about.status is Status.OK


async def test_a_forged_task_is_counted_and_the_bot_goes_on(scene: Scene, link: RedisLink, tmp_path: Path):
    forged = cloudpickle.dumps((Attack(tmp_path / "made"),))
    async with scene.bot() as bot:
        assert bot.docket
        async with bot.docket.redis() as redis:
            await redis.xadd(bot.docket.stream_key, message(function=b"deliver", args=forged))
        job = scene.job(name="lecture.mp4")
        await scene.dana.types(f"/jobs subscribe {job.id}")
        await scene.lee.hears("Subscribed by <@U0DANA>")
        assert "callboard_task_messages_dropped_total 1.0" in bot.metrics.text().decode()
    assert not (tmp_path / "made").exists()


async def test_it_reads_and_writes_nothing_else(user: str, link: RedisLink):
    async with connect(user) as redis:
        for command in (["GET", "other"], ["SET", "other", 1], ["FLUSHALL"], ["KEYS", "*"], ["CONFIG", "GET", "*"]):
            with pytest.raises(Exception, match=r"NOPERM|permission"):
                await redis.execute_command(*command)
    await link.execute("ACL", "LOG", "RESET")
