"""Slack answers a post with an error and may have stored it. The message still appears once, and soon."""

import pytest

from bot.delivery import posts_in_doubt, sender
from tests.scenarios.conftest import Stage
from tests.scenarios.person import PATIENCE_S

pytestmark = [pytest.mark.usefixtures("quick"), pytest.mark.mode("socket")]


@pytest.fixture(autouse=True)
def _early_searches_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the early searches immediately. The last one comes later than a test waits."""
    monkeypatch.setattr(posts_in_doubt, "ANSWERED_S", (0.1, 0.2, 0.4))
    monkeypatch.setattr(posts_in_doubt, "SILENT_S", 0.2)
    monkeypatch.setattr(sender, "IN_FLIGHT_TIMEOUT_S", 2.0 * PATIENCE_S)


@pytest.mark.parametrize(
    "fault",
    [
        {"error": "internal_error", "error_status": 500, "after": True},
        {"error": "internal_error", "error_status": 500},
        {"error": "a_code_that_nobody_knows", "error_status": 503, "after": True},
        {"error": "service_unavailable", "after": True},
        {"status": 502, "after": True},
        {"drop": True, "after": True},
    ],
)
async def test_a_channel_goes_on_as_soon_as_the_history_says_what_became_of_a_post(
    stage: Stage, fault: dict[str, object]
):
    first, second = stage.scene.job(name="first.mp4"), stage.scene.job(name="second.mp4")
    for job in (first, second):
        await stage.dana.types(f"/jobs subscribe {job.id} to:here")
    await stage.dana.page.post("/test/fault", json={"method": "chat.postMessage", **fault})
    for job, name in ((first, "first.mp4"), (second, "second.mp4")):
        stage.world.end(job.id, "succeeded")
        await stage.dana.hears(f"*{name}*", broadcast=True)
    ends = [each for each in await stage.dana.sees() if each.json["thread_ts"]]
    assert len(ends) == len({each.json["thread_ts"] for each in ends}) == 2
