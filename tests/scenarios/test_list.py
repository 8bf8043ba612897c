"""`/jobs list`: an engineer sees every cloud's jobs."""

from tests.scenarios.conftest import Stage


async def test_jobs_of_every_listing_service_are_shown_newest_first(stage: Stage) -> None:
    answer = await stage.dana.types("/jobs list limit:25")
    assert "checked" in answer.text
    for service in ("video-ocr", "image-moderation", "digital-human"):
        assert service in answer.text


async def test_only_the_asker_sees_the_answer(stage: Stage) -> None:
    answer = await stage.dana.types("/jobs")
    assert answer.json["ephemeral"]
    assert await stage.lee.sees() == []


async def test_next_and_previous_turn_the_pages(stage: Stage) -> None:
    first = await stage.dana.types("/jobs list video-ocr")
    assert "1–10 of 41" in first.text
    second = await stage.dana.turns("Next ▶", first)
    assert "11–20 of 41" in second.text
    back = await stage.dana.turns("◀ Previous", second)
    assert "1–10 of 41" in back.text


async def test_selects_narrow_the_list_and_widen_it_again(stage: Stage) -> None:
    answer = await stage.dana.types("/jobs list")
    failed = await stage.dana.picks("❌ Failed", answer)
    assert "/jobs list state:failed" in failed.text
    assert "Succeeded" not in failed.text.replace("✅ Succeeded", "", 1)  # the select offers it
    narrowed = await stage.dana.picks("media-cn/video-ocr", failed)
    assert "/jobs list media-cn/video-ocr state:failed" in narrowed.text
    widened = await stage.dana.picks("Any state", narrowed)
    assert "`/jobs list media-cn/video-ocr`" in widened.text


async def test_a_service_that_cannot_list_says_so(stage: Stage) -> None:
    answer = await stage.dana.types("/jobs list vod-ai")
    assert "doesn't support listing. Look a job up with" in answer.text
