"""Digests: what failed first, everything counted, and pages of all of it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.button_payloads import SEE_ALL, CommandPayload
from bot.domain.notifications import CardChange, Digest
from bot.views.slack import digests
from providers.models import JobState
from tests.bot.views import judges, subscribed
from tests.bot.views.anything import NOON
from tests.bot.views.subscribed import change, told


@settings(max_examples=30)
@given(subscribed.digests(), st.none() | st.just("abc_-1"), st.integers(0, 2000))
def test_slack_takes_every_digest(drawn: Digest, key: str | None, offset: int):
    message = digests.digest(drawn, key)
    judges.accept(message)
    text = judges.words(message)
    assert ("See all" in judges.commands(message.blocks)) == bool(key)
    assert all(text.count(person) == 1 for person in {each for one in drawn.told for each in one.card.terms.mention})
    page = digests.digest_all(drawn, "abc_-1", offset)
    judges.accept(page)
    assert f" of {len(drawn.told):,}" in judges.words(page)


def test_the_failed_ones_come_first():
    states = [*[JobState.SUCCEEDED] * 30, *[JobState.FAILED] * 7]
    message = digests.digest(Digest(told(*states, mention=["<@U0LEE>"])), "k1")
    text = judges.words(message)
    assert text.startswith("<@U0LEE>\n*37 jobs ended* in the last minutes: ❌ 7 failed, ✅ 30 succeeded\n❌ Failed")
    assert text.count("❌ Failed") == 7
    assert text.count("✅ Succeeded") == 8
    assert "… and 22 more: ✅ 22 succeeded" in text
    see = judges.buttons(message.blocks)[0]
    assert (see["action_id"], CommandPayload.model_validate_json(see["value"])) == (SEE_ALL, CommandPayload(key="k1"))
    assert message.text.startswith("37 jobs ended in the last minutes: ❌ 7 failed, ✅ 30 succeeded\n❌ lecture 30\n")


def test_what_is_not_kept_is_shown_as_far_as_there_is_room():
    text = judges.words(digests.digest(Digest(told(*[JobState.FAILED] * 37)), None))
    assert text.count("❌ Failed") == 37


def test_after_a_downtime():
    text = judges.words(digests.digest(Digest(told(JobState.RUNNING, JobState.FAILED), away=NOON), "k"))
    assert text.startswith("While I was not looking (since <!date")
    assert ", *2 jobs changed*: ❌ 1 failed, 🔄 1 running" in text


def test_a_job_that_changed_twice_counts_once():
    [first] = told(JobState.RUNNING)
    second = CardChange(first.card, change(first.change.job.model_copy(update={"state": JobState.SUCCEEDED})))
    assert "*1 job ended*" in judges.words(digests.digest(Digest([first, second]), None))


def test_pages_of_all_of_them():
    many = Digest(told(*[JobState.SUCCEEDED] * 30))
    pages = [digests.digest_all(many, "k1", offset) for offset in (0, 12, 24)]
    assert ["1–12 of 30" in judges.words(pages[0]), "25–30 of 30" in judges.words(pages[2])] == [True, True]
    turns = [{each["text"]["text"]: each for each in judges.buttons(page.blocks)} for page in pages]
    assert [list(each)[1:] for each in turns] == [["Next ▶"], ["◀ Previous", "Next ▶"], ["◀ Previous"]]
    assert CommandPayload.model_validate_json(turns[1]["Next ▶"]["value"]) == CommandPayload(key="k1", offset=24)
    assert turns[1]["◀ Previous"]["action_id"] == f"{SEE_ALL}:previous"
