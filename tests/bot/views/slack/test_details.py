"""Details of jobs and their raw data: complete, safe, and within Slack's limits."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.answers import JobDetails, Missing, ServiceError
from bot.domain.button_payloads import BLOCK_ID_MAX, CommandPayload
from bot.views.slack.details import job_details, raw, raw_loading
from providers.models import Job, JobError, JobState
from tests.bot.views import anything, judges
from tests.bot.views.anything import NOON, job

ASK = CommandPayload(text="show media-cn/video-ocr/f18320e61e4c4dc685aa2dfc22a28dc5")
LATE = ServiceError(
    account="vod-sg", service="vod-ai", kind="late", code="late", message="no answer within 10 s", retryable=True
)


def no_meaning(_: Job) -> None:
    return None


def answer(*jobs: Job, **values: object) -> JobDetails:
    return JobDetails.model_validate({"jobs": jobs, "services": 5, "checked_at": NOON, **values})


def shown(*jobs: Job, **values: object) -> str:
    return judges.words(job_details(answer(*jobs, **values), ASK, no_meaning))


@settings(max_examples=40)
@given(anything.details, anything.asks, anything.maybe)
def test_slack_takes_all_details(found: JobDetails, command: CommandPayload, meant: str | None):
    message = job_details(found, command, lambda _: meant)
    judges.accept(message)
    assert ("Refresh" in judges.commands(message.blocks)) == command.fits(BLOCK_ID_MAX)
    if found.jobs:
        assert f"*{found.jobs[0].state.capitalize()}*" in judges.words(message)


@settings(max_examples=20)
@given(anything.jobs())
def test_details_of_one_job_are_complete(found: Job):
    """Each part is shown at any length of the others."""
    text = shown(found)
    assert f"*{found.state.capitalize()}*" in text
    assert ("*Why it failed*" in text) == (found.state is JobState.FAILED)
    assert text.count("\n*Id* `") == 1


@settings(max_examples=20)
@given(anything.details, st.none() | st.recursive(anything.maybe, lambda inner: st.dictionaries(anything.nasty, inner)))
def test_slack_opens_every_modal(found: JobDetails, value: Any):
    jobs = tuple(each.model_copy(update={"raw": {"value": value, **(each.raw or {})}}) for each in found.jobs)
    judges.accept_modal(raw(found.model_copy(update={"jobs": jobs})))


def test_all_details_are_shown_in_order():
    text = shown(
        job(kind="ocr", region="cn-north-4", media="m1", input="in.mp4", output="out.json", progress=100,
            updated_at=NOON, attributes={"Frames": "12"}, request_id="req-1",
            console_url="https://vod.console.aliyun.com/#/media/video/detail/m1/video")
    )  # fmt: skip
    labels = [line.strip("*") for line in text.split("\n") if line.startswith("*") and line.endswith("*")]
    assert labels == [
        "Service", "Kind", "Account", "Region", "Created", "Started", "Finished", "Duration", "Media", "Input",
        "Output", "Progress", "Updated", "Frames",
    ]  # fmt: skip
    assert "✅ *Succeeded* `SUCCEEDED` · *lecture 7*" in text
    assert "*Created*\n<!date^1795172400^{date_short_pretty} at {time}|2026-11-20 11:00 UTC>" in text
    assert "*Duration*\n1 min 30 s" in text
    assert (
        "*Ref* `media-cn/video-ocr/f18320e61e4c4dc685aa2dfc22a28dc5`\n*Id* `f18320e61e4c4dc685aa2dfc22a28dc5`" in text
    )
    assert (
        "· request id `req-1` · <https://vod.console.aliyun.com/#/media/video/detail/m1/video|open the console>" in text
    )


def test_a_providers_label_hides_none_of_ours():
    assert "*Service*\nvideo-ocr" in shown(job(attributes={"Service": "another", "Created": "never"}))


def test_only_a_whole_web_address_becomes_a_link():
    for url in ("javascript:alert(1)", "https://a|b> <!channel>", "http://plain.example", "https://a b"):
        assert "open the console" not in shown(job(console_url=url))


def test_why_it_failed():
    failed = job(JobState.FAILED, error=JobError(code="VAS.1204", message="The video is broken."))
    message = job_details(answer(failed), ASK, lambda _: "it ends early")
    assert "*Why it failed*\n`VAS.1204` The video is broken.\nWhat it means: it ends early" in judges.words(message)


@pytest.mark.parametrize("error", [None, JobError(), JobError(code="", message="")])
def test_a_failed_job_without_a_reason_says_so(error: JobError | None):
    assert "*Why it failed*\nthe provider gives no reason" in shown(job(JobState.FAILED, error=error))


def test_a_reason_that_could_not_be_asked_for_says_so():
    why = "the provider gives no reason: it could not be asked (Forbidden.RAM)"
    words = shown(job(JobState.FAILED, unexplained=why))
    assert f"*Why it failed*\n{why}" in words
    assert words.count("gives no reason") == 1


def test_notes_warn():
    assert "⚠️ The provider forgets this job soon." in shown(job(notes=("The provider forgets this job soon.",)))


def test_the_buttons_of_one_job_and_of_several():
    one = job_details(answer(job()), ASK, no_meaning)
    assert list(judges.commands(one.blocks)) == ["Refresh", "Share", "Raw"]
    several = job_details(answer(job(), job(id="b" * 32)), ASK, no_meaning)
    assert list(judges.commands(several.blocks)) == ["Details", "Raw", "Refresh", "Share"]
    shared = job_details(answer(job()), ASK.model_copy(update={"shared_by": "U0DANA"}), no_meaning)
    assert list(judges.commands(shared.blocks)) == ["Refresh", "Raw"]
    assert "Shared by <@U0DANA>" in judges.words(shared)


def test_unfinished_jobs_can_be_subscribed_to():
    running = job(JobState.RUNNING, finished_at=None)
    one = job_details(answer(running), ASK, no_meaning)
    assert list(judges.commands(one.blocks)) == ["Refresh", "Subscribe", "Share", "Raw"]
    several = job_details(answer(running, job(id="b" * 32)), ASK, no_meaning)
    subscribe = [each for each in judges.buttons(several.blocks) if each["text"]["text"] == "Subscribe"]
    assert [CommandPayload.model_validate_json(each["value"]) for each in subscribe] == [
        CommandPayload(text=f"subscribe {running.ref}")
    ]


def test_a_button_of_a_shared_message_answers_privately():
    shared = ASK.model_copy(update={"shared_by": "U0DANA"})
    message = job_details(answer(job(), job(id="b" * 32)), shared, no_meaning)
    assert CommandPayload.model_validate_json(judges.commands(message.blocks)["Details"]).shared_by is None


def test_many_jobs_get_shorter_and_are_counted():
    jobs = [job(id=f"{at:032x}", input="x" * 300, output="y" * 300) for at in range(20)]
    text = shown(*jobs)
    assert text.count("*Id*") > 2
    assert text.count("*Succeeded*") + int(text.split("… and ")[1].split(" ")[0]) == 20
    assert "Ask for fewer at a time." in text


def test_one_long_job_gets_shorter_and_stays_complete():
    wordy = job(
        JobState.FAILED, name="n" * 500, input='"' * 500, output="&" * 500, error=JobError(message="\\" * 3000),
        notes=("y" * 500,) * 5, attributes={f"Label {at}": "x" * 500 for at in range(40)},
    )  # fmt: skip
    message = job_details(answer(wordy), ASK, no_meaning)
    judges.accept(message)
    text = judges.words(message)
    for part in ("*Why it failed*", "*Input*", "*Output*", "*Label 9*", "⚠️ yyy", "*Id*"):
        assert part in text
    assert list(judges.commands(message.blocks)) == ["Refresh", "Share", "Raw"]


def test_many_failing_services_leave_room_for_the_job():
    wordy = LATE.model_copy(update={"message": "x" * 200, "request_id": "r" * 80})
    text = shown(job(input="y" * 300), errors=(wordy,) * 30)
    assert "y" * 290 in text
    assert "more notices" in text


def test_jobs_that_no_service_found_are_listed_together():
    places = ("media-cn/video-ocr", "vod-sg/vod-ai")
    text = shown(missing=[Missing(id="a1", looked_in=places), Missing(id="b2", looked_in=places), Missing(id="c3")])
    assert "❔ `a1` and `b2` were not found in *media-cn/video-ocr* or *vod-sg/vod-ai*." in text
    assert "❔ `c3` could not be found." in text


def test_one_missing_job_searched_in_many_services():
    places = tuple(f"a{at}/vod-ai" for at in range(12))
    assert "*a9/vod-ai* or 2 more. A job submitted" in shown(missing=[Missing(id="a1", looked_in=places)])


def test_a_question_that_no_service_can_answer_says_so():
    message = job_details(answer(), ASK, no_meaning)
    assert message.text == "No configured service supports this lookup."
    assert message.text in judges.words(message)
    assert message.text in str(raw(answer())["blocks"])


def test_each_failed_service_has_a_line():
    text = shown(job(), errors=(LATE,))
    assert "⚠️ *vod-sg/vod-ai* isn't responding (no answer within 10 s). Try again in a moment." in text


def test_the_fallback_says_it_all_in_words():
    message = job_details(answer(job(name="<!channel>"), errors=(LATE,)), ASK, no_meaning)
    assert message.text.split("\n") == [
        "✅ Succeeded: &lt;!channel&gt;, media-cn/video-ocr/f18320e61e4c4dc685aa2dfc22a28dc5",
        "⚠️ vod-sg/vod-ai isn't responding (no answer within 10 s). Try again in a moment.",
    ]


def test_times_that_contradict_each_other_have_no_duration():
    assert "*Duration*" not in shown(job(started_at=NOON, finished_at=NOON - timedelta(hours=1)))


def test_raw_data_is_the_providers_own():
    view = raw(answer(job(raw={"name": "a<b & c", "text": "```"}, request_id="req-1")))
    judges.accept_modal(view)
    assert view["blocks"][0]["elements"][0]["text"].endswith("secrets removed · request id `req-1`")
    assert view["blocks"][1]["text"]["text"] == '```\n{\n  "name": "a&lt;b &amp; c",\n  "text": "ʼʼʼ"\n}\n```'


@pytest.mark.parametrize("char", ["x", "&", "课", "😀", "`", "``", "\n"])
def test_huge_raw_data_is_cut_and_says_so(char: str):
    view = raw(answer(job(raw={f"key-{at}": char * 1000 for at in range(1000)})))
    judges.accept_modal(view)
    assert "lines not shown" in view["blocks"][-1]["elements"][0]["text"]


def test_raw_data_in_parts_is_complete():
    lines = {f"key-{at}": "value " * 20 for at in range(100)}
    blocks = raw(answer(job(raw=lines)))["blocks"][1:]
    assert len(blocks) > 1
    joined = "\n".join(block["text"]["text"].removeprefix("```\n").removesuffix("\n```") for block in blocks)
    assert joined.count("key-") == 100
    assert len(joined.split("\n")) == 102


def test_the_modal_that_waits():
    judges.accept_modal(raw_loading())
