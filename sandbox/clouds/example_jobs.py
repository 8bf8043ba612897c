"""Jobs with constant ids, from the vendors' own example pages, for demonstrations and tests."""

import calendar
import time
from collections.abc import Callable, Mapping
from math import inf

from sandbox.clouds.jobs import Job, Plan, Stage, lay_out
from sandbox.clouds.raw_states import KINDS, Outcome
from sandbox.clouds.sample_texts import FAILURES

VIDEO_OCR_ID = "f18320e61e4c4dc685aa2dfc22a28dc5"
IMAGE_MODERATION_ID = "44d93b70-db01-4f96-a618-2a79c964c4b2"
DIGITAL_HUMAN_ID = "26f06524-4f75-4b3a-a853-b649a21aaf66"
VOD_AI_ID = "a718a3a1e8bb42ee3bc88921e9400000"
VOD_AI_MEDIA = "3d3d12340d9401fab46a0b8470000000"
VOD_MEDIA = "30e5d7000000000000bd900764de7c01"
VOD_TRANSCODE_ID = "2dc1634e00000000003f1d22d1a0174e"
VOD_FAILED_TRANSCODE_ID = "2dc1634e00000000003f1d22d1a0174f"
VOD_SNAPSHOT_ID = "63df12s000000000004hdq249t82kr91"
VOD_AUDIT_ID = "5c9dff751ba000000000059d50a967f5"
VOD_FAILED_AUDIT_ID = "5c9dff751ba000000000059d50a967f6"
VOD_WORKFLOW_ID = "8d4ae7c1000000000000f2b90c61e3a5"


def known_jobs(service: str, start: float) -> list[Job]:
    """Return the known jobs of a service in order of creation.

    `start` is the instant at which the world starts.
    """
    return sorted(_KNOWN[service](start), key=lambda job: job.created)


def _job(
    service: str, job_id: str, plan: Plan, *, kind: str = "", name: str = "", media: str = VOD_MEDIA, gone: float = inf
) -> Job:
    kind = kind or next(iter(KINDS[service]))
    stages, started, finished = lay_out(KINDS[service][kind], plan, salt=1)
    failure = FAILURES[service][0] if plan.outcome == "failed" else None
    return Job(job_id, name or job_id[:8], kind, media, plan.created, stages, started, finished, failure, 1, gone)


def _video_ocr(start: float) -> list[Job]:
    """Return the known job, which runs for 90 minutes after the world's start."""
    return [_job("video-ocr", VIDEO_OCR_ID, Plan(start - 1500, 10, 6800, "succeeded"), name="ocr-task")]


def _image_moderation(start: float) -> list[Job]:
    """Return the known job. It skips the usual cleanup after 30 minutes, so that demonstrations can always show it."""
    return [_job("image-moderation", IMAGE_MODERATION_ID, Plan(start - 360, 2, 5, "succeeded"))]


def _digital_human(start: float) -> list[Job]:
    """Return the vendor's example as printed: it starts ten months before its creation. It is older than a month."""
    del start
    return [
        Job(
            id=DIGITAL_HUMAN_ID,
            name="One Day",
            kind="2D_DIGITAL_HUMAN_VIDEO",
            media="942e65a5fd219a2e01fb08d881cfadb9",
            created=_instant("2022-11-30T06:59:56Z"),
            stages=(Stage(_instant("2022-11-30T07:00:09Z"), "SUCCEED"),),
            started=_instant("2022-01-18T16:29:36Z"),
            finished=_instant("2022-01-18T16:30:36Z"),
            salt=1,
        )
    ]


def _vod_ai(start: float) -> list[Job]:
    return [_job("vod-ai", VOD_AI_ID, Plan(start - 900, 3, 12, "succeeded"), media=VOD_AI_MEDIA)]


def _vod_jobs(start: float) -> list[Job]:
    def job(kind: str, job_id: str, age_s: float, outcome: Outcome = "succeeded", run_s: float = 20) -> Job:
        return _job("vod-jobs", job_id, Plan(start - age_s, 4, run_s, outcome), kind=kind)

    return [
        job("transcode", VOD_TRANSCODE_ID, 1200, run_s=9),
        job("transcode", VOD_FAILED_TRANSCODE_ID, 1195, "failed"),
        job("snapshot", VOD_SNAPSHOT_ID, 1190),
        job("ai", VOD_AUDIT_ID, 1185),
        job("ai", VOD_FAILED_AUDIT_ID, 1180, "failed"),
        job("workflow", VOD_WORKFLOW_ID, 60, run_s=6800),
    ]


_KNOWN: Mapping[str, Callable[[float], list[Job]]] = {
    "video-ocr": _video_ocr,
    "image-moderation": _image_moderation,
    "digital-human": _digital_human,
    "vod-ai": _vod_ai,
    "vod-jobs": _vod_jobs,
}


def _instant(text: str) -> float:
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))
