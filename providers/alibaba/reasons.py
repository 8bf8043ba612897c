"""Failure reasons and progress, which GetJobDetail omits (provider API notes, section 5.5).

GetTranscodeTask has those of transcoding, ListAIJob of fingerprinting and smart tagging, GetAIMediaAuditJob of
automated review. No operation has those of snapshots and workflows.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field

from providers.alibaba.ai_jobs import list_ai_jobs
from providers.alibaba.client import GET_AUDIT_JOB, GET_TRANSCODE_TASK, IDS_AT_ONCE, Vod
from providers.errors import ProviderError
from providers.http.deadline import remaining
from providers.json_fields import Object, Percentage, Record, Text, Unreadable, mapping, readable, text, unwrapped
from providers.lookups import batches, each
from providers.mirrors import AI_TYPE
from providers.models import SHOWN_ALONE, Job, JobError, JobState, not_answered
from providers.redact import scrub

Update = Mapping[str, Any]
Updates = dict[str, Update]
"""Fields to fill in, by job id."""

_SHARE = 0.5
"""Reasons may use this share of the remaining time: a job without its reason is better than no job."""

_TRANSCODE, _AI = "transcode", "ai"
_EXPLICABLE = frozenset({_TRANSCODE, _AI})
_BATCH_AI_TYPES = frozenset({"aimediadna", "aivideotag"})
_AUDIT_AI_TYPES = frozenset({"aivideocensor"})


class TranscodeJob(Record):
    """One entry of GetTranscodeTask's TranscodeJobInfoList."""

    id: Text = Field(None, alias="TranscodeJobId")
    code: Text = Field(None, alias="ErrorCode")
    message: Text = Field(None, alias="ErrorMessage")
    progress: Percentage = Field(None, alias="TranscodeProgress")
    input: Text = Field(None, alias="InputFileUrl")
    output: Object = Field({}, alias="OutputFile")

    def update(self, job: Job) -> Update:
        """Return the fields that this entry adds to a job.

        The vendor's example has an error code in a job that still runs.
        """
        output = text(self.output.get("OutputFileUrl"))
        return {
            "error": JobError.of(self.code, self.message) if job.state is JobState.FAILED else None,
            "progress": self.progress if job.state is JobState.RUNNING else None,
            "input": scrub(self.input) if self.input else None,
            "output": scrub(output) if output else None,
        }


async def complete(vod: Vod, jobs: Sequence[Job]) -> tuple[Job, ...]:
    """Return the jobs with reasons and progress filled in, where available; raises nothing."""
    updates: Updates = {}
    refusals: dict[str, set[str]] = {kind: set() for kind in _EXPLICABLE}
    try:
        async with asyncio.timeout(max(0, remaining() * _SHARE)):
            for kind, ask in ((_TRANSCODE, _transcodes), (_AI, _ai_batches), (_AI, _audits)):
                asked_about = [job for job in jobs if job.id not in updates]
                for result in await ask(vod, asked_about):
                    if isinstance(result, ProviderError):
                        refusals[kind].add(result.code)
                    else:
                        updates.update(result)
    except TimeoutError:
        for codes in refusals.values():
            codes.add("timeout")
    return tuple(_completed(job, updates.get(job.id), refusals.get(job.kind or "")) for job in jobs)


def _completed(job: Job, update: Update | None, refusals: set[str] | None) -> Job:
    if update is not None:
        return job.model_copy(update=dict(update))
    return job.model_copy(update={"unexplained": not_answered(refusals)}) if refusals and _explicable(job) else job


def unasked(job: Job) -> Job:
    """Return a job without its reason, with a note where a look-up may give it."""
    return job.model_copy(update={"unexplained": SHOWN_ALONE}) if _explicable(job) else job


def _explicable(job: Job) -> bool:
    return job.state is JobState.FAILED and job.kind in _EXPLICABLE


async def _transcodes(vod: Vod, jobs: Iterable[Job]) -> list[Updates | ProviderError]:
    worth = {JobState.RUNNING, JobState.FAILED}
    wanted = {job.id: job for job in jobs if job.kind == _TRANSCODE and job.state in worth}

    async def ask(ids: Sequence[str]) -> Updates:
        reply = await vod.call(GET_TRANSCODE_TASK, JobIds=",".join(ids))
        task = mapping(reply.json.get("TranscodeTask"))
        try:
            lists = [unwrapped(holder.get("TranscodeJobInfoList")) for holder in (reply.json, task)]
        except Unreadable as error:
            raise vod.transport.malformed(f"TranscodeJobInfoList is {error}", reply) from None
        read, _ = readable(lists[0] or lists[1] or [], TranscodeJob.model_validate)
        return {one.id: one.update(wanted[one.id]) for one in read if one.id in wanted}

    return await each(ask, batches(list(wanted), IDS_AT_ONCE))


async def _ai_batches(vod: Vod, jobs: Iterable[Job]) -> list[Updates | ProviderError]:
    async def ask(ids: Sequence[str]) -> Updates:
        answer = await list_ai_jobs(vod, ids)
        return {one: {"error": error} for one, job in answer.jobs.items() if (error := job.error)}

    return await each(ask, batches(_failed_ai(jobs, not_of=_AUDIT_AI_TYPES), IDS_AT_ONCE))


async def _audits(vod: Vod, jobs: Iterable[Job]) -> list[Updates | ProviderError]:
    async def ask(job_id: str) -> Updates:
        reply = await vod.call(GET_AUDIT_JOB, JobId=job_id)
        audit = mapping(reply.json.get("MediaAuditJob"))
        if audit.get("JobId") not in {None, job_id}:
            return {}
        error = JobError.of(text(audit.get("Code")), text(audit.get("Message")))
        return {job_id: {"error": error}} if error else {}

    return await each(ask, _failed_ai(jobs, not_of=_BATCH_AI_TYPES))


def _failed_ai(jobs: Iterable[Job], *, not_of: frozenset[str]) -> list[str]:
    """Return the ids of failed AI jobs of a matching or unknown type: a list does not give the type."""
    return [
        job.id
        for job in jobs
        if job.kind == _AI and job.state is JobState.FAILED and job.attributes.get(AI_TYPE, "").casefold() not in not_of
    ]
