"""`/jobs show`: everything about one job, or several."""

from tests.scenarios.conftest import Stage

OCR = "f18320e61e4c4dc685aa2dfc22a28dc5"
VIDEO = "26f06524-4f75-4b3a-a853-b649a21aaf66"


async def test_an_id_is_looked_up_in_every_service(stage: Stage) -> None:
    answer = await stage.dana.types(f"/jobs show {OCR}")
    assert f"`media-cn/video-ocr/{OCR}`" in answer.text
    for label in ("*Service*", "*Account*", "*Region*", "*Created*", "*Input*", "*Output*"):
        assert label in answer.text
    assert "request id" in answer.text


async def test_a_bare_id_is_enough(stage: Stage) -> None:
    assert f"media-cn/video-ocr/{OCR}" in (await stage.dana.types(f"/jobs {OCR}")).text


async def test_several_jobs_stand_in_one_answer(stage: Stage) -> None:
    answer = await stage.dana.types(f"/jobs show {OCR} {VIDEO}")
    assert OCR in answer.text
    assert VIDEO in answer.text


async def test_an_unknown_id_says_where_it_was_searched(stage: Stage) -> None:
    answer = await stage.dana.types(f"/jobs show {'a' * 32}")
    assert "was not found in" in answer.text
    for place in ("media-cn/video-ocr", "vod-sg/vod-jobs"):
        assert place in answer.text


async def test_details_from_a_list_open_below_it_and_refresh_in_place(stage: Stage) -> None:
    listed = await stage.dana.types("/jobs list video-ocr")
    details = await stage.dana.clicks("Details", listed)
    assert "*Ref*" in details.text
    stage.world.advance(60)
    refreshed = await stage.dana.turns("Refresh", details)
    assert "*Ref*" in refreshed.text
    assert len(await stage.dana.sees()) == 2


async def test_a_failed_job_says_why(stage: Stage) -> None:
    failed = await stage.dana.types("/jobs list digital-human state:failed")
    details = await stage.dana.clicks("Details", failed)
    assert "*Why it failed*" in details.text
    assert "MSS." in details.text


async def test_a_looked_up_vod_job_is_listed_from_then_on(stage: Stage) -> None:
    known = stage.world.store("vod-sg", "vod-ai").select(stage.world.now())[-1]
    await stage.dana.types(f"/jobs show {known.id}")
    answer = await stage.dana.types("/jobs list vod-ai")
    assert known.id in answer.text
    assert "1 job looked up before" in answer.text


async def test_raw_shows_the_providers_json_without_secrets(stage: Stage) -> None:
    details = await stage.dana.types(f"/jobs show {VIDEO}")
    shown = await stage.dana.opens("Raw", details, until='"job_id"')
    assert VIDEO in shown
    assert "LEAK" not in shown
    assert "Signature" not in shown
