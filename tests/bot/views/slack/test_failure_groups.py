"""Heads: state and name first, then the important numbers, and no mention by an edit."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.button_payloads import MUTE_CODE, SHOW_ALL, SNOOZE, UNMUTE, UNSNOOZE, CommandPayload, GroupPayload
from bot.domain.changes import EndReason
from bot.domain.failure_groups import FailureGroup, GroupJob, PreviousHead, ShownGroup
from bot.views.failure_groups import title
from bot.views.slack.failure_groups import head, thread_line
from providers.models import Job
from tests.bot.views import grouped, judges
from tests.bot.views.anything import NOON
from tests.bot.views.grouped import group, job, mute


def no_meaning(_: Job) -> None:
    return None


@settings(max_examples=40)
@given(grouped.shown(), st.booleans(), st.none() | st.just("<!here> what *it* means"))
def test_slack_takes_every_head(drawn: ShownGroup, flag: bool, meant: str | None):  # noqa: FBT001  # drawn
    message = head(drawn, lambda _: meant, posted=flag, held=not flag)
    judges.accept(message)
    judges.begins_with_its_state(message)
    people = {*drawn.group.mentioned, *(() if flag else drawn.group.mentions)}
    assert {*judges.words(message).split("\n")[-1].split()} >= people


@settings(max_examples=20)
@given(grouped.groups(), st.lists(grouped.group_jobs, max_size=30), st.integers(0, 5000))
def test_slack_takes_every_line_in_a_thread(drawn: FailureGroup, jobs: list[GroupJob], more: int):
    message = thread_line(drawn, jobs, more)
    judges.accept(message)
    judges.begins_with_its_state(message)
    text = judges.words(message)
    assert {each for each in drawn.mentions if each not in text} <= {*drawn.mentioned}


class TestFirst:
    def test_the_first_failure_in_full(self):
        message = head(ShownGroup(group(1, mentions=("<@U0LEE>",))), lambda _: "it ends early", posted=False)
        assert message.text == "❌ Failed: lecture 1, ALG.002 Failed to open the input video, media-cn/video-ocr"
        first, second, third, fourth, *rest = judges.words(message).split("\n")
        assert first == "❌ *Failed*: *lecture 1*"
        assert second == "`ALG.002` Failed to open the input video"
        assert third.startswith("failed <!date^")
        assert third.endswith(" after 25 s · video-ocr · media-cn · `0000011e4c4dc685aa2dfc22a28dc5`")
        assert fourth == "What it means: it ends early"
        assert rest[0] == "By w7"
        assert rest[-1] == "<@U0LEE>"
        assert list(judges.commands(message.blocks)) == ["Details", "Mute this code"]

    def test_a_job_without_a_name_or_a_reason(self):
        nameless = job(1).model_copy(update={"name": None})
        message = head(ShownGroup(group(1, code=None, message=None, newest=(nameless,))), no_meaning)
        assert message.text == f"❌ Failed: {nameless.id}, reason unknown, media-cn/video-ocr"
        assert "Mute this code" not in judges.commands(message.blocks)

    def test_a_job_that_the_provider_lost(self):
        message = head(ShownGroup(group(1, code=None, message=None, fate=EndReason.NOT_FOUND)), no_meaning)
        assert message.text == "❔ Gone: lecture 1, media-cn/video-ocr"
        assert "gone <!date^" in judges.words(message)


class TestHead:
    def test_later_failures_are_numbers(self):
        message = head(ShownGroup(group(14), ended=15), no_meaning)
        assert message.text == "❌ 14 failed: ALG.002, video-ocr"
        lines = judges.words(message).split("\n")
        assert lines[0] == "❌ *14 failed*: `ALG.002`, video-ocr · media-cn"
        assert lines[1] == "Failed to open the input video"
        assert lines[2].startswith("14 of 15 jobs since <!date^")
        assert lines[3] == "Newest: *lecture 14* `00000e`, *lecture 13* `00000d`, *lecture 12* `00000c`"
        assert list(judges.commands(message.blocks)) == ["Details", "Show all", "Mute this code"]
        assert judges.commands(message.blocks)["Details"] == CommandPayload(text=f"show {job(14).ref}").encode()
        [row] = [block for block in message.blocks if block["type"] == "actions"]
        assert [each["action_id"] for each in row["elements"]] == ["open:details", SHOW_ALL, SNOOZE, MUTE_CODE]
        assert CommandPayload.model_validate_json(row["block_id"].partition(":")[2]) == CommandPayload(card="g12")
        assert GroupPayload.model_validate_json(row["elements"][1]["value"]) == GroupPayload(group="g12")
        mutes = CommandPayload.model_validate_json(row["elements"][3]["value"])
        assert mutes == CommandPayload(text="list media-cn/video-ocr code:ALG.002", card="g12")

    def test_a_message_about_one_job_is_an_example(self):
        text = judges.words(head(ShownGroup(group(2, message="Cannot open obs://b/a.mp4")), no_meaning))
        assert "\ne.g. Cannot open obs://b/a.mp4\n" in text

    def test_an_impossible_share_is_omitted(self):
        assert "of 3 jobs" not in judges.words(head(ShownGroup(group(14), ended=3), no_meaning))

    def test_a_snoozed_head_can_be_unsnoozed(self):
        message = head(ShownGroup(group(snooze=grouped.asleep())), no_meaning)
        assert "😴 Snoozed until <!date^" in judges.words(message)
        [row] = [block for block in message.blocks if block["type"] == "actions"]
        assert [each["action_id"] for each in row["elements"]][2:4] == [UNSNOOZE, SNOOZE]

    def test_a_muted_code(self):
        message = head(ShownGroup(group(), mute=mute()), no_meaning)
        assert "🔇 `ALG.002` is muted here until <!date^" in judges.words(message)
        assert "by <@U0DANA>" in judges.words(message)
        unmute = judges.buttons(message.blocks)[-1]
        assert (unmute["action_id"], unmute["value"]) == (
            UNMUTE,
            CommandPayload(card="m3", place="T1/C0ONCALL").encode(),
        )
        assert "is muted here forever" in judges.words(head(ShownGroup(group(), mute=mute(None)), no_meaning))

    def test_a_head_of_only_a_subscription_has_nothing_to_mute(self):
        message = head(ShownGroup(group(rules=("subscription",))), no_meaning)
        assert "Mute this code" not in judges.commands(message.blocks)
        assert "By " not in judges.words(message)

    def test_a_closed_head_says_how_it_ended(self):
        quiet = group(closed_at=NOON + timedelta(hours=2))
        message = head(ShownGroup(quiet, mute=mute()), no_meaning)
        assert message.text == "❌ 14 failed: ALG.002, video-ocr (closed)"
        assert "Closed: no new failure for an hour. The next failure starts a new message that links here." in (
            judges.words(message)
        )
        assert "is muted here" in judges.words(message)
        assert list(judges.commands(message.blocks)) == ["Details", "Show all", "Unmute"]
        long = group(closed_at=NOON + timedelta(minutes=4))
        assert "Closed: open for 24 hours." in judges.words(head(ShownGroup(long), no_meaning))

    def test_the_head_before_it(self):
        before = PreviousHead(channel="C0ONCALL", ts="1.2", count=3, closed_at=NOON - timedelta(hours=3))
        text = judges.words(head(ShownGroup(group(previous=before), link=grouped.LINK), no_meaning))
        assert "By w7 · Before: 3 failed until <!date^" in text
        assert f"<{grouped.LINK}|open that message>" in text


class TestThreadLine:
    def test_ten_are_named_and_the_others_counted(self):
        drawn = group(347, mentions=("<@U0LEE>", "<@U0DANA>"), mentioned=("<@U0DANA>",))
        message = thread_line(drawn, [job(347 - at) for at in range(10)], 323)
        assert message.text == "❌ 333 more failed: ALG.002, 347 in all"
        lines = judges.words(message).split("\n")
        assert lines[0] == "❌ *333 more failed*: `ALG.002`, 347 in all"
        assert lines[1].startswith("*lecture 347* `00015b` · <!date^")
        assert lines[11:] == ["+323", "Show all", "<@U0LEE>"]

    def test_few_need_no_button(self):
        message = thread_line(group(3), [job(3)], 0)
        assert not judges.buttons(message.blocks)


def test_the_title_of_a_group_is_plain():
    assert title(group(14, code="<!here>")) == "❌ 14 failed: <!here>, video-ocr"
