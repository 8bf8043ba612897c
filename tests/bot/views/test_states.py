"""A state is told by its word, with the vendor's own beside it; the emoji only helps."""

import pytest

from bot.views.states import EMOJI, plain_state, state
from providers.models import JobState
from tests.bot.views import judges
from tests.bot.views.anything import job


@pytest.mark.parametrize("each", JobState)
def test_every_state_has_a_word_and_an_emoji_of_its_own(each: JobState):
    assert state(job(each, raw_state="RAW")) == f"{EMOJI[each]} *{each.value.capitalize()}* `RAW`"
    assert plain_state(job(each, raw_state="RAW")) == f"{EMOJI[each]} {each.value.capitalize()} (RAW)"
    assert len(set(EMOJI.values())) == len(JobState)


def test_a_raw_state_that_nobody_told():
    assert state(job(raw_state=None)) == "✅ *Succeeded*"
    assert plain_state(job(raw_state=None)) == "✅ Succeeded"


def test_a_raw_state_is_a_providers_text():
    shown = state(job(JobState.UNKNOWN, raw_state="<!channel> `*"))
    judges.accept_mrkdwn(shown)
    assert shown == "❔ *Unknown* `&lt;!channel&gt; ʼ*`"
