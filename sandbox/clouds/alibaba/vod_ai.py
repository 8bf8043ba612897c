"""ListAIJob: fingerprinting and smart tagging (provider API notes, section 5.2)."""

import json
from typing import Any

from sandbox.clouds.alibaba.request_context import Desk, ids_of
from sandbox.clouds.calls import Call
from sandbox.clouds.example_jobs import VOD_AI_ID
from sandbox.clouds.jobs import Job
from sandbox.clouds.raw_states import LISTED_AI
from sandbox.clouds.store import to_json

_SENTENCES = ("Yes.", "No.", "Of course.", "Message.", "Hello, good afternoon.", "大家好。", "Any questions? 🙂")


def list_ai_job(desk: Desk, call: Call) -> bytes:
    """Return up to 10 jobs, in no promised order, and the unknown ids."""
    ids = ids_of(call, "JobIds")
    jobs = [job for job_id in sorted(ids, reverse=True) if (job := desk.job("vod-ai", job_id))]
    known = {job.id for job in jobs}
    entries = [desk.stores["vod-ai"].render(job, desk.now, ai_job) for job in jobs]
    missing = to_json(_missing([job_id for job_id in ids if job_id not in known]))
    return b'{"NonExistAIJobIds":%s,"AIJobList":{"AIJob":[%s]}}' % (missing, b",".join(entries))


def ai_job(job: Job, now: float) -> dict[str, Any]:
    """Return one job. Code and Message are set for a successful one too, as in the vendor's example."""
    failure = job.failure_by(now)
    body: dict[str, Any] = {
        "CreationTime": job.stamp(job.created),
        "Status": job.word(now),
        "Type": job.kind,
        "JobId": job.id,
        "MediaId": job.media,
    }
    if job.word(now) in LISTED_AI.pending:
        return body | {"CompleteTime": "", "Data": None}
    body["CompleteTime"] = job.stamp_or(job.finished_by(now), None)
    if failure:
        return body | {"Code": failure.code, "Message": failure.message}
    if job.word(now) == LISTED_AI.succeeded:
        return body | {"Data": _data(job), "Code": "0", "Message": "OK"}
    return body


def _missing(ids: list[str]) -> dict[str, list[str]] | None:
    """Return null for none, the id for one, a JSON list for several.

    The list is in a string. These are the three forms of the vendor's example.
    """
    if not ids:
        return None
    return {"String": ids if len(ids) == 1 else [json.dumps(ids)]}


def _data(job: Job) -> str:
    """Return JSON in a string that ends with a line feed; backslashes break the known job's, as in the example."""
    if job.kind == "AIMediaDNA":
        return to_json({"DNAResult": {"VideoDNA": [{"PrimaryKey": job.media, "Similarity": "0.98"}]}}).decode() + "\n"
    texts = [_sentence(job, number) for number in range(2 + job.salt % 12)]
    data = to_json({"OrigASRData": {"AsrTextList": texts, "Duration": str(len(texts) * 2500)}}).decode()
    return (data.replace("[", "\\[") if job.id == VOD_AI_ID else data) + "\n"


def _sentence(job: Job, number: int) -> dict[str, Any]:
    start = number * 2500
    text = _SENTENCES[(job.salt + number) % len(_SENTENCES)]
    return {"EndTime": start + 2100, "StartTime": start, "Text": text, "ChannelId": 0, "SpeechRate": 85}
