"""A person speaks to Callboard in a channel, in a thread, or in direct messages."""

from tests.scenarios.conftest import Stage

OCR = "f18320e61e4c4dc685aa2dfc22a28dc5"
DIRECT = "D0DANA"


async def test_a_mention_is_answered_in_its_thread_for_everybody(stage: Stage):
    await stage.dana.says(f"<@U0CALLBOARD> show {OCR}")
    said = await stage.dana.reads("> show")
    answer = await stage.lee.hears(f"media-cn/video-ocr/{OCR}", thread_ts=said["ts"], ephemeral=False)
    assert "Refresh" in answer.buttons()
    refreshed = await stage.lee.turns("Refresh", answer)
    assert refreshed.ts == answer.ts


async def test_in_a_thread_it_is_answered_there(stage: Stage):
    root = (await stage.dana.reads("VideoOcrStuck"))["ts"]
    await stage.dana.says(f"<@U0CALLBOARD>: {OCR}", thread_ts=root)
    await stage.lee.hears(f"media-cn/video-ocr/{OCR}", thread_ts=root)


async def test_a_mention_that_says_nothing_else_lists(stage: Stage):
    await stage.dana.says("<@U0CALLBOARD>")
    assert "Details" in (await stage.dana.hears("1–10 of")).buttons()


async def test_a_mistyped_mention_has_a_way_out(stage: Stage):
    await stage.dana.says("<@U0CALLBOARD> lst")
    answer = await stage.dana.hears("Did you mean")
    assert "Yes, run it" in answer.buttons()


async def test_direct_messages_need_no_slash(stage: Stage):
    await stage.dana.says("failed since:30d", DIRECT)
    assert await stage.dana.hears("state:failed", DIRECT, thread_ts=None)


async def test_subscribing_in_direct_messages(stage: Stage):
    job = stage.scene.job(name="secret.mp4")
    await stage.dana.says(f"subscribe {job.id}", DIRECT)
    await stage.dana.hears("Following", DIRECT)
    await stage.dana.hears("Subscribed by <@U0DANA>", DIRECT)


async def test_other_bots_and_other_messages_are_not_answered(stage: Stage):
    await stage.dana.says("<@U0CALLBOARD> list", as_="U0ALERTS")
    await stage.dana.says(f"what about {OCR}?")
    await stage.dana.says("<@U0CALLBOARD> help")
    await stage.dana.hears("/jobs help list")
    assert len(await stage.dana.sees()) == 1


async def test_a_link_to_a_media_unfolds_into_its_jobs(stage: Stage):
    known = "30e5d7000000000000bd900764de7c01"
    url = f"https://vod.console.aliyun.com/#/media/video/detail/{known}/video"
    await stage.dana.says(f"see <{url}> and <https://vod.console.aliyun.com/#/media/video/list>")
    shown = await stage.dana.reads_once("Succeeded", of="see ")
    assert known in str(shown)
    assert len(shown["attachments"]) == 1


async def test_a_link_to_a_media_without_jobs_stays_as_it_is(stage: Stage):
    await stage.dana.says("<https://vod.console.aliyun.com/#/media/video/detail/nobodys/video>")
    await stage.dana.says("<@U0CALLBOARD> help")
    await stage.dana.hears("/jobs help list")
    assert not (await stage.dana.reads("nobodys"))["attachments"]


async def test_a_link_into_the_international_console_unfolds_as_well(stage: Stage):
    known = "30e5d7000000000000bd900764de7c01"
    await stage.dana.says(f"see <https://vod.console.alibabacloud.com/#/media/video/detail/{known}/video>")
    assert known in str(await stage.dana.reads_once("Succeeded", of="see "))


async def test_a_pasted_list_of_ids_is_shown(stage: Stage):
    first, second = stage.scene.job(name="first.mp4"), stage.scene.job(name="second.mp4")
    await stage.dana.says(f"Hey, can you show these, please?\n• {first.id}\n• 任务ID：{second.id}。 :eyes:", DIRECT)
    answer = await stage.dana.hears("first.mp4", DIRECT)
    assert "second.mp4" in answer.text
