"""Answers as JSON. Names, order and nulls are a contract with scripts."""

import json
from datetime import UTC, datetime, timedelta, timezone

from bot.domain.answers import AccountsHealth, JobDetails, JobList, Missing, ServiceError, ServiceHealth
from bot.views.terminal import json_output
from providers.models import Job, JobError, JobState

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
BARE = Job(account="media-cn", service="video-ocr", id="a1", state=JobState.UNKNOWN)
WHOLE = Job(
    account="vod-sg",
    service="vod-jobs",
    id="b2",
    name="lecture",
    kind="transcode",
    state=JobState.FAILED,
    raw_state="TranscodeFail",
    created_at=NOON,
    started_at=NOON + timedelta(seconds=1),
    finished_at=NOON + timedelta(seconds=90, microseconds=500_000),
    updated_at=NOON.astimezone(timezone(timedelta(hours=8))),
    progress=40,
    media="m1",
    input="in",
    output="out",
    error=JobError(code="E1", message="broken"),
    request_id="req-1",
    console_url="https://vod.console.aliyun.com/#/media/video/detail/m1/video",
    region="ap-southeast-1",
    attributes={"Frames": "12"},
    notes=("a note",),
    raw={"JobId": "b2"},
)
LATE = ServiceError(
    account="vod-sg", service="vod-ai", kind="late", code="late", message="no answer", retryable=True, request_id="r",
    retry_after=3, failing_since=NOON,
)  # fmt: skip
LATE_RECORD = {"account": "vod-sg", "service": "vod-ai", "code": "late", "message": "no answer", "retryable": True}


def test_a_job_has_exactly_these_keys_in_this_order():
    assert json.dumps(json_output.job(WHOLE)) == json.dumps(
        {
            "ref": "vod-sg/vod-jobs/b2",
            "account": "vod-sg",
            "service": "vod-jobs",
            "id": "b2",
            "name": "lecture",
            "kind": "transcode",
            "state": "failed",
            "raw_state": "TranscodeFail",
            "created_at": "2026-11-20T12:00:00Z",
            "started_at": "2026-11-20T12:00:01Z",
            "finished_at": "2026-11-20T12:01:30Z",
            "updated_at": "2026-11-20T12:00:00Z",
            "duration_s": 89.5,
            "progress": 40,
            "media": "m1",
            "input": "in",
            "output": "out",
            "error": {"code": "E1", "message": "broken"},
            "request_id": "req-1",
            "console_url": "https://vod.console.aliyun.com/#/media/video/detail/m1/video",
        }
    )


def test_unknown_values_are_null():
    known = {
        "ref": "media-cn/video-ocr/a1",
        "account": "media-cn",
        "service": "video-ocr",
        "id": "a1",
        "state": "unknown",
    }
    assert json_output.job(BARE) == dict.fromkeys(json_output.job(WHOLE)) | known
    failed = BARE.model_copy(update={"state": JobState.FAILED, "error": JobError()})
    assert json_output.job(failed)["error"] == {"code": None, "message": None}


def test_a_list():
    answer = JobList(jobs=(BARE,), errors=(LATE,), checked_at=NOON)
    found = json_output.job_list(answer)
    assert json.dumps(found) == json.dumps(
        {"jobs": [json_output.job(BARE)], "errors": [LATE_RECORD], "checked_at": "2026-11-20T12:00:00Z"}
    )


def test_details():
    answer = JobDetails(jobs=(WHOLE,), missing=(Missing(id="c3", looked_in=("a/b",)),), errors=(LATE,), checked_at=NOON)
    found = json_output.job_details(answer)
    assert json.dumps(found) == json.dumps(
        {"jobs": [json_output.job(WHOLE)], "missing": ["c3"], "errors": [LATE_RECORD]}
    )


def test_accounts():
    service = ServiceHealth(
        account="vod-sg", service="vod-ai", region="ap-southeast-1", lists=False, error=LATE, last_ok_at=NOON,
        last_error=LATE, last_error_at=NOON, budget_left=3, budget=5,
    )  # fmt: skip
    healthy = ServiceHealth(account="media-cn", service="video-ocr", region="cn-north-4", lists=True, latency_s=0.25)
    found = json_output.accounts(AccountsHealth(services=(service, healthy), checked_at=NOON))
    assert found["services"][0] == {
        "account": "vod-sg", "service": "vod-ai", "region": "ap-southeast-1", "reachable": False, "latency_s": None,
        "last_ok_at": "2026-11-20T12:00:00Z", "last_error": LATE_RECORD, "last_error_at": "2026-11-20T12:00:00Z",
        "budget_left": 3, "budget": 5, "list_limit": None,
    }  # fmt: skip
    assert found["services"][1]["reachable"] is True
    assert found["services"][1]["last_error"] is None
    assert found["services"][1]["latency_s"] == 0.25
    assert found["errors"] == [LATE_RECORD]
    assert found["checked_at"] == "2026-11-20T12:00:00Z"


def test_the_first_and_the_last_moment_can_be_written():
    assert json_output.instant(datetime.min.replace(tzinfo=UTC)) == "0001-01-01T00:00:00Z"
    assert json_output.instant(datetime.max.replace(tzinfo=UTC)) == "9999-12-31T23:59:59Z"
    assert json_output.instant(None) is None
