"""Notifications: each event once, for the right people, without a mention of others."""

import pytest
from hypothesis import given, settings

from bot.domain.button_payloads import RESTORE, CommandPayload
from bot.domain.cards import Card
from bot.domain.changes import EndReason, Kind
from bot.domain.notifications import (
    CardChange,
    ChangedSubscriptions,
    DestinationSuspended,
    LostJob,
    SearchExpired,
    UnreadableRecords,
)
from bot.views.slack import notifications
from providers.models import Job, JobState
from tests.bot.views import anything, judges, subscribed
from tests.bot.views.subscribed import FAILED, RUNNING, asked, batch, change

ENDS = (JobState.FAILED, JobState.SUCCEEDED, JobState.SUCCEEDED)


def no_meaning(_: Job) -> None:
    return None


@settings(max_examples=60)
@given(subscribed.tolds, anything.maybe)
def test_slack_takes_every_reply(drawn: CardChange, meant: str | None):
    message = notifications.thread_reply(drawn, lambda _: meant)
    judges.accept(message)
    assert all(person in judges.words(message) for person in drawn.card.terms.mention)


@settings(max_examples=40)
@given(subscribed.cards(), anything.maybe)
def test_slack_takes_every_final_post(drawn: Card, meant: str | None):
    message = notifications.final(drawn, lambda _: meant)
    judges.accept(message)
    assert all(person in judges.words(message) for person in drawn.terms.mention)


@settings(max_examples=40)
@given(subscribed.suspensions, subscribed.losses, subscribed.searches, subscribed.turns)
def test_slack_takes_every_message_to_a_subscriber(
    place: DestinationSuspended, lost: LostJob, sought: SearchExpired, turned: ChangedSubscriptions
):
    for message in (
        notifications.suspended(place),
        notifications.lost(lost),
        notifications.search_expired(sought),
        notifications.subscriptions(turned),
    ):
        judges.accept(message)
    assert "Restore" in judges.commands(notifications.suspended(place).blocks)


class TestReplies:
    def test_a_failure(self):
        people = asked(mention=("<@U0LEE>", "<!subteam^S1>"))
        message = notifications.thread_reply(
            CardChange(subscribed.card(FAILED, options=people), change(FAILED)), lambda _: "it ends early"
        )
        first, *rest = judges.words(message).split("\n")
        assert first == "<@U0LEE> <!subteam^S1> ❌ *Failed* · *lecture 7*"
        assert rest[0].startswith("was 🔄 running · took 1 min 30 s · finished <!date")
        assert rest[1:3] == ["`VAS.1204` The video is broken.", "What it means: it ends early"]
        assert judges.commands(message.blocks) == {"Details": CommandPayload(text=f"show {FAILED.ref}").encode()}
        assert message.text.startswith("❌ Failed: lecture 7, VAS.1204 The video is broken., media-cn/")

    def test_a_final_state_without_a_time(self):
        ended = RUNNING.model_copy(update={"state": JobState.SUCCEEDED})
        text = judges.words(notifications.thread_reply(CardChange(subscribed.card(ended), change(ended)), no_meaning))
        assert "was 🔄 running · seen <!date" in text

    def test_a_move(self):
        text = judges.words(
            notifications.thread_reply(
                CardChange(subscribed.card(RUNNING), change(RUNNING, JobState.PENDING)), no_meaning
            )
        )
        assert "🔄 *Running* · *lecture 7*\nwas ⏳ pending · 43 % · seen <!date" in text

    def test_progress(self):
        moved = change(RUNNING, kind=Kind.PROGRESSED)
        assert "*lecture 7*\n43 %" in judges.words(
            notifications.thread_reply(CardChange(subscribed.card(RUNNING), moved), no_meaning)
        )

    @pytest.mark.parametrize(
        ("end_reason", "said"),
        [
            (
                EndReason.NOT_FOUND,
                "❔ *Gone* · *lecture 7*\nno longer at the provider, was 🔄 running when last seen",
            ),
            (
                EndReason.EXPIRED,
                "⌛ *Expired* · *lecture 7*\nexpired at the provider, was 🔄",
            ),
        ],
    )
    def test_a_job_that_was_lost(self, end_reason: EndReason, said: str):
        lost = change(RUNNING, end_reason=end_reason, kind=Kind.LOST)
        assert said in judges.words(notifications.thread_reply(CardChange(subscribed.card(RUNNING), lost), no_meaning))


class TestFinal:
    def test_failures_are_named_and_can_be_opened(self):
        jobs = batch(*ENDS)
        drawn = subscribed.card(*jobs, options=asked(mention=("<@U0LEE>",)))
        message = notifications.final(drawn, lambda _: "it ends early")
        text = judges.words(message)
        assert "<@U0LEE> *All 3 jobs have finished*: ❌ 1 failed, ✅ 2 succeeded" in text
        assert "❌ Failed · *lecture 0* · video-ocr · `VAS.1204` The video is broken." in text
        assert "`VAS.1204` means: it ends early" in text
        assert judges.commands(message.blocks) == {"Show failed": CommandPayload(text=f"show {jobs[0].ref}").encode()}
        assert message.text == "All 3 jobs have finished: ❌ 1 failed, ✅ 2 succeeded"

    def test_without_failures_all_can_be_opened(self):
        message = notifications.final(subscribed.card(*batch(*ENDS[1:])), no_meaning)
        assert list(judges.commands(message.blocks)) == ["Details"]


class TestSubscribers:
    def test_a_place_that_takes_no_messages(self):
        message = notifications.suspended(DestinationSuspended("C0ONCALL", "is_archived", [subscribed.card(RUNNING)]))
        assert judges.words(message).startswith(
            "⏸️ I suspended 1 subscription of yours, because <#C0ONCALL> is archived.\n"
            "I'll hold updates for 30 days. Unarchive it, then press Restore.\n*lecture 7*"
        )
        assert "because the channel is archived." in message.text
        assert message.text.endswith("\nlecture 7")
        [button] = judges.buttons(message.blocks)
        assert (button["action_id"], CommandPayload.model_validate_json(button["value"])) == (
            RESTORE,
            CommandPayload(place="C0ONCALL"),
        )

    def test_a_destination_that_missed_the_final_post(self):
        over = subscribed.card(FAILED)
        message = notifications.suspended(DestinationSuspended("C0ONCALL", "is_archived", [over]))
        judges.accept(message)
        assert judges.words(message).startswith(
            "⏸️ I can't post updates about your jobs, because <#C0ONCALL> is archived.\n"
            "I'll hold updates for 30 days. Unarchive it, then press Restore.\n*lecture 7*"
        )
        assert "Restore" in judges.commands(message.blocks)

    def test_an_unknown_refusal(self):
        text = judges.words(notifications.suspended(DestinationSuspended("C0ONCALL", "no_<!here>", [])))
        assert "because Slack rejects messages for <#C0ONCALL> (`no_&lt;!here&gt;`)" in text
        assert "Once that is fixed, press Restore." in text

    def test_a_lost_job_can_be_subscribed_to_again(self):
        lost = change(RUNNING, end_reason=EndReason.NOT_FOUND, kind=Kind.LOST)
        message = notifications.lost(LostJob(subscribed.card(RUNNING), lost))
        assert "❔ *Gone* · *lecture 7*" in judges.words(message)
        assert message.text == "❔ Gone: lecture 7, media-cn/video-ocr"
        assert "I stopped following it in <#C0ONCALL>." in judges.words(message)
        restore = judges.commands(message.blocks)["Restore"]
        assert CommandPayload.model_validate_json(restore) == CommandPayload(place="C0ONCALL", card="c1")

    def test_an_expired_search(self):
        text = judges.words(
            notifications.search_expired(SearchExpired(["a1"], ["vod-sg/vod-ai", "vod-sg/vod-jobs"], 10))
        )
        assert "I looked for `a1` in *vod-sg/vod-ai* and *vod-sg/vod-jobs* for 10 minutes" in text


@settings(max_examples=40)
@given(anything.several(anything.jobs(), 40), anything.several(anything.jobs(), 12))
def test_slack_takes_every_notification_of_records_that_cannot_be_read(
    unfollowed: tuple[Job, ...], again: tuple[Job, ...]
):
    for posts in (False, True):
        judges.accept(notifications.unreadable(UnreadableRecords("T1/C1", unfollowed, again, posts)))


class TestRecordsThatCannotBeRead:
    def test_jobs_that_are_no_longer_tracked_can_be_subscribed_to_again(self):
        running, ended = anything.job(JobState.RUNNING, id="a"), anything.job(JobState.SUCCEEDED, id="b")
        said = notifications.unreadable(UnreadableRecords("T1/C1", (running, ended), (), posts=False))
        assert (
            CommandPayload.model_validate_json(judges.commands(said.blocks)["Subscribe"]).text
            == f"subscribe {running.ref}"
        )
        assert "no longer followed" in judges.words(said)

    def test_jobs_checked_again_and_posts_that_may_come_twice(self):
        job = anything.job(JobState.RUNNING, id="a")
        assert "again now" in judges.words(
            notifications.unreadable(UnreadableRecords("T1/C1", (), (job,), posts=False))
        )
        assert "may appear twice" in judges.words(
            notifications.unreadable(UnreadableRecords("T1/C1", (), (), posts=True))
        )
