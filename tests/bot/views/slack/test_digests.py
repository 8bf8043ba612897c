"""Digests: failed jobs first, everything counted, and pages of all changes."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.button_payloads import SEE_ALL, CommandPayload
from bot.domain.notifications import CardChange, Digest
from bot.views.slack import digests
from providers.models import JobState
from tests.bot.views import judges, subscribed
from tests.bot.views.anything import NOON
from tests.bot.views.subscribed import change, told


def text_of(digest: Digest) -> str:
    """Return the first page of a digest."""
    return judges.words(digests.digest_all(digest, "k1"))


@settings(max_examples=30)
@given(subscribed.digests(), st.integers(0, 2000))
def test_slack_takes_every_page(drawn: Digest, offset: int):
    page = digests.digest_all(drawn, "abc_-1", offset)
    judges.accept(page)
    assert f" of {len(drawn.told):,}" in judges.words(page)


def test_the_failed_ones_come_first():
    states = [*[JobState.SUCCEEDED] * 30, *[JobState.FAILED] * 7]
    page = digests.digest_all(Digest(told(*states)), "k1")
    text = judges.words(page)
    assert text.startswith("*37 jobs finished* in the last few minutes: ❌ 7 failed, ✅ 30 succeeded\n❌ *Failed*")
    assert (text.count("❌ *Failed*"), text.count("✅ *Succeeded*")) == (7, 5)
    assert page.text.startswith(
        "37 jobs finished in the last few minutes: ❌ 7 failed, ✅ 30 succeeded\n❌ lecture 30\n"
    )


def test_after_a_downtime():
    text = text_of(Digest(told(JobState.RUNNING, JobState.FAILED), away=NOON))
    assert text.startswith("While I was offline (since <!date")
    assert ", *2 jobs changed*: ❌ 1 failed, 🔄 1 running" in text


def test_a_job_that_changed_twice_counts_once():
    [first] = told(JobState.RUNNING)
    second = CardChange(first.card, change(first.change.job.model_copy(update={"state": JobState.SUCCEEDED})))
    assert "*1 job finished*" in text_of(Digest([first, second]))


def test_pages_of_all_of_them():
    many = Digest(told(*[JobState.SUCCEEDED] * 30))
    pages = [digests.digest_all(many, "k1", offset) for offset in (0, 12, 24)]
    assert ["1–12 of 30" in judges.words(pages[0]), "25–30 of 30" in judges.words(pages[2])] == [True, True]
    turns = [{each["text"]["text"]: each for each in judges.buttons(page.blocks)} for page in pages]
    assert [list(each)[1:] for each in turns] == [["Next ▶"], ["◀ Previous", "Next ▶"], ["◀ Previous"]]
    assert CommandPayload.model_validate_json(turns[1]["Next ▶"]["value"]) == CommandPayload(key="k1", offset=24)
    assert turns[1]["◀ Previous"]["action_id"] == f"{SEE_ALL}:previous"
