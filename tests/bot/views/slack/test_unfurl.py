"""The card under a link to the console."""

from hypothesis import given

from bot.views.slack import unfurl
from bot.views.slack.block_kit import Message
from providers.models import Job, JobState
from tests.bot.views import anything, judges
from tests.bot.views.anything import job


@given(anything.several(anything.jobs(), 20).filter(bool))
def test_slack_takes_every_card(jobs: tuple[Job, ...]):
    judges.accept(Message("a card", unfurl.card(jobs)["blocks"]))


def test_it_shows_only_the_states_of_the_jobs():
    card = unfurl.card([job(JobState.FAILED, id=f"{at:032x}", kind="transcode") for at in range(7)])
    text = judges.words(Message("", card["blocks"]))
    assert text.count("❌ *Failed* `SUCCEEDED` · transcode · video-ocr") == 5
    assert "… and 2 more jobs" in text
    assert "lecture 7" not in text
    assert judges.commands(card["blocks"])["Details"].count("media-cn/video-ocr/") == 7
