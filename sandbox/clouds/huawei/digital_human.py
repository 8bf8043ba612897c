"""MetaStudio video production tasks (provider API notes, section 5.4)."""

import calendar
import time
from collections.abc import Sequence
from math import inf
from typing import Any

from sandbox.clouds.accounts import MARKED_SECRET
from sandbox.clouds.calls import Call, Refused
from sandbox.clouds.example_jobs import DIGITAL_HUMAN_ID
from sandbox.clouds.huawei.parameters import one_of, whole_number
from sandbox.clouds.huawei.request_context import Cut, Desk, last_change, listing
from sandbox.clouds.jobs import Job
from sandbox.clouds.raw_states import DIGITAL_HUMAN
from sandbox.clouds.store import to_json

LIMIT_MAX = 100
LAST_MONTH_S = 30 * 86_400
"""Without a time filter the list has only the last month."""
PHOTO = "DIGITAL_HUMAN_PHOTO_VIDEO"
_INT32_MAX = 2**31 - 1
_JOB_TYPES = {"2D_DIGITAL_HUMAN_VIDEO": "2D_DIGITAL_HUMAN_VIDEO", "PHOTO_DIGITAL_HUMAN_VIDEO": PHOTO, PHOTO: PHOTO}


def list_videos(desk: Desk, call: Call) -> bytes:
    """Answer ListDigitalHumanVideo: by default oldest first, 10 a page."""
    offset = whole_number(call, "offset", 0, (0, _INT32_MAX), _invalid)
    limit = whole_number(call, "limit", 10, (1, LIMIT_MAX), _invalid)
    jobs = _ordered(_matching(desk, call), call, desk.now)
    return listing(desk, jobs, Cut(offset, limit, "jobs"), video)


def show_2d(desk: Desk, call: Call) -> bytes:
    """Answer Show2DDigitalHumanVideo: one video of a virtual avatar."""
    return _show(desk, call, "2D_DIGITAL_HUMAN_VIDEO")


def show_photo(desk: Desk, call: Call) -> bytes:
    """Answer ShowPhotoDigitalHumanVideo: one video made from a photograph."""
    return _show(desk, call, PHOTO)


def video(job: Job, now: float) -> dict[str, Any]:
    """Return a DigitalHumanVideo. Its URLs are secrets: signed, or open to every holder for 24 hours."""
    body: dict[str, Any] = {"job_id": job.id, "state": job.word(now)}
    if job.id != DIGITAL_HUMAN_ID:
        body["job_type"] = job.kind
    if (started := job.started_by(now)) is not None:
        body["start_time"] = job.stamp(started)
    if (finished := job.finished_by(now)) is not None:
        body["end_time"] = job.stamp(finished)
    if job.word(now) == DIGITAL_HUMAN.succeeded:
        body["duration"] = 60 if job.id == DIGITAL_HUMAN_ID else round(20 + job.salt % 900 / 7, 2)
    failure = job.failure_by(now)
    return body | {
        "output_asset_config": _asset(job, now),
        "error_info": {"error_code": failure.code, "error_msg": failure.message} if failure else None,
        "create_time": job.stamp(job.created),
        "lastupdate_time": job.stamp(last_change(job, now)),
    }


def _asset(job: Job, now: float) -> dict[str, Any]:
    asset: dict[str, Any] = {"asset_id": job.media, "asset_name": job.name}
    if job.word(now) == DIGITAL_HUMAN.succeeded:
        signed = f"AccessKeyId={MARKED_SECRET}&Expires=1671241457&Signature={MARKED_SECRET}"
        asset["cover_url"] = f"https://metastudio.example.com/{job.media}/cover.png?{signed}"
        if job.kind == PHOTO:
            asset["preview_video_url"] = f"https://metastudio.example.com/{job.media}/preview.mp4?{signed}"
    return asset


def _show(desk: Desk, call: Call, kind: str) -> bytes:
    job = desk.store.get(call.raw_path.rsplit("/", 1)[1], desk.now)
    if job is None or job.kind != kind:
        raise Refused(404, "MSS.00000002", "Not Found")
    return to_json({**video(job, desk.now), "script_id": job.media, "shoot_scripts": []})


def _matching(desk: Desk, call: Call) -> Sequence[Job]:
    """Return jobs that match every filter. The indexed filters (id, state, time) apply first."""
    jobs = _indexed(desk, call)
    kind = one_of(call, "job_type", _JOB_TYPES, _invalid)
    name, fuzzy = call.query.get("asset_name"), "asset_name" in call.values("fuzzy_query_field")
    script = call.query.get("script_id")
    if kind is not None:
        jobs = [job for job in jobs if job.kind == _JOB_TYPES[kind]]
    if name is not None:
        jobs = [job for job in jobs if job.name == name or (fuzzy and name in job.name)]
    if script is not None:
        jobs = [job for job in jobs if job.media == script]
    return jobs


def _indexed(desk: Desk, call: Call) -> Sequence[Job]:
    """Return jobs by state and time. A filter by ids also finds jobs that lists do not show."""
    since, until = _instant(call, "create_since"), _instant(call, "create_until")
    last_month = desk.store.clock.reading(desk.now) - LAST_MONTH_S
    oldest = last_month if since is None and until is None else since or -inf
    words, newest = _states(call), until or inf
    ids = dict.fromkeys([*call.values("job_ids"), *call.values("job_id")])
    if not ids:
        return desk.store.matching(desk.now, words=words, since=oldest, until=newest)
    jobs = filter(None, (desk.store.get(job_id, desk.now) for job_id in ids))
    jobs = (job for job in jobs if oldest <= job.reading(job.created) <= newest)
    jobs = (job for job in jobs if words is None or job.word(desk.now) in words)
    return sorted(jobs, key=lambda job: (job.reading(job.created), job.id))


def _states(call: Call) -> set[str] | None:
    text = call.query.get("state")
    if text is None:
        return None
    words = set(text.split(","))
    if not words <= DIGITAL_HUMAN.every:
        raise _invalid("state")
    return words


def _ordered(jobs: Sequence[Job], call: Call, now: float) -> Sequence[Job]:
    key = one_of(call, "sort_key", {"create_time", "update_time", "asset_order"}, _invalid) or "create_time"
    way = one_of(call, "sort_dir", {"asc", "desc"}, _invalid) or "asc"
    if key == "update_time":
        jobs = sorted(jobs, key=lambda job: job.reading(last_change(job, now)))
    elif key == "asset_order":
        jobs = sorted(jobs, key=lambda job: job.name)
    return jobs[::-1] if way == "desc" else jobs


def _instant(call: Call, name: str) -> float | None:
    text = call.query.get(name)
    if text is None:
        return None
    try:
        return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))
    except ValueError:
        raise _invalid(name) from None


def _invalid(what: str) -> Refused:
    del what  # the vendor does not say
    return Refused(400, "MSS.00000003", "Invalid parameter")
