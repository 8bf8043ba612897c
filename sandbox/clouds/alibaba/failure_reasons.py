"""GetTranscodeTask and GetAIMediaAuditJob, which give failure reasons (provider API notes, sections 5.5 and 11)."""

import hashlib
from typing import Any

from sandbox.clouds.accounts import MARKED_SECRET
from sandbox.clouds.alibaba.details import word_of
from sandbox.clouds.alibaba.request_context import Desk, ids_of, required
from sandbox.clouds.calls import Call, Refused
from sandbox.clouds.jobs import Job
from sandbox.clouds.raw_states import TRANSCODE


def get_transcode_task(desk: Desk, call: Call) -> dict[str, Any]:
    """Return up to 10 transcode jobs by their ids, or one task with its jobs."""
    if task_id := call.query.get("TranscodeTaskId"):
        return {"TranscodeTask": _task(desk, task_id)}
    ids = ids_of(call, "JobIds")
    jobs = [job for job_id in ids if (job := desk.job("vod-jobs", job_id)) and job.kind == "transcode"]
    known = {job.id for job in jobs}
    infos = [_transcode_job(job, desk.now) for job in jobs]
    return {"NonExistJobIds": [job_id for job_id in ids if job_id not in known], "TranscodeJobInfoList": infos}


def get_ai_media_audit_job(desk: Desk, call: Call) -> dict[str, Any]:
    """Return one automated review. A job of ListAIJob is not found here."""
    job = desk.job("vod-jobs", required(call, "JobId"))
    if job is None or job.kind != "ai":
        raise Refused(404, "InvalidJobId.NotFound", "The specified JobId does not exist.")
    failure = job.failure_by(desk.now)
    succeeded = job.word(desk.now) == "success"
    audit: dict[str, Any] = {
        "JobId": job.id,
        "MediaId": job.media,
        "Type": "AIMediaAudit",
        "Status": _audit_status(job, desk.now),
        "CreationTime": job.stamp(job.created),
        "CompleteTime": job.stamp_or(job.finished_by(desk.now), None),
        "Code": failure.code if failure else None,
        "Message": failure.message if failure else None,
        "Data": {"Suggestion": "pass", "Label": "normal"} if succeeded else None,
    }
    return {"MediaAuditJob": audit}


def task_id_of(media: str) -> str:
    """Return the id of a media asset's transcode task, which holds all its transcode jobs."""
    return hashlib.md5(f"task/{media}".encode(), usedforsecurity=False).hexdigest()


def _task(desk: Desk, task_id: str) -> dict[str, Any]:
    jobs = [job for job in desk.stores["vod-jobs"].select(desk.now) if task_id_of(job.media) == task_id]
    jobs = [job for job in jobs if job.kind == "transcode"]
    if not jobs:
        raise Refused(404, "InvalidTranscodeTaskId.NotFound", "The specified TranscodeTaskId does not exist.")
    ended = [job.finished_by(desk.now) for job in jobs]
    words = {job.word(desk.now) for job in jobs}
    whole = "CompleteAllSucc" if words == {TRANSCODE.succeeded} else "CompletePartialSucc"
    whole = whole if TRANSCODE.succeeded in words else "CompleteAllFail"
    return {
        "TranscodeTaskId": task_id,
        "TaskStatus": whole if None not in ended else "Processing",
        "VideoId": jobs[0].media,
        "Trigger": "Auto",
        "TranscodeTemplateGroupId": "VOD_NO_TRANSCODE",
        "CreationTime": jobs[0].stamp(min(job.created for job in jobs)),
        "CompleteTime": jobs[0].stamp_or(max(filter(None, ended)) if None not in ended else None, None),
        "TranscodeJobInfoList": [_transcode_job(job, desk.now) for job in jobs],
    }


def _transcode_job(job: Job, now: float) -> dict[str, Any]:
    """Return a transcode job. Only a successful job has an output; the URLs are signed."""
    failure = job.failure_by(now)
    signed = f"OSSAccessKeyId={MARKED_SECRET}&Expires=1671241457&Signature={MARKED_SECRET}"
    origin = f"https://outin-sandbox.oss-ap-southeast-1.aliyuncs.com/{job.media}"
    output = {"OutputFileUrl": f"{origin}/{job.id}.m3u8?{signed}", "Format": "m3u8", "Width": 1280, "Height": 720}
    return {
        "TranscodeJobId": job.id,
        "TranscodeJobStatus": job.word(now),
        "TranscodeProgress": job.progress(now),
        "TranscodeTemplateId": f"{job.salt:032x}",
        "Definition": ("LD", "SD", "HD", "FHD")[job.salt % 4],
        "Priority": "6",
        "CreationTime": job.stamp(job.created),
        "CompleteTime": job.stamp_or(job.finished_by(now), ""),
        "InputFileUrl": f"{origin}/origin.mp4?{signed}",
        "OutputFile": output if job.word(now) == TRANSCODE.succeeded else None,
        "ErrorCode": failure.code if failure else None,
        "ErrorMessage": failure.message if failure else None,
    }


def _audit_status(job: Job, now: float) -> str:
    """Return the status in this API's words, which are only init, processing, success and fail."""
    return {"reserved": "init", "analysing": "processing"}.get(word_of(job, now), word_of(job, now))
