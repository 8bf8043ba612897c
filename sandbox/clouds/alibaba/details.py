"""GetJobDetail: one job by id and type (provider API notes, section 5.5)."""

from collections.abc import Callable, Mapping
from typing import Any

from sandbox.clouds.accounts import MARKED_SECRET
from sandbox.clouds.alibaba.request_context import ACCOUNT_OWNER, Desk, required, some_of
from sandbox.clouds.calls import Call, Refused
from sandbox.clouds.jobs import Job
from sandbox.clouds.raw_states import LISTED_AI
from sandbox.clouds.store import to_json

JOB_TYPES = ("transcode", "snapshot", "ai", "workflow")


def get_job_detail(desk: Desk, call: Call) -> dict[str, Any]:
    """Return the object of the requested type, with other jobs on the same media.

    The vendor's example has the other jobs too. Its answer to an unknown id is not confirmed. Here an id that no type
    has is an error, and an id of another type is an answer without the object.
    """
    job_id, job_type = required(call, "JobId"), some_of(call, "JobType", JOB_TYPES)
    job = desk.job("vod-jobs", job_id) or desk.job("vod-ai", job_id)
    if job is None:
        raise Refused(404, "InvalidJobId.NotFound", "The specified JobId does not exist.")
    if type_of(job) != job_type:
        return {"JobType": job_type}
    chosen = {job_type: job} | ({} if job_type == "workflow" else _adjacent(desk, job))
    objects = {_OBJECTS[kind][0]: _OBJECTS[kind][1](each, desk.now) for kind, each in chosen.items()}
    return {"JobType": job_type, **objects}


def type_of(job: Job) -> str:
    """Return the JobType of a job. Those that ListAIJob shows have the type ai."""
    return job.kind if job.kind in JOB_TYPES else "ai"


def word_of(job: Job, now: float) -> str:
    """Return the raw state in this API's spelling: ListAIJob's `Processing` is `processing` here."""
    return job.word(now).lower() if job.word(now) in LISTED_AI.every else job.word(now)


def _adjacent(desk: Desk, job: Job) -> dict[str, Job]:
    others = ((type_of(other), other) for other in desk.of_media(job.media))
    return {kind: other for kind, other in others if kind not in {"workflow", type_of(job)}}


def _transcode(job: Job, now: float) -> dict[str, Any]:
    return {
        "JobId": job.id,
        "UserId": ACCOUNT_OWNER,
        "VideoId": job.media,
        "Status": job.word(now),
        "TemplateId": f"{job.salt:032x}",
        "Definition": ("LD", "SD", "HD", "FHD")[job.salt % 4],
        "CreateTime": job.stamp(job.created),
        "CompleteTime": job.stamp_or(job.finished_by(now), ""),
    }


def _snapshot(job: Job, now: float) -> dict[str, Any]:
    return {
        "JobId": job.id,
        "UserId": ACCOUNT_OWNER,
        "VideoId": job.media,
        "Status": job.word(now),
        "Trigger": "Auto",
        "NormalConfig": _text({"inl": 0, "num": 32, "tm": 5, "wd": "352", "ft": "normal", "hg": "640"}),
        "SpriteConfig": _text({"pad": "0", "lines": "10", "mgin": "0", "cols": "10", "ikcp": "false", "hg": "68"}),
        "CreateTime": job.stamp(job.created),
        "CompleteTime": job.stamp_or(job.finished_by(now), None),
    }


def _ai(job: Job, now: float) -> dict[str, Any]:
    """Return an ai job. CompleteTime ends with a line feed, as in the vendor's example."""
    finished = job.finished_by(now)
    body: dict[str, Any] = {
        "JobId": job.id,
        "UserId": ACCOUNT_OWNER,
        "MediaId": job.media,
        "JobType": ai_type(job),
        "Status": word_of(job, now),
        "Trigger": "Manual" if job.salt % 3 == 0 else "Auto",
        "TemplateConfig": _text({"AuditRange": ["video", "image-cover"], "AuditItem": ["terrorism", "porn"]}),
        "CreateTime": job.stamp(job.created),
    }
    return body if finished is None else body | {"CompleteTime": job.stamp(finished) + "\n"}


def ai_type(job: Job) -> str:
    """Return an ai job's kind: GetAIMediaAuditJob has the censoring ones, ListAIJob the others."""
    return "AIVideoCensor" if job.kind == "ai" else job.kind


def _workflow(job: Job, now: float) -> dict[str, Any]:
    finished = job.finished_by(now)
    return {
        "TaskId": job.id,
        "Status": job.word(now),
        "CreateTime": job.stamp(job.created),
        "FinishTime": job.stamp_or(finished, None),
        "ActivityResults": _text([{"ActivityName": "Start", "State": "Succeed"}, {"ActivityName": "Transcode"}]),
        "TaskInput": _text({"MediaId": job.media}),
        "UserData": _text({"Extend": MARKED_SECRET}),
        "Workflow": {
            "WorkflowId": f"{job.salt:032x}",
            "Name": "publish & notify",
            "AppId": "app-1000000",
            "Status": "Active",
            "Type": None,
            "CreateTime": "2024-03-01T08:00:00Z",
            "ModifiedTime": "2024-09-01T08:00:00Z",
        },
    }


def _text(value: Any) -> str:
    return to_json(value).decode()


_OBJECTS: Mapping[str, tuple[str, Callable[[Job, float], dict[str, Any]]]] = {
    "transcode": ("TranscodeJobDetail", _transcode),
    "snapshot": ("SnapshotJobDetail", _snapshot),
    "ai": ("AIJobDetail", _ai),
    "workflow": ("WorkflowTaskDetail", _workflow),
}
