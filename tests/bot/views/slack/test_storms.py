"""Storm messages, heads of batches, and services that are down."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.button_payloads import SHOW_ALL, GroupPayload
from bot.domain.cards import Shown
from bot.domain.failure_groups import FailureGroup, GroupKind, ShownGroup
from bot.views.slack.batch_heads import batch_head
from bot.views.slack.service_down import service_down
from bot.views.slack.storms import storm, storm_line
from providers.models import Job, JobState
from tests.bot.views import anything, grouped, judges, subscribed
from tests.bot.views.anything import NOON
from tests.bot.views.grouped import group


def no_meaning(_: Job) -> None:
    return None


@settings(max_examples=25)
@given(grouped.shown(), subscribed.shown(), st.booleans())
def test_slack_takes_every_one(drawn: ShownGroup, card: Shown, posted: bool):  # noqa: FBT001  # drawn
    for message in (
        storm(drawn, posted=posted, held=not posted),
        service_down(drawn._replace(group=drawn.group.model_copy(update={"group": GroupKind.DOWN})), posted=posted),
        batch_head(drawn, card, no_meaning, posted=posted, held=posted),
    ):
        judges.accept(message)
        judges.begins_with_its_state(message)
        assert all(person in judges.words(message) for person in drawn.group.mentioned)


def failing(count: int, code: str, service: str = "video-ocr") -> FailureGroup:
    return group(count, code=code, service=service, message="Bad input")


def a_storm(**values: object) -> FailureGroup:
    return group(214, group=GroupKind.STORM, code=None, message=None, newest=(), **values)


class TestStormLine:
    def test_it_shows_the_news_and_mentions_added_people(self):
        line = storm_line(a_storm(line_count=200, mentions=("<@U1>", "<@U2>"), mentioned=("<@U1>",)), ())
        judges.accept(line)
        assert line.text == "❌ 14 more failed: 214 in all"
        assert "<@U2>" in judges.words(line)
        assert "<@U1>" not in judges.words(line)

    def test_a_service_that_went_down_in_it(self):
        blind = group(0, group=GroupKind.DOWN, code=None, newest=())
        line = storm_line(a_storm(line_count=214, mentions=("<@U1>",)), [blind])
        assert line.text == "⚠️ Can't see 1 service"


class TestStorm:
    GROUPS = (failing(4, "A.1"), failing(200, "A.2", "vod-ai"), failing(10, "A.3", "digital-human"))

    def test_the_worst_comes_first(self):
        message = storm(ShownGroup(a_storm(counts={"started": 3, "succeeded": 12}), groups=self.GROUPS))
        assert message.text == "❌ 214 failed in 3 services"
        lines = judges.words(message).split("\n")
        assert lines[0] == "❌ *214 failed* in 3 services"
        assert lines[2] == "Also: 12 finished, 3 started"
        assert lines[3] == "❌ *200 failed*: `A.2` Bad input · vod-ai · media-cn · *lecture 200* `0000c8`"
        [button] = judges.buttons(message.blocks)
        assert (button["action_id"], button["value"]) == (SHOW_ALL, GroupPayload(group="g12").encode())

    def test_ten_kinds_are_named(self):
        text = judges.words(storm(ShownGroup(a_storm(), groups=[failing(2, f"A.{at}") for at in range(16)])))
        assert text.count("❌ *2 failed*") == 10
        assert "… and 6 more kinds of failure" in text
        assert "❌ *214 failed* in video-ocr" in text

    def test_a_catch_up(self):
        away = {"offline_from": NOON - timedelta(hours=5), "offline_until": NOON, "counts": {"succeeded": 2}}
        message = storm(ShownGroup(a_storm(**away), groups=self.GROUPS))
        assert message.text == "❌ 214 failed while Callboard was down"
        assert "Callboard was down from <!date^" in judges.words(message)
        assert "(5 h)" in judges.words(message)
        only_good = a_storm(**away).model_copy(update={"count": 0})
        assert storm(ShownGroup(only_good)).text == "✅ 2 finished while Callboard was down"

    def test_closed(self):
        text = judges.words(storm(ShownGroup(a_storm(closed_at=NOON + timedelta(hours=1)), groups=self.GROUPS)))
        assert "Closed: nothing new for 10 minutes." in text

    def test_a_service_that_is_down_is_a_line(self):
        down = group(0, group=GroupKind.DOWN, kind="late", code="late")
        message = storm(ShownGroup(a_storm(), groups=(*self.GROUPS, down)))
        assert "⚠️ *Can't see video-ocr* since <!date^" in judges.words(message)


class TestBatch:
    def test_failures_are_grouped_by_reason(self):
        bad = {"error": {"code": "ALG.011", "message": "Input not found"}}
        jobs = [anything.job(JobState.FAILED, id=f"e5592{at}d4c4dc685", name=f"{at}.mp4", **bad) for at in range(5)]
        other = anything.job(JobState.FAILED, id="77ac01d4c4dc685", name="b.mp4", error={"code": "X", "message": "No"})
        card = grouped.batch_card(*jobs, other, anything.job(id="s"), anything.job(JobState.RUNNING, id="r"))
        message = batch_head(ShownGroup(group(6, group=GroupKind.BATCH)), card, no_meaning)
        assert message.text == (
            "❌ 6 of 8 jobs failed: ❌ 5 × ALG.011 Input not found: 0.mp4 e55920, 1.mp4 e55921, 2.mp4 e55922, …"
        )
        lines = judges.words(message).split("\n")
        assert lines[0] == "❌ *6 of 8 jobs failed* · 🔄 1 running · ✅ 1 succeeded"
        assert lines[1].startswith("❌ 5 × `ALG.011` Input not found: *0.mp4* `e55920`, ")
        assert lines[2] == "❌ 1 × `X` No: *b.mp4* `77ac01`"
        assert "Another message follows when all 8 have finished." in lines


class TestServiceDown:
    DOWN = group(0, group=GroupKind.DOWN, kind="unauthorized", code="APIGW.0301", message=None, newest=())

    def test_failures_go_unnoticed(self):
        message = service_down(ShownGroup(self.DOWN), posted=False)
        assert message.text == "⚠️ Can't see video-ocr: credentials rejected (APIGW.0301)"
        first, second, *_ = judges.words(message).split("\n")
        assert first.startswith("⚠️ *Can't see video-ocr* since <!date^")
        assert first.endswith("UTC>: credentials rejected (`APIGW.0301`) · media-cn")
        assert second == "Failures go unnoticed until it is back."
        assert list(judges.commands(message.blocks)) == ["Account health"]

    def test_back(self):
        back = self.DOWN.model_copy(update={"closed_at": NOON + timedelta(minutes=18), "count": 3})
        message = service_down(ShownGroup(back))
        assert message.text == "✅ video-ocr is back"
        assert "It couldn't be read for 18 min, from <!date^" in judges.words(message)
        assert "3 failures found since." in judges.words(message)
