"""ListJobInfo: the jobs on one media asset (provider API notes, section 11)."""

from typing import Any

from sandbox.clouds.alibaba.details import type_of, word_of
from sandbox.clouds.alibaba.request_context import ACCOUNT_OWNER, Desk, required, some_of
from sandbox.clouds.calls import Call
from sandbox.clouds.jobs import Job


def list_job_info(desk: Desk, call: Call) -> dict[str, Any]:
    """Return six months of one type of job; none for an unknown media asset."""
    media, job_type = required(call, "MediaId"), some_of(call, "JobType", ("transcode", "snapshot", "ai"))
    jobs = [job for job in desk.of_media(media) if type_of(job) == job_type]
    infos = [_info(job, desk.now) for job in jobs]
    return {"MediaId": media, "JobType": job_type, "JobInfoList": infos}


def _info(job: Job, now: float) -> dict[str, Any]:
    return {
        "JobId": job.id,
        "UserId": ACCOUNT_OWNER,
        "Status": word_of(job, now),
        "CreateTime": job.stamp(job.created),
        "CompleteTime": job.stamp_or(job.finished_by(now), None),
    }
