"""VAS video OCR jobs (provider API notes, section 5.1)."""

from collections.abc import Sequence
from typing import Any

from sandbox.clouds.accounts import MARKED_SECRET
from sandbox.clouds.calls import Call, Refused
from sandbox.clouds.example_jobs import VIDEO_OCR_ID
from sandbox.clouds.huawei.parameters import one_of, whole_number
from sandbox.clouds.huawei.request_context import Cut, Desk, last_change, listing
from sandbox.clouds.jobs import Job
from sandbox.clouds.raw_states import VIDEO_OCR
from sandbox.clouds.store import to_json

ORDERS = frozenset(f"{key}:{way}" for key in ("name", "created_at", "updated_at") for way in ("ASC", "DESC"))
LIMIT_MAX = 1000
OFFSET_MAX = 100_000
_MILLISECONDS_MAX = 2**63 - 1


def list_tasks(desk: Desk, call: Call) -> bytes:
    """Answer ListTasksDetails: one raw state at most, by default newest first, 100 a page."""
    if ("offset" in call.query) != ("limit" in call.query):
        raise _invalid("offset and limit must be used together")
    offset = whole_number(call, "offset", 0, (0, OFFSET_MAX), _invalid)
    limit = whole_number(call, "limit", 100, (1, LIMIT_MAX), _invalid)
    jobs = _ordered(_matching(desk, call), one_of(call, "order", ORDERS, _invalid) or "created_at:DESC", desk.now)

    def form(job: Job, now: float) -> dict[str, Any]:
        return task(job, now, desk.account.project_id)

    return listing(desk, jobs, Cut(offset, limit, "tasks"), form)


def show_task(desk: Desk, call: Call) -> bytes:
    """Answer ShowTask: one job."""
    job = desk.store.get(call.raw_path.rsplit("/", 1)[1], desk.now)
    if job is None:
        raise Refused(404, "IVA.0005", "The task is not found.")
    return to_json(task(job, desk.now, desk.account.project_id))


def other_service(desk: Desk, call: Call) -> bytes:
    """Refuse VAS services that the sandbox does not simulate."""
    del desk, call
    raise Refused(404, "IVA.0005", "The service is not found.")


def task(job: Job, now: float, project_id: str) -> dict[str, Any]:
    """Return a taskDetail. Every ninth job lacks fields that the schema requires, as in the vendor's example."""
    body: dict[str, Any] = {
        "id": job.id,
        "name": job.name,
        "description": "sss" if job.id == VIDEO_OCR_ID else None,
        "input": _input(job),
        "output": _output(job),
        "service_config": {"common": {"area": "0,0,0.5,0.5;", "threshold": 0.5}},
        "service_version": "1.0",
        "state": job.word(now),
        "created_at": job.stamp(job.created),
        "updated_at": job.stamp(last_change(job, now)),
    }
    if job.salt % 9 and job.id != VIDEO_OCR_ID:
        title = {"zh": "视频文字识别", "en": "Video OCR"}
        more = {"creator": "media-team", "project_id": project_id, "service_name": "video-ocr", "service_title": title}
        body |= more
    if failure := job.failure_by(now):
        body["error"] = {"code": failure.code, "message": failure.message}
        body["status"] = "The run has failed."
    return body


def _matching(desk: Desk, call: Call) -> Sequence[Job]:
    """Return matching jobs. created_since and created_until are milliseconds, inclusive; the likes ignore case."""
    word = one_of(call, "state", VIDEO_OCR.every, _invalid)
    since = whole_number(call, "created_since", 0, (0, _MILLISECONDS_MAX), _invalid) / 1000
    until = whole_number(call, "created_until", _MILLISECONDS_MAX, (0, _MILLISECONDS_MAX), _invalid) / 1000
    jobs = desk.store.matching(desk.now, words=None if word is None else {word}, since=since, until=until)
    if name := _like(call, "name_like", 100):
        jobs = [job for job in jobs if name in job.name.lower()]
    if part := _like(call, "id_like", 32):
        jobs = [job for job in jobs if part in job.id]
    return jobs


def _like(call: Call, name: str, longest: int) -> str:
    """Return a fuzzy text: letters of any script and digits; names also allow `_` and `-`; ids only lower case."""
    text = call.query.get(name)
    if text is None:
        return ""
    plain = text.replace("_", "a").replace("-", "a") if name == "name_like" else text
    fits = plain.isalnum() and (name == "name_like" or (text.isascii() and text == text.lower()))
    if not fits or len(text) > longest:
        raise _invalid(f"{name} is illegal")
    return text.lower()


def _ordered(jobs: Sequence[Job], order: str, now: float) -> Sequence[Job]:
    key, _, way = order.partition(":")
    if key == "name":
        jobs = sorted(jobs, key=lambda job: job.name)
    elif key == "updated_at":
        jobs = sorted(jobs, key=lambda job: job.reading(last_change(job, now)))
    return jobs[::-1] if way == "DESC" else jobs


def _input(job: Job) -> dict[str, Any]:
    if job.id == VIDEO_OCR_ID:
        return {"type": "obs", "data": [{"bucket": "obs-iva", "path": "input/demo.mp4"}]}
    if job.salt % 10 == 7:
        url = f"https://user:{MARKED_SECRET}@cdn.example.com/{job.media}.mp4?auth_key={MARKED_SECRET}"
        return {"type": "url", "data": [{"url": url, "headers": {"Authorization": f"Bearer {MARKED_SECRET}"}}]}
    if job.salt % 10 == 8:
        return {"type": "vcn", "vcn": {"ip": "192.0.2.7", "port": 18531, "username": "cam", "password": MARKED_SECRET}}
    paths = [f"input/{job.name}", "input/intro.mp4", "input/outro.mp4", "input/ads.mp4"]
    data = [{"bucket": "obs-media-cn", "path": path} for path in paths[: 4 if job.salt % 10 == 9 else 1]]
    return {"type": "obs", "data": data}


def _output(job: Job) -> dict[str, Any]:
    output: dict[str, Any] = {"obs": {"bucket": "obs-iva", "path": "output/"}}
    if job.salt % 11 == 5:
        url = f"https://hooks.example.com/ocr?token={MARKED_SECRET}"
        output["webhook"] = {"url": url, "headers": {"X-App-Key": MARKED_SECRET}, "data_category": ["ocr"]}
    return output


def _invalid(what: str) -> Refused:
    return Refused(400, "IVA.0004", f"Invalid parameter: {what}.")
