"""Answers in the terminal: the same words, without control characters."""

from io import StringIO

from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import RenderableType

from bot.domain.answers import AccountsHealth, JobDetails, JobList, Missing, Remembered, ServiceHealth
from bot.views.terminal import tables
from providers.models import Job, JobError, JobState
from tests.bot.views import anything, judges
from tests.bot.views.anything import NOON, job
from tests.bot.views.slack.test_details import LATE


class Terminal(StringIO):
    """An output that claims to be a terminal.

    Styles then become escape sequences.
    """

    def isatty(self) -> bool:
        return True


def printed(shown: RenderableType) -> str:
    output = StringIO()
    tables.console(output).print(shown)
    return output.getvalue()


def squeezed(shown: RenderableType) -> str:
    return " ".join(printed(shown).split())


def no_meaning(_: Job) -> None:
    return None


@settings(max_examples=15)
@given(anything.lists, anything.details, st.lists(anything.health, max_size=2))
def test_nothing_controls_the_terminal(found: JobList, details: JobDetails, services: list[ServiceHealth]):
    health = AccountsHealth(services=tuple(services), checked_at=NOON)
    few = details.model_copy(update={"jobs": details.jobs[:2]})
    page = found.model_copy(update={"jobs": found.jobs[:3]})
    for shown in (tables.job_list(page, NOON), tables.job_details(few, no_meaning), tables.accounts(health)):
        assert not judges.UNSEEN.search(printed(shown))


def test_styles_are_the_only_escape_sequences():
    output = Terminal()
    answer = JobList(jobs=(job(name="\x1b[31mred"),), checked_at=NOON)
    tables.console(output).print(tables.job_list(answer, NOON))
    assert "\x1b[" in output.getvalue()
    assert "[31mred" in output.getvalue()
    assert "\x1b[31mred" not in output.getvalue()


def test_markup_stays_text():
    assert printed("[red]a[/] :tada:") == "[red]a[/] :tada:\n"
    name = "[red]a[/] :tada: [link=x]"
    strange = job(name=name, account=name, raw_state=name, error=JobError(code=name), state=JobState.FAILED)
    assert printed(tables.job_list(JobList(jobs=(strange,), checked_at=NOON), NOON)).count("[red]a[/] :tada:") == 4
    service = ServiceHealth(account=name, service="s", region=name, lists=True)
    assert printed(tables.accounts(AccountsHealth(services=(service,), checked_at=NOON))).count(name) == 2


def test_a_list():
    failed = job(JobState.FAILED, id="b2", name=None, raw_state="FAILED", error=JobError(code="E1", message="broken"))
    answer = JobList(
        jobs=(job(), failed), total=312, offset=10, checked_at=NOON, services=2, errors=(LATE,),
        remembered=(Remembered(account="vod-sg", service="vod-jobs", known=3),),
    )  # fmt: skip
    text = squeezed(tables.job_list(answer, NOON))
    assert "✅ succeeded lecture 7 1 h ago 1 min 30 s" in text
    assert "media-cn/video-ocr/f18320e61e4c4dc685aa2dfc22a28dc5" in text
    assert "❌ failed media-cn/video-ocr/b2 1 h ago 1 min 30 s E1 broken" in text
    assert "⚠️ vod-sg/vod-ai isn't responding (no answer within 10 s). Try again in a moment." in text
    assert "vod-sg/vod-jobs doesn't support listing: searched 3 jobs" in text
    assert "312, checked just now" in text


def test_a_failed_job_without_a_reason():
    failed = job(JobState.FAILED)
    assert "the provider gives no reason" in squeezed(tables.job_list(JobList(jobs=(failed,), checked_at=NOON), NOON))
    assert "Reason the provider gives no reason" in squeezed(
        tables.job_details(JobDetails(jobs=(failed,), checked_at=NOON), no_meaning)
    )


def test_a_failed_job_whose_reason_could_not_be_asked_for():
    why = "the provider gives no reason: it could not be asked (Forbidden.RAM)"
    failed = job(JobState.FAILED, unexplained=why)
    listed = squeezed(tables.job_list(JobList(jobs=(failed,), checked_at=NOON), NOON))
    shown = squeezed(tables.job_details(JobDetails(jobs=(failed,), checked_at=NOON), no_meaning))
    assert why in listed
    assert f"Reason {why}" in shown


def test_an_empty_list_says_why():
    assert squeezed(tables.job_list(JobList(checked_at=NOON), NOON)) == "No jobs match."


def test_details():
    failed = job(JobState.FAILED, error=JobError(code="E1"), notes=("gone soon",), request_id="r1", region="cn-north-4")
    missing = Missing(id="c3", looked_in=("a/b", "a/c"))
    answer = JobDetails(jobs=(failed,), missing=(missing,), errors=(LATE,), checked_at=NOON)
    text = squeezed(tables.job_details(answer, lambda _: "it ends early"))
    for part in (
        "lecture 7", "State ❌ failed", "Ref media-cn/video-ocr/f18320e61e4c4dc685aa2dfc22a28dc5", "Region cn-north-4",
        "Created 2026-11-20 11:00 UTC", "Duration 1 min 30 s", "Reason E1", "Meaning it ends early", "Note gone soon",
        "Request id r1", "❔ c3 was not found in a/b or a/c.", "⚠️ vod-sg/vod-ai isn't responding",
    ):  # fmt: skip
        assert part in text


def test_a_question_that_no_service_can_answer():
    answer = JobDetails(checked_at=NOON)
    assert squeezed(tables.job_details(answer, no_meaning)) == "No configured service supports this lookup."


def test_accounts():
    healthy = ServiceHealth(
        account="a", service="b", region="r", lists=True, latency_s=0.052, budget_left=4, budget=5, last_ok_at=NOON
    )
    failing = ServiceHealth(account="vod-sg", service="vod-ai", region="r", lists=False, error=LATE)
    text = squeezed(tables.accounts(AccountsHealth(services=(healthy, failing), checked_at=NOON)))
    assert "a/b r yes 52 ms 4 of 5" in text
    assert "vod-sg/vod-ai r no" in text
    assert "isn't responding (no answer within 10 s)" in text


def test_a_pipe_gets_long_lines():
    assert tables.console(StringIO()).width == 240
