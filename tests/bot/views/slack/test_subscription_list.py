"""Lists of subscriptions: the jobs, their states, and the buttons that act on them."""

from datetime import datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.button_payloads import RESTORE, CommandPayload
from bot.domain.cards import On, Shown
from bot.views.slack.subscription_list import subscription_list
from providers.models import JobState
from tests.bot.views import anything, judges, subscribed
from tests.bot.views.anything import NOON, job
from tests.bot.views.subscribed import RUNNING, asked, batch, seen

MINE = CommandPayload(text="subscriptions mine")


@settings(max_examples=40)
@given(
    st.lists(subscribed.shown(), max_size=3), st.integers(0, 60), st.booleans(), anything.moments, st.integers(1, 15)
)
def test_slack_takes_every_list(shown: list[Shown], offset: int, mine: bool, now: datetime, times: int):  # noqa: FBT001
    message = subscription_list(shown * times, CommandPayload(text="subscriptions", offset=offset), now, mine=mine)
    judges.accept(message)
    assert ("Refresh" in judges.commands(message.blocks)) == bool(shown)


def test_a_list_of_subscriptions_here():
    batched = subscribed.card(*batch(JobState.FAILED, JobState.RUNNING), options=asked(on=On.ANY))
    shown = [seen(subscribed.card(RUNNING)), seen(batched, suspended="is_archived")]
    message = subscription_list(shown, CommandPayload(text="subscriptions here"), NOON, mine=False)
    text = judges.words(message)
    assert "🔄 *Running* · *lecture 7*\nby <@U0DANA> · posts to the thread when it finishes" in text
    finished = "*1 of 2 jobs have finished*\n❌ 1 failed · 🔄 1 running"
    assert f"{finished}\nby <@U0DANA> · posts to the thread when anything changes" in text
    assert "⏸️ Suspended: <#C0ONCALL> is archived. Unarchive it, then press Restore." in text
    labels = [each["text"]["text"] for each in judges.buttons(message.blocks)]
    assert labels == ["Details", "Unsubscribe", "Details", "Unsubscribe", "Restore", "Refresh"]


def test_a_suspended_card_has_its_reason_and_a_fix():
    shown = [seen(subscribed.card(RUNNING), suspended="not_in_channel")]
    message = subscription_list(shown, MINE, NOON, mine=True)
    said = "⏸️ Suspended: I am not in <#C0ONCALL>. Type `/invite @Callboard` in it, then press Restore."
    assert said in judges.words(message)
    restore = next(each for each in judges.buttons(message.blocks) if each["action_id"] == RESTORE)
    assert CommandPayload.model_validate_json(restore["value"]) == CommandPayload(place="C0ONCALL")


def test_a_list_of_mine_works_from_anywhere():
    shown = [seen(subscribed.card(RUNNING, place="C0MEDIA")), seen(subscribed.card(RUNNING, place="U0DANA"))]
    message = subscription_list(shown, MINE, NOON, mine=True)
    assert "<#C0MEDIA> · posts to the thread when it finishes" in judges.words(message)
    assert "your direct messages · posts by direct message when it finishes" in judges.words(message)
    stops = [CommandPayload.model_validate_json(each["value"]) for each in judges.buttons(message.blocks)
             if each["text"]["text"] == "Unsubscribe"]  # fmt: skip
    assert [each.place for each in stops] == ["C0MEDIA", None]


def test_an_empty_list_says_how_to_start():
    message = subscription_list([], MINE, NOON, mine=True)
    judges.accept(message)
    assert "You're not following any jobs. Follow a job with `/jobs subscribe JOB`" in judges.words(message)


def test_long_lists_have_pages():
    shown = [seen(subscribed.card(job(JobState.RUNNING, id=f"{at:032x}"))) for at in range(14)]
    first = subscription_list(shown, MINE, NOON, mine=True)
    assert "1–10 of 14 cards" in judges.words(first)
    following = CommandPayload.model_validate_json(judges.commands(first.blocks)["Next ▶"])
    second = subscription_list(shown, following, NOON, mine=True)
    assert "11–14 of 14 cards" in judges.words(second)
    assert "◀ Previous" in judges.commands(second.blocks)
