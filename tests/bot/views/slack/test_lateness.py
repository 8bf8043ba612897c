"""Partial answers and their updates: Slack accepts both, and they name the late services and their results."""

from collections.abc import Iterable
from typing import Any

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bot.domain.answers import AccountsHealth, JobDetails, JobList, Late, ServiceError
from bot.domain.button_payloads import CommandPayload
from bot.views import facts
from bot.views.slack import accounts, details, jobs
from bot.views.slack.block_kit import marked
from providers.models import Job
from tests.bot.views import anything, judges
from tests.bot.views.anything import NOON, job

OCR = Late(account="media-cn", service="video-ocr", after_s=4.04)
DIGITAL = Late(account="media-cn", service="digital-human", after_s=10.01)
ASK = CommandPayload(text="list")
late_ones = st.lists(
    st.builds(
        Late, account=st.text(min_size=1, max_size=20), service=st.text(min_size=1, max_size=40), alone=st.booleans()
    ),
    max_size=8,
)


def brought(jobs: Iterable[Job], late: Iterable[Late]) -> tuple[Late, ...]:
    """Return late services with and without jobs."""
    of_jobs = (Late(account=each.account, service=each.service, after_s=3) for each in jobs)
    return tuple({each.address: each for each in (OCR, *late, *of_jobs)}.values())


def error(late: Late, kind: str = "late") -> ServiceError:
    return ServiceError(
        account=late.account, service=late.service, kind=kind, code=kind, message="no answer", retryable=True
    )


def of(late: Late, number: int = 0, **values: Any) -> Job:
    return job(account=late.account, service=late.service, id=f"{number:032x}", **values)


def listed(*found: Job, **values: Any) -> JobList:
    return JobList.model_validate({"jobs": found, "services": 2, "checked_at": NOON, **values})


def no_meaning(_: Job) -> None:
    return None


@settings(max_examples=40, phases=[Phase.generate])
@given(anything.lists, late_ones, anything.asks)
def test_slack_takes_partial_answers_and_their_updates(found: JobList, late: list[Late], command: CommandPayload):
    judges.accept(jobs.job_list(found.model_copy(update={"pending": tuple(late)}), command, jobs.Controls()))
    answer = found.model_copy(update={"late": brought(found.jobs, late)})
    judges.accept(jobs.late(answer))


@settings(max_examples=40, phases=[Phase.generate])
@given(anything.details, late_ones, anything.asks)
def test_slack_takes_both_of_details_too(found: JobDetails, late: list[Late], command: CommandPayload):
    judges.accept(details.job_details(found.model_copy(update={"pending": tuple(late)}), command, no_meaning))
    answer = found.model_copy(update={"late": brought(found.jobs, late)})
    judges.accept(details.late(answer, no_meaning))


@settings(max_examples=20)
@given(st.lists(anything.health, min_size=1, max_size=60))
def test_slack_takes_late_accounts(health: list[Any]):
    late = tuple(Late(account=each.account, service=each.service) for each in health)
    judges.accept(accounts.late(AccountsHealth(services=tuple(health), late=late, checked_at=NOON)))


def test_the_line_is_below_the_title():
    first = jobs.job_list(listed(of(OCR), pending=(DIGITAL,)), ASK, jobs.Controls())
    assert first.blocks[1]["elements"][0]["text"] == "⏳ still asking digital-human"
    assert first.text.endswith("⏳ still asking digital-human")
    assert "at least" in judges.words(jobs.job_list(listed(of(OCR), total=1, pending=(DIGITAL,)), ASK, jobs.Controls()))


def test_only_late_rows_follow_and_bad_news_comes_first():
    there = [of(Late(account="a", service="b")), *(of(OCR, number) for number in range(3))]
    message = jobs.late(listed(*there, late=(OCR, DIGITAL), errors=(error(DIGITAL),)))
    assert message.blocks[0]["text"]["text"].startswith("⚠️ *digital-human didn't respond in 10 s")
    assert message.blocks[1]["text"]["text"] == "*video-ocr after 4 s: 3 jobs*"
    assert len(message.blocks) == 5
    assert message.text.startswith("⚠️ digital-human didn't respond in 10 s")


def test_rows_that_do_not_fit_are_counted():
    message = jobs.late(listed(*(of(OCR, number, name="x" * 300) for number in range(100)), late=(OCR,)))
    assert "more lines. *Refresh* above shows everything" in judges.words(message)


def test_late_details_only_offer_actions_on_their_jobs():
    found = [of(Late(account="a", service="b")), of(OCR)]
    answer = JobDetails(jobs=tuple(found), services=2, late=(OCR,), checked_at=NOON)
    commands = judges.commands(details.late(answer, no_meaning).blocks)
    assert CommandPayload.model_validate_json(commands["Refresh"]).text == f"show {of(OCR).ref}"


def test_a_partial_answer_never_says_that_a_look_up_is_impossible():
    shown = details.job_details(JobDetails(services=2, pending=(OCR,), checked_at=NOON), ASK, no_meaning)
    assert facts.NOBODY not in judges.words(shown)
    assert shown.text == "⏳ still asking video-ocr"


@settings(max_examples=20)
@given(anything.lists, anything.asks)
def test_a_message_that_names_its_answer_keeps_to_slacks_limits(found: JobList, command: CommandPayload):
    scopes = tuple(f"account-{number}" for number in range(9))
    first = marked(jobs.job_list(found, command, jobs.Controls(scopes)), "0a1b2c3d")
    judges.accept_blocks(first.blocks)
    for block in first.blocks:
        assert len(block.get("block_id", "")) <= 255
        values = [each.get("value", "") for each in (*block.get("elements", ()), block.get("accessory", {}))]
        assert all(len(value) <= 2000 for value in values)
