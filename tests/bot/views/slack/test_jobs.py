"""Lists of jobs: Slack accepts any text of a provider, and nothing in the message misleads."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain.answers import JobList, Remembered, ServiceError
from bot.domain.button_payloads import BLOCK_ID_MAX, CommandPayload
from bot.views import list_notes
from bot.views.list_notes import nothing
from bot.views.slack.jobs import Controls, job_list
from providers.models import Job, JobError, JobState
from tests.bot.views import anything, judges
from tests.bot.views.anything import NOON, job

ASK = CommandPayload(text="list")
NOBODYS = Remembered(account="vod-sg", service="vod-jobs", known=0)
controls = st.builds(
    Controls,
    scopes=st.lists(st.text("abc-_/", min_size=1, max_size=60), max_size=150, unique=True).map(tuple),
    state=st.sampled_from(["any", "failed", "failed,running"]),
    scope=st.sampled_from(["any", "a"]),
    without=st.just("") | anything.nasty.map(lambda text: list_notes.without((), [("name", text)])),
)


def late(number: int = 0) -> ServiceError:
    return ServiceError(
        account=f"a{number}",
        service="vod-ai",
        kind="late",
        code="late",
        message="no answer within 10 s",
        retryable=True,
    )


def answer(*jobs: Job, **values: object) -> JobList:
    return JobList.model_validate({"jobs": jobs, "services": 2, "total": len(jobs), "checked_at": NOON, **values})


def test_the_first_line_names_the_exclusions():
    for found in (answer(job(JobState.RUNNING)), answer()):
        shown = job_list(found, ASK, Controls(without="without name test"))
        assert shown.blocks[0]["text"]["text"].endswith(" · without name test")
        assert "without name test" in shown.text.splitlines()[0]


@settings(max_examples=40)
@given(anything.lists, anything.asks, controls)
def test_slack_takes_every_list(found: JobList, command: CommandPayload, offered: Controls):
    shown = job_list(found, command, offered)
    judges.accept(shown)
    labels = judges.commands(shown.blocks)
    assert ("Refresh" in labels) == command.fits(BLOCK_ID_MAX)
    words = judges.words(shown)
    assert ", checked <!date^" in words
    if found.jobs:  # a page is never empty when there are jobs
        assert f"*{found.jobs[0].state.capitalize()}*" in words
        assert nothing(found) not in words


@settings(max_examples=20)
@given(anything.jobs())
def test_the_state_is_a_word_with_the_raw_state_beside_it(found: Job):
    row = job_list(answer(found), ASK, Controls()).blocks[1]["text"]["text"]
    assert f" *{found.state.capitalize()}*" in row
    assert (" *" + found.state.capitalize() + "* `" in row) == bool(found.raw_state)


def test_a_page_of_ordinary_jobs_fits_with_everything_around_it():
    shown = job_list(
        answer(*(job(id=f"{at:032x}") for at in range(10)), offset=10, limit=10, total=312, more=True,
               errors=(late(),), remembered=(Remembered(account="vod-sg", service="vod-jobs", known=3),)),
        CommandPayload(text="list", offset=10),
        Controls(("media-cn", "video-ocr", "media-cn/video-ocr"), "any", "media-cn"),
    )  # fmt: skip
    text = judges.words(shown)
    assert "312, checked <!date^" in text
    assert "Slack limit" not in text
    assert list(judges.commands(shown.blocks)) == ["Details", "◀ Previous", "Next ▶", "Refresh", "Share"]
    selects = next(block for block in shown.blocks if block.get("block_id", "").startswith("selects:"))
    assert [select["placeholder"]["text"] for select in selects["elements"]] == ["State", "Service"]
    assert selects["elements"][1]["initial_option"]["value"] == "media-cn"


def test_one_job_says_everything_in_two_lines():
    found = job(JobState.FAILED, raw_state="FAILED", error=JobError(code="VAS.1204", message="The video is broken."))
    first, second = job_list(answer(found), ASK, Controls()).blocks[1]["text"]["text"].split("\n")
    assert first == "❌ *Failed* · *lecture 7* · video-ocr · media-cn"
    assert second.startswith("created <!date^1795172400^{ago}|2026-11-20 11:00 UTC> · took 1 min 30 s · `VAS.1204` The")


def test_a_failed_job_without_a_reason_says_so():
    for error in (None, JobError()):
        assert "· the provider gives no reason" in judges.words(
            job_list(answer(job(JobState.FAILED, error=error)), ASK, Controls())
        )


def test_a_reason_that_is_not_in_the_list_is_not_said_to_be_missing():
    words = judges.words(job_list(answer(job(JobState.FAILED, unexplained="look at <this> job")), ASK, Controls()))
    assert "· look at &lt;this&gt; job" in words
    assert "gives no reason" not in words


def test_a_job_without_a_visible_name_has_its_id_as_title():
    for name in (None, "", " ", "\u202e\u200d\n"):
        assert "*f18320e61e4c4dc685aa2dfc22a28dc5*" in judges.words(job_list(answer(job(name=name)), ASK, Controls()))


def test_the_text_of_a_screen_reader():
    shown = job_list(answer(job(name="lecture\n\u202e7")), ASK, Controls())
    assert judges.buttons(shown.blocks)[0]["accessibility_label"] == "Details of lecture 7"


def test_progress_is_shown_while_a_job_runs():
    running = job(JobState.RUNNING, progress=40, finished_at=None)
    assert "· 40 %" in judges.words(job_list(answer(running), ASK, Controls()))
    assert "%" not in judges.words(job_list(answer(job(progress=100)), ASK, Controls()))


def test_jobs_that_do_not_fit_are_on_the_next_page():
    found = answer(*(job(name="x" * 500, id=f"{at:032x}") for at in range(100)), limit=100, total=100)
    shown = job_list(found, ASK, Controls())
    rows = sum("accessory" in block for block in shown.blocks)
    assert 5 < rows < 100
    assert f"1–{rows} of 100 (showing {rows}, Slack limit)" in judges.words(shown)
    assert CommandPayload.model_validate_json(judges.commands(shown.blocks)["Next ▶"]).offset == rows


def test_buttons_go_back_and_forth():
    shown = job_list(answer(job(), offset=10, limit=20, more=True), CommandPayload(text="list", offset=10), Controls())
    asks = {label: CommandPayload.model_validate_json(value) for label, value in judges.commands(shown.blocks).items()}
    assert asks["◀ Previous"].offset == 0
    assert asks["Next ▶"].offset == 11
    assert asks["Refresh"].offset == asks["Share"].offset == 10
    assert asks["Details"].text == "show media-cn/video-ocr/f18320e61e4c4dc685aa2dfc22a28dc5"


def test_a_shared_list_names_who_shared_it_and_offers_a_private_copy():
    shown = job_list(answer(job(), more=True), CommandPayload(text="list", shared_by="U0DANA"), Controls(("a",)))
    assert "shared by <@U0DANA>" in judges.words(shown)
    buttons = judges.commands(shown.blocks)
    assert list(buttons) == ["Details", "Refresh", "Open for me"]
    assert CommandPayload.model_validate_json(buttons["Open for me"]).shared_by is None
    assert "selects:" not in str(shown.blocks)


def test_many_failing_services_are_counted_and_leave_room_for_jobs():
    shown = job_list(answer(job(), errors=tuple(map(late, range(60)))), ASK, Controls())
    text = judges.words(shown)
    assert "*Succeeded*" in text
    assert "more notices" in text
    assert "Refresh" in judges.commands(shown.blocks)


def test_long_failures_leave_room_for_jobs():
    wordy = tuple(late(at).model_copy(update={"message": '"' * 200, "code": "c" * 80}) for at in range(12))
    shown = job_list(answer(*(job(id=f"{at:032x}") for at in range(10)), errors=wordy), ASK, Controls())
    assert sum("accessory" in block for block in shown.blocks) == 10


def test_many_scopes_leave_room_for_jobs():
    offered = Controls(
        tuple(f"account-number-{at}/video-ocr" for at in range(99)), "any", "account-number-98/video-ocr"
    )
    shown = job_list(answer(*(job(id=f"{at:032x}") for at in range(10))), ASK, offered)
    assert sum("accessory" in block for block in shown.blocks) > 5
    service = next(block for block in shown.blocks if "selects:" in block.get("block_id", ""))["elements"][1]
    assert service["initial_option"]["value"] == "account-number-98/video-ocr"


def test_unfinished_jobs_of_a_page_can_be_subscribed_to_together():
    running = [job(JobState.RUNNING, id=f"{at:032x}", finished_at=None) for at in range(2)]
    shown = job_list(answer(running[0], job(), running[1]), ASK, Controls())
    buttons = judges.commands(shown.blocks)
    assert list(buttons) == ["Details", "Refresh", "Follow 2 running", "Share"]
    subscribe = CommandPayload.model_validate_json(buttons["Follow 2 running"])
    assert subscribe.text == f"subscribe {running[0].ref} {running[1].ref}"


def test_request_ids_can_be_copied():
    shown = judges.words(job_list(answer(job(request_id="req-1")), ASK, Controls()))
    assert "request ids: media-cn/video-ocr `req-1`" in shown


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (answer(errors=(late(), late(1))), "No service responded."),
        (answer(errors=(late(),)), "No jobs match in the services that responded."),
        (answer(offset=10), "No jobs on this page."),
        (answer(services=1, remembered=(NOBODYS,)), "No matching jobs."),
        (answer(), "No jobs match."),
    ],
)  # fmt: skip
def test_an_empty_page_says_why(found: JobList, words: str):
    assert nothing(found) == words
    shown = job_list(found, ASK, Controls())
    assert words in judges.words(shown)
    assert shown.text == words
