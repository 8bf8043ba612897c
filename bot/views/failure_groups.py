"""Words about failure groups, storms and services that are down, for Slack and the terminal."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from bot.domain.changes import EndReason
from bot.domain.failure_groups import FailureGroup, GroupJob, GroupKind
from bot.views.states import EMOJI, FATES
from bot.views.text import bold, clean, code, count, plain, unformatted
from providers.models import Job, JobError, JobRef, JobState

SHORT_ID = 6
"""Characters of an id that distinguish jobs of one name."""
WHOLE_ID = 12
"""An id of at most this many characters is shown whole."""
NO_CODE = "reason unknown"
_LOST = {EndReason.NOT_FOUND: "gone", EndReason.EXPIRED: "expired", EndReason.DROPPED: "not found"}
_DOWN = {
    "unauthorized": "credentials rejected",
    "forbidden": "permission denied",
    "not_offered": "not offered to this account or region",
    "invalid_query": "requests rejected",
    "rejected": "requests rejected",
    "throttled": "rate limited",
    "unavailable": "not available",
    "malformed": "invalid responses",
    "too_large": "responses too large",
    "late": "not responding",
}
"""Each kind of `ServiceError` in two words."""
_UNKNOWN = datetime.fromtimestamp(0, UTC)
"""Replaces a time that the provider does not give; it is not shown."""
_VARIES = re.compile(r"[\d/\\]")
"""Signs that a vendor's message differs between jobs: ids, numbers, paths."""
_COUNTED = {
    "succeeded": "finished",
    "cancelled": "cancelled",
    "started": "started",
    "submitted": "submitted",
    "reopened": "reopened",
    "unstuck": "moving again",
    "up": "back",
}
"""Events other than failures, as a storm message counts them, in this order."""


def emoji(group: FailureGroup) -> str:
    """Return the emoji for what happened to its jobs, or to its service."""
    if group.group is GroupKind.DOWN:
        return "⚠️" if group.open else EMOJI[JobState.SUCCEEDED]
    return FATES[group.fate] if group.fate else EMOJI[JobState.FAILED]


def happened(group: FailureGroup) -> str:
    """Return what happened to its jobs: `failed`, `not found`."""
    return _LOST.get(group.fate, "failed") if group.fate else "failed"


def cause(group: FailureGroup, room: int = 60) -> str:
    """Return the shortest reason why its jobs failed: the code, else the message; mrkdwn."""
    if group.code:
        return code(group.code, room)
    return plain(group.message, room) if group.message else NO_CODE


def headline(group: FailureGroup) -> str:
    """Say how many failed, why and where: `❌ *14 failed*: ALG.002, video-ocr`; mrkdwn."""
    if group.group is GroupKind.DOWN:
        return down(group)
    why = [] if group.fate else [cause(group)]
    return f"{emoji(group)} *{group.count:,} {happened(group)}*: {', '.join([*why, plain(group.service, 60)])}"


def title(group: FailureGroup) -> str:
    """Return the headline as plain text, for a notification or a terminal.

    A single job has its name and the whole reason: `❌ Failed: ocr-task, ALG.002 …, media-cn/video-ocr`.
    """
    if group.group is not GroupKind.FAILURES or group.count != 1 or not group.newest:
        return unformatted(headline(group))
    parts = [called(group.newest[0]), *([] if group.fate else [unformatted(reason(group))]), where(group)]
    return f"{emoji(group)} {happened(group).capitalize()}: {', '.join(parts)}"


def where(group: FailureGroup) -> str:
    """Return the address of its service as plain text: `media-cn/video-ocr`."""
    return f"{group.account}/{group.service}"


def reason(group: FailureGroup, room: int = 600) -> str:
    """Return the code and the vendor's message; mrkdwn."""
    return " ".join([*([code(group.code, 60)] if group.code else []), *_message(group, room)]) or NO_CODE


def example(group: FailureGroup, room: int = 200) -> str:
    """Return the vendor's message where the headline has only the code; mrkdwn.

    A message that names details of one job of several is an example: `e.g. Failed to open a.mp4`.
    """
    if not group.code or not group.message:
        return ""
    return f"{'e.g. ' if group.count > 1 and _VARIES.search(group.message) else ''}{plain(group.message, room)}"


def _message(group: FailureGroup, room: int) -> list[str]:
    return [plain(group.message, room)] if group.message else []


def down(group: FailureGroup) -> str:
    """Say that a service can't be read, or is back: `⚠️ *Can't see video-ocr*`; mrkdwn."""
    words = f"Can't see {group.service}" if group.open else f"{group.service} is back"
    return f"{emoji(group)} {bold(words, 80)}"


def trouble(group: FailureGroup) -> str:
    """Say why a service can't be read; mrkdwn."""
    vendor_code = "" if group.code == group.kind else clean(group.code or "")
    return f"{_DOWN.get(group.kind or '', 'no answer')}{f' ({code(vendor_code, 60)})' if vendor_code else ''}"


def called(job: GroupJob) -> str:
    """Return a job's name, or its id where no name is visible; plain text."""
    return clean(job.name or "") or job.id


def named(job: GroupJob, room: int = 60) -> str:
    """Return a job's name with the beginning of its id; mrkdwn."""
    name = clean(job.name or "")
    if not name:
        return code(job.id, room)
    return f"{bold(name, room)} {short_id(job.id)}"


def short_id(job_id: str) -> str:
    """Return the beginning of an id, enough to distinguish jobs of one name: `e55926`; mrkdwn."""
    return code(job_id if len(job_id) <= WHOLE_ID else job_id[:SHORT_ID])


def listed_names(jobs: Sequence[GroupJob]) -> str:
    """List jobs with short ids, separated by commas; mrkdwn."""
    return ", ".join(map(named, jobs))


def counted(group: FailureGroup) -> str:
    """Count the events other than failures: `12 finished, 3 started`."""
    known = [*_COUNTED, *sorted(set(group.counts) - set(_COUNTED))]
    return ", ".join(f"{group.counts[kind]:,} {_COUNTED.get(kind, kind)}" for kind in known if group.counts.get(kind))


def services(groups: Sequence[FailureGroup]) -> str:
    """Name the only service, or count them: ` in 3 services`; empty without any."""
    found = list(dict.fromkeys((each.account, each.service) for each in groups))
    if len(found) < 2:
        return "".join(f" in {plain(service, 60)}" for _, service in found)
    return f" in {count(len(found), 'service')}"


def watches(group: FailureGroup) -> str:
    """Name the watches that post it: `By w7 and w9`; empty for subscriptions only."""
    return by_watches(group.watches)


def by_watches(ids: Sequence[str]) -> str:
    """Name watches by their ids: `By w7 and w9`."""
    return f"By {' and '.join(filter(None, [', '.join(ids[:-1]), ids[-1]]))}" if ids else ""


def as_group_job(job: Job) -> GroupJob:
    """Return a job as a head names it."""
    return GroupJob.of(job, job.finished_at or job.updated_at or job.created_at or _UNKNOWN)


def as_job(group: FailureGroup, job: GroupJob) -> Job:
    """Return a failed job of a group with its address, code and message."""
    account, service, job_id = JobRef.parse(job.ref)
    error = JobError(code=group.code, message=group.message)
    return Job(
        account=account, service=service, id=job_id, name=job.name, kind=group.kind, state=JobState.FAILED, error=error
    )
