"""Batch image moderation jobs, which live for 30 minutes (provider API notes, section 5.3)."""

from typing import Any

from sandbox.clouds.accounts import MARKED_SECRET
from sandbox.clouds.calls import Call, Refused
from sandbox.clouds.huawei.parameters import one_of, whole_number
from sandbox.clouds.huawei.request_context import Cut, Desk, last_change, listing
from sandbox.clouds.jobs import Job
from sandbox.clouds.raw_states import IMAGE_MODERATION
from sandbox.clouds.store import to_json

_INT32_MAX = 2**31 - 1
_SUGGESTIONS = ("pass", "pass", "pass", "review", "block")


def list_jobs(desk: Desk, call: Call) -> bytes:
    """Answer RunCheckTaskJobs: oldest first, and every match if there is no limit."""
    status = one_of(call, "status", IMAGE_MODERATION.every, _unsupported)
    offset = whole_number(call, "offset", 0, (0, _INT32_MAX), _unsupported)
    limit = whole_number(call, "limit", _INT32_MAX, (1, _INT32_MAX), _unsupported)
    jobs = desk.store.matching(desk.now, words=None if status is None else {status})
    return listing(desk, jobs, Cut(offset, limit, "result"), job_item)


def show_job(desk: Desk, call: Call) -> bytes:
    """Answer RunCheckResult: one job with its images, each with a verdict or its own error."""
    job_id = call.query.get("job_id")
    if not job_id:
        raise Refused(400, "AIS.0011", "The job_id parameter is missing.")
    job = desk.store.get(job_id, desk.now)
    if job is None:
        raise _unsupported("the job does not exist or has expired")
    return to_json({"result": {**job_item(job, desk.now), "items": _items(job, desk.now)}})


def job_item(job: Job, now: float) -> dict[str, Any]:
    """Return a job as the list shows it: without a failure reason."""
    return {
        "job_id": job.id,
        "status": job.word(now),
        "create_time": job.stamp(job.created),
        "update_time": job.stamp(last_change(job, now)),
    }


def _items(job: Job, now: float) -> list[dict[str, Any]]:
    if job.finished_by(now) is None:
        return []
    return [_image(job, number, now) for number in range(3 + job.salt % 10)]


def _image(job: Job, number: int, now: float) -> dict[str, Any]:
    url = f"https://obs-media-cn.example.com/{job.media}/{number}.jpg?AccessKeyId={MARKED_SECRET}&Signature=x"
    failure = job.failure_by(now)
    if failure or (job.salt + number) % 13 == 0:
        code, message = failure or ("AIS.0401", "The type of the image is not supported")
        return {"url": url, "error_code": code, "error_msg": message}
    suggestion = _SUGGESTIONS[(job.salt + number) % len(_SUGGESTIONS)]
    return {
        "url": url,
        "suggestion": suggestion,
        "detail": {"porn": [{"confidence": 0.8, "label": "normal"}], "politics": [], "terrorism": [], "ad": []},
        "category_suggestions": {"porn": suggestion, "politics": "pass"},
    }


def _unsupported(what: str) -> Refused:
    return Refused(400, "AIS.0012", f"The parameter is not supported: {what}.")
