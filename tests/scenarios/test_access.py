"""Access to an account: Lee has it by a user group, the members of #media by their channel, others have none."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.config.settings import AccessRule
from bot.domain.access import Access
from bot.subscriptions.revoke import end_unseen
from bot.task_queue.enqueue import enqueue_delivery
from sandbox.clouds.example_jobs import VIDEO_OCR_ID, VOD_MEDIA
from sandbox.slack.workspace.model import Channel
from tests.scenarios.conftest import Scene, Stage
from tests.scenarios.person import Answer, Person

pytestmark = pytest.mark.usefixtures("quick")
GENERAL, MEDIA = "C0GENERAL", "C0MEDIA"
REF = f"media-cn/video-ocr/{VIDEO_OCR_ID}"
NOT_FOR_ALL = "Can't share: some members lack access to `media-cn`"
NOT_FOR_YOU = "You can't see an account `media-cn` here. Available: vod-sg."


@pytest.fixture
def more_settings() -> str:
    return """
[[access]]
accounts = ["media-cn"]
groups = ["S0TRANSCODE"]

[[access]]
accounts = ["media-cn"]
channels = ["C0MEDIA"]
subscribe = false

[[access]]
accounts = ["vod-sg"]
users = ["*"]
"""


@pytest.fixture
def sam(stage: Stage) -> Person:
    return replace(stage.dana, id="U0SAM")


async def posted(stage: Stage, answer: Answer, channel: str) -> Answer:
    """Return an answer in a channel, as it was posted before the rules were made."""
    assert stage.bot.workspaces
    slack = (await stage.bot.workspaces.get("")).client
    await slack.chat_postMessage(channel=channel, text="Shared", blocks=answer.blocks)
    return (await stage.dana.sees(channel))[-1]


async def test_lee_may_and_sam_may_not(stage: Stage, sam: Person):
    assert "*Ref*" in (await stage.lee.types(f"/jobs show {REF}", GENERAL)).text
    assert "media-cn" in (await stage.lee.types("/jobs list", GENERAL)).text
    assert NOT_FOR_YOU in (await sam.types(f"/jobs show {REF}", GENERAL)).text
    for command in ("list", "accounts", "find ocr", "failed", f"show {VIDEO_OCR_ID}", "lst", "help", "list medi"):
        answer = await sam.types(f"/jobs {command}", GENERAL)
        assert "media-cn" not in str(answer.json), command


async def test_in_a_channel_that_may_everybody_may(stage: Stage, sam: Person):
    assert "*Ref*" in (await sam.types(f"/jobs show {REF}", MEDIA)).text


async def test_direct_messages_count_by_person(stage: Stage, sam: Person):
    assert "*Ref*" in (await stage.lee.types(f"/jobs show {REF}", "D0LEE")).text
    assert NOT_FOR_YOU in (await sam.types(f"/jobs show {REF}", "D0SAM")).text


async def test_a_button_pressed_by_another_person(stage: Stage, sam: Person):
    shown = await posted(stage, await stage.lee.types(f"/jobs show {REF}", GENERAL), GENERAL)
    for label in ("Subscribe", "Share"):
        assert NOT_FOR_YOU in (await sam.clicks(label, shown, GENERAL)).text
    # An answer to Refresh would replace the message, which the whole channel reads. A refusal does not.
    assert NOT_FOR_YOU in (await sam.clicks("Refresh", shown, GENERAL)).text
    listed = await posted(stage, await stage.lee.types("/jobs list media-cn limit:3", GENERAL), GENERAL)
    assert "Unknown word `media-cn`" in (await sam.clicks("Refresh", listed, GENERAL)).text


@pytest.mark.parametrize("command", ["list", "list media-cn", f"show {REF}", f"show {VIDEO_OCR_ID}"])
async def test_share_into_a_channel_that_may_not(stage: Stage, command: str):
    answer = await stage.lee.types(f"/jobs {command}", GENERAL)
    refused = await stage.lee.clicks("Share", answer, GENERAL)
    assert refused.json["ephemeral"]
    assert NOT_FOR_ALL in refused.text
    assert await stage.dana.sees(GENERAL) == []


async def test_share_into_a_channel_that_may(stage: Stage, sam: Person):
    answer = await stage.lee.types("/jobs list", MEDIA)
    shared = await stage.lee.clicks("Share", answer, MEDIA)
    assert not shared.json["ephemeral"]
    assert [each.ts for each in await sam.sees(MEDIA)] == [shared.ts]


async def test_what_everybody_may_see_is_shared_anywhere(stage: Stage):
    answer = await stage.lee.types("/jobs list vod-sg", GENERAL)
    assert not (await stage.lee.clicks("Share", answer, GENERAL)).json["ephemeral"]


async def test_subscriptions(stage: Stage, sam: Person):
    job = stage.scene.job(name="lecture.mp4")
    assert NOT_FOR_ALL in (await stage.lee.types(f"/jobs subscribe {job.id}", GENERAL)).text
    assert "can't subscribe" in (await sam.types(f"/jobs subscribe {job.id}", MEDIA)).text
    await stage.lee.types(f"/jobs subscribe {job.id}", MEDIA)
    card = await sam.hears("Subscribed by <@U0LEE>", MEDIA)
    await sam.starts("Refresh", card, MEDIA)
    await stage.lee.types(f"/jobs subscribe {job.id} to:dm", GENERAL)
    await stage.lee.hears("Subscribed by", "D0LEE")
    assert "lecture.mp4" not in (await sam.types("/jobs subscriptions mine", GENERAL)).text
    stage.world.end(job.id, "failed")
    await sam.hears("Failed", MEDIA, broadcast=True)
    await stage.lee.hears("Failed", "D0LEE")
    assert await stage.dana.sees(GENERAL) == []


async def test_a_subscription_in_direct_messages_posts_there(stage: Stage):
    job = stage.scene.job(name="lecture.mp4")
    answer = await stage.lee.types(f"/jobs subscribe {job.id}", "D0LEE")
    assert answer.says("I'll post by direct message when it finishes.")
    await stage.lee.hears("Subscribed by", "D0LEE")
    stage.world.end(job.id, "succeeded")
    await stage.lee.hears("Succeeded", "D0LEE", broadcast=True)


async def test_my_subscriptions_show_only_what_may_be_seen_here(stage: Stage):
    job = stage.scene.job(name="lecture.mp4")
    await stage.lee.types(f"/jobs subscribe {job.id}", MEDIA)
    assert "lecture.mp4" in (await stage.lee.types("/jobs subscriptions mine", GENERAL)).text
    stage.bot.access.members["T0SANDBOX", "S0TRANSCODE"] = frozenset()
    assert "lecture.mp4" not in (await stage.lee.types("/jobs subscriptions mine", GENERAL)).text


async def test_a_subscription_ends_when_its_channel_may_not_see_it_any_more(stage: Stage):
    job = stage.scene.job(name="lecture.mp4")
    await stage.lee.types(f"/jobs subscribe {job.id}", MEDIA)
    await stage.dana.hears("Subscribed by", MEDIA)
    await end_unseen(stage.bot, f"T0SANDBOX/{MEDIA}")
    assert len(await stage.bot.store.tracked.cards(("media-cn", "video-ocr"))) == 1
    later = Access((AccessRule(accounts=("vod-sg",), users=("*",)),))
    await end_unseen(replace(stage.bot, access=later), f"T0SANDBOX/{MEDIA}")
    await enqueue_delivery(stage.bot, f"T0SANDBOX/{MEDIA}")
    await stage.dana.hears("this channel lost access to the account", MEDIA)
    assert await stage.bot.store.tracked.cards(("media-cn", "video-ocr")) == set()


async def test_what_everybody_reads_is_not_replaced_with_what_one_may_see(stage: Stage):
    answer = await stage.lee.types(f"/jobs show {REF}", GENERAL)
    assert "*Ref*" in (await stage.lee.turns("Refresh", answer, GENERAL)).text
    shown = await posted(stage, answer, GENERAL)
    assert NOT_FOR_ALL in (await stage.lee.clicks("Refresh", shown, GENERAL)).text


class TestWhoMaySubscribeByTheChannelAlone:
    @pytest.fixture
    def more_settings(self) -> str:
        return '\n[[access]]\naccounts = ["media-cn"]\nchannels = ["C0MEDIA"]\n'

    @pytest.mark.usefixtures("soon_lost")
    async def test_a_lost_job_is_followed_again_from_the_note_about_it(self, stage: Stage, sam: Person):
        job = stage.scene.job(name="lecture.mp4")
        await sam.types(f"/jobs subscribe {job.id}", MEDIA)
        card = await sam.hears("Subscribed by", MEDIA)
        stage.world.store("media-cn", "video-ocr").remove(job.id)
        note = await sam.hears("lecture.mp4", "D0SAM")
        stage.world.store("media-cn", "video-ocr").add(job)
        await sam.starts("Restore", note, "D0SAM")
        await sam.hears("next check", MEDIA)
        stage.world.end(job.id, "succeeded")
        await sam.hears("Succeeded", MEDIA, thread_ts=card.ts)

    async def test_what_is_looked_for_is_looked_for_where_it_may_be_seen(
        self, sam: Person, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("bot.subscriptions.pending_search.SEARCH_EVERY", timedelta(seconds=0.3))
        monkeypatch.setattr("bot.subscriptions.pending_search.SEARCH_MINUTES", 0)
        wanted = "0123456789abcdef0123456789abcdef"
        answer = await sam.types(f"/jobs subscribe {wanted}", MEDIA)
        assert "vod-sg" not in str(answer.json)
        await sam.starts("Keep looking for 10 minutes", answer, MEDIA)
        note = await sam.hears(wanted, "D0SAM")
        assert "media-cn/video-ocr" in note.text
        assert "vod-sg" not in str(note.json)

    async def test_elsewhere_nothing_is_to_be_had(self, sam: Person):
        for command in ("list", f"subscribe {VIDEO_OCR_ID}", "accounts", "subscriptions mine"):
            answer = await sam.types(f"/jobs {command}", GENERAL)
            assert "You don't have access here." in answer.text
            assert "media-cn" not in str(answer.json)


async def test_a_mention_tells_what_everybody_who_reads_it_may_see(stage: Stage):
    await stage.lee.says(f"<@U0CALLBOARD> show {REF}", GENERAL)
    refused = await stage.dana.hears("You can't see an account", GENERAL)
    assert "*Ref*" not in refused.text
    await stage.lee.says(f"<@U0CALLBOARD> show {REF}", MEDIA)
    await stage.dana.hears("*Ref*", MEDIA)


async def test_a_person_who_left_a_group_is_no_longer_notified(stage: Stage):
    job = stage.scene.job(name="lecture.mp4")
    await stage.lee.types(f"/jobs subscribe {job.id} to:dm", GENERAL)
    card = await stage.lee.hears("Subscribed by", "D0LEE")
    stage.bot.access.members["T0SANDBOX", "S0TRANSCODE"] = frozenset()
    stage.world.end(job.id, "failed")
    await stage.lee.hears("this channel lost access to the account", "D0LEE")
    assert [each.ts for each in await stage.lee.sees("D0LEE")] == [card.ts]


async def test_events_before_a_change_of_rules_are_not_posted(scene: Scene):
    job = scene.job(name="lecture.mp4")
    async with scene.bot():
        await scene.lee.types(f"/jobs subscribe {job.id}", MEDIA)
        card = await scene.lee.hears("Subscribed by", MEDIA)
    scene.world.end(job.id, "failed")
    stricter = AccessRule(accounts=("*",), users=("U0DANA",))
    async with replace(scene, settings=scene.settings.model_copy(update={"access": (stricter,)})).bot():
        await scene.lee.hears("this channel lost access to the account", MEDIA)
    told = await scene.lee.sees(MEDIA)
    assert not any(each.says("Failed") for each in told)
    assert [each.ts for each in told if not each.json["ephemeral"]] == [card.ts]


@pytest.mark.usefixtures("soon_lost")
async def test_a_lost_job_is_not_followed_again_by_who_may_only_look(stage: Stage, sam: Person):
    job = stage.scene.job(name="lecture.mp4")
    await stage.lee.types(f"/jobs subscribe {job.id}", MEDIA)
    await stage.lee.hears("Subscribed by", MEDIA)
    stage.world.store("media-cn", "video-ocr").remove(job.id)
    note = await posted(stage, await stage.lee.hears("lecture.mp4", "D0LEE"), MEDIA)
    assert "can't subscribe" in (await sam.clicks("Restore", note, MEDIA)).text


async def test_refresh_on_a_card_that_may_not_be_seen(stage: Stage, sam: Person):
    job = stage.scene.job()
    await stage.lee.types(f"/jobs subscribe {job.id}", MEDIA)
    card = await posted(stage, await stage.dana.hears("Subscribed by", MEDIA), GENERAL)
    assert NOT_FOR_YOU in (await sam.clicks("Refresh", card, GENERAL)).text


async def test_what_is_done_in_a_modal_is_for_the_channel_that_it_was_opened_in(stage: Stage, sam: Person):
    form = await sam.asks("/jobs find", GENERAL, until="checked")
    assert "media-cn" not in str(form)
    form = await sam.asks("/jobs find", MEDIA, until="media-cn")
    found = await sam.opened(lambda: sam.sends(form, text={"value": VIDEO_OCR_ID}), "1 of 1,")
    details = await sam.opened(lambda: sam.uses(found, "Details"), "*Ref*")
    assert await sam.opened(lambda: sam.uses(details, "Raw"), "as the provider sent it")


class TestLinks:
    """Links into the console of `vod-sg`, which Dana and #media may see."""

    @pytest.fixture
    def more_settings(self) -> str:
        return '\n[[access]]\naccounts = ["vod-sg"]\nusers = ["U0DANA"]\nchannels = ["C0MEDIA"]\n'

    @pytest.mark.parametrize(
        ("channel", "shown"),
        [(MEDIA, True), (GENERAL, False), ("D0DANA", True), ("D0PAIR", False), ("C0FINANCE", False)],
    )
    async def test_they_unfold_where_all_who_read_them_may_see_it(self, stage: Stage, channel: str, *, shown: bool):
        pair = Channel("D0PAIR", "dana and sam", private=True, bot_member=False)
        stage.dana.workspace.channels[pair.id] = pair
        link = f"<https://vod.console.aliyun.com/#/media/video/detail/{VOD_MEDIA}/video>"
        await stage.dana.says(f"see {link}", channel)
        await stage.dana.says(f"and {link}", MEDIA)
        await stage.dana.reads_once("vod-jobs", of="and ", channel=MEDIA)
        if shown:
            await stage.dana.reads_once("vod-jobs", of="see ", channel=channel)
        assert bool((await stage.dana.reads("see ", channel))["attachments"]) == shown
