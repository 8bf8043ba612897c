"""A state is shown by its word, with the vendor's own beside it. The emoji only helps."""

import pytest

from bot.views.states import EMOJI, own_word, plain_state, state
from providers.alibaba import states as alibaba
from providers.huawei import digital_human, image_moderation, video_ocr
from providers.models import JobState
from tests.bot.views import judges
from tests.bot.views.anything import job


@pytest.mark.parametrize("each", JobState)
def test_every_state_has_its_own_word_and_emoji(each: JobState):
    assert state(job(each, raw_state="RAW")) == f"{EMOJI[each]} *{each.value.capitalize()}* `RAW`"
    assert plain_state(job(each, raw_state="RAW")) == f"{EMOJI[each]} {each.value.capitalize()} (RAW)"
    assert len(set(EMOJI.values())) == len(JobState)


def test_a_missing_raw_state():
    assert state(job(raw_state=None)) == "✅ *Succeeded*"
    assert plain_state(job(raw_state=None)) == "✅ Succeeded"


def test_a_raw_state_is_a_providers_text():
    shown = state(job(JobState.UNKNOWN, raw_state="<!channel> `*"))
    judges.accept_mrkdwn(shown)
    assert shown == "❔ *Unknown* `&lt;!channel&gt; ʼ*`"


def test_a_raw_state_is_shown_if_it_adds_to_the_state():
    tables = [video_ocr.STATES, digital_human.STATES, image_moderation.STATES, alibaba.AI_JOB, *alibaba.DETAIL.values()]
    said = {raw for table in tables for raw, meant in table.meanings.items() if own_word(meant, raw)}
    assert said == {
        "STARTING", "RECOVERING", "UPGRADING", "STOPPING", "FROZEN", "ABNORMAL", "CREATE_FAILED", "START_FAILED",
        "STOPPED", "FREEZING", "BLOCK", "DELETING", "reserved", "Skip",
    }  # fmt: skip
    assert own_word(JobState.FAILED, "SUCCEED") == "SUCCEED"
    assert own_word(JobState.UNKNOWN, "running") == own_word(None, "running") == "running"
    running = job(JobState.RUNNING, raw_state="RUNNING")
    assert state(running) == "🔄 *Running*"
    assert plain_state(running) == "🔄 Running"
    assert state(running, whole=True) == "🔄 *Running* `RUNNING`", "details have it always"
