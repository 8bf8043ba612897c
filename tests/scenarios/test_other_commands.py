"""`/jobs find`, `accounts`, `help`, and the answer to a mistyped command."""

from handlers.commands.grammar import COMMANDS
from tests.scenarios.conftest import Stage

OCR = "f18320e61e4c4dc685aa2dfc22a28dc5"


async def test_find_by_part_of_an_id(stage: Stage) -> None:
    answer = await stage.dana.types(f"/jobs find {OCR[:8]}")
    assert "ocr-task" in answer.text


async def test_find_by_part_of_a_name(stage: Stage) -> None:
    answer = await stage.dana.types("/jobs find OCR-tas")
    assert "ocr-task" in answer.text
    assert "1 of 1, checked" in answer.text


async def test_find_asks_services_that_cannot_list_for_the_id(stage: Stage) -> None:
    known = stage.world.store("vod-sg", "vod-jobs").select(stage.world.now())[-1]
    answer = await stage.dana.types(f"/jobs find {known.id}")
    assert "vod-jobs" in answer.text
    assert known.id in answer.text


async def test_accounts_tell_how_each_service_does(stage: Stage) -> None:
    await stage.fault("image-moderation", "forbidden")
    answer = await stage.dana.types("/jobs accounts")
    assert "✅ *video-ocr* in cn-north-4" in answer.text
    assert "*media-cn/image-moderation* denied permission" in answer.text
    refreshed = await stage.dana.turns("Refresh", answer)
    assert "requests left this second" in refreshed.text


async def test_help_names_every_command(stage: Stage) -> None:
    answer = await stage.dana.types("/jobs help")
    for command in COMMANDS:
        assert command.usage in answer.text
    assert "`since:2h`" in (await stage.dana.types("/jobs help list")).text


async def test_a_mistyped_word_gets_a_button_that_runs_the_correction(stage: Stage) -> None:
    mistyped = await stage.dana.types("/jobs lst vido-ocr")
    assert "Did you mean `/jobs list" in mistyped.text
    corrected = await stage.dana.turns("Yes, run it", mistyped)
    assert "`/jobs list video-ocr`" in corrected.text
    assert "1–10 of" in corrected.text


async def test_an_old_button_says_so_and_offers_the_way_back(stage: Stage) -> None:
    listed = await stage.dana.types(f"/jobs list video-ocr name:{'x' * 400}")
    await stage.bot.store.link.execute("FLUSHALL")
    expired = await stage.dana.clicks("Refresh", listed)
    assert "This button has expired" in expired.text
    assert "1–10 of" in (await stage.dana.turns("List jobs", expired)).text


async def test_a_slow_earlier_click_does_not_overwrite_a_later_one(stage: Stage) -> None:
    listed = await stage.dana.types("/jobs list video-ocr")
    await stage.fault("video-ocr", "slow", seconds=1, count=1)
    await stage.dana.starts("Next ▶", listed)
    quick = await stage.dana.turns("Refresh", listed)
    await stage.fault("video-ocr", "slow", seconds=1.5, count=1)
    await stage.dana.types("/jobs list video-ocr")  # answered after the slow click was
    shown = next(each for each in await stage.dana.sees() if each.ts == listed.ts)
    assert shown.json == quick.json
