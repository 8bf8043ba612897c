"""The notes of a list in addition to its rows: its position, and the services that were read in part."""

import pytest

from bot.domain.answers import Incomplete, JobList, Remembered, ServiceError
from bot.views.list_notes import notes, position, without
from providers.models import Job
from tests.bot.views.anything import NOON, job


def test_exclusions_are_repeated_in_words():
    assert without((), ()) == ""
    assert without(("vod-ai",), (("name", "test"), ("code", "ALG.002"))) == "without vod-ai, name test and code ALG.002"


LATE = ServiceError(
    account="a0", service="vod-ai", kind="late", code="late", message="no answer within 10 s", retryable=True
)


def answer(*jobs: Job, **values: object) -> JobList:
    return JobList.model_validate({"jobs": jobs, "services": 2, "total": len(jobs), "checked_at": NOON, **values})


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"total": 312, "offset": 10}, "11–20 of 312"),
        ({"total": None, "more": True}, "1–10 of many"),
        ({"total": None}, "1–10"),
        ({"total": 12_345, "offset": 12_000}, "12,001–12,010 of 12,345"),
    ],
)
def test_position(values: dict[str, object], words: str):
    assert position(answer(**values), 10) == words


def test_one_job_and_none():
    assert position(answer(job()), 1) == "1 of 1"
    assert position(answer(), 0) == "0 jobs"


def test_each_service_that_was_read_in_part_has_its_line():
    known = Remembered(account="vod-sg", service="vod-jobs", known=1)
    part = Incomplete(account="media-cn", service="video-ocr", scanned=1000, malformed=2)
    lines = notes(answer(errors=(LATE,), remembered=(known, known.model_copy(update={"known": 0})), incomplete=(part,)))
    assert lines == [
        "⚠️ *a0/vod-ai* isn't responding (no answer within 10 s). Try again in a moment.",
        "🗒️ *vod-sg/vod-jobs* doesn't support listing: searched 1 job looked up before.",
        "🗒️ *vod-sg/vod-jobs* doesn't support listing. Look a job up with `/jobs show ID`, and it appears here.",
        "✂️ *media-cn/video-ocr* has more than the newest 1,000 jobs searched here. Narrow the search with `since:`.",
        "⚠️ *media-cn/video-ocr* returned 2 unreadable jobs.",
    ]
