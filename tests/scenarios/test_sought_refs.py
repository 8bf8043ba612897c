"""A ref names a job that its provider does not have yet."""

from datetime import timedelta

import pytest

from tests.scenarios.conftest import Stage


@pytest.mark.mode("socket")
@pytest.mark.usefixtures("quick")
async def test_a_ref_that_its_service_does_not_know_yet_is_looked_for(stage: Stage, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.subscriptions.pending_search.SEARCH_EVERY", timedelta(seconds=0.3))
    wanted = "0123456789abcdef0123456789abcdef"
    answer = await stage.dana.types(f"/jobs subscribe media-cn/video-ocr/{wanted}")
    await stage.dana.clicks("Keep looking for 10 minutes", answer)
    stage.scene.job(id=wanted)
    assert (await stage.dana.hears("Subscribed by <@U0DANA>")).says(wanted)
