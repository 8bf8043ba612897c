"""Answers as JSON for scripts. Names, order and nulls are a contract."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from bot.domain.answers import AccountsHealth, JobDetails, JobList, ServiceError
from bot.domain.explanations import Explained, GroupExplanation, JobExplanation, KnownEvent, WatchExplanation
from providers.models import Job

Record = dict[str, Any]


def job(job: Job) -> Record:
    """Return one job; unknown values are None."""
    return {
        "ref": str(job.ref),
        "account": job.account,
        "service": job.service,
        "id": job.id,
        "name": job.name,
        "kind": job.kind,
        "state": job.state.value,
        "raw_state": job.raw_state,
        "created_at": instant(job.created_at),
        "started_at": instant(job.started_at),
        "finished_at": instant(job.finished_at),
        "updated_at": instant(job.updated_at),
        "duration_s": job.duration_s,
        "progress": job.progress,
        "media": job.media,
        "input": job.input,
        "output": job.output,
        "error": job.error.model_dump() if job.error else None,
        "request_id": job.request_id,
        "console_url": job.console_url,
    }


def error(error: ServiceError) -> Record:
    return {
        "account": error.account,
        "service": error.service,
        "code": error.code,
        "message": error.message,
        "retryable": error.retryable,
    }


def job_list(answer: JobList) -> Record:
    return {
        "jobs": [job(each) for each in answer.jobs],
        "errors": [error(each) for each in answer.errors],
        "checked_at": instant(answer.checked_at),
    }


def job_details(answer: JobDetails) -> Record:
    return {
        "jobs": [job(each) for each in answer.jobs],
        "missing": [each.id for each in answer.missing if each.everywhere],
        "errors": [error(each) for each in answer.errors],
    }


def accounts(answer: AccountsHealth) -> Record:
    """Return every service with its reachability, and the failures as errors."""
    return {
        "services": [
            {
                "account": each.account,
                "service": each.service,
                "region": each.region,
                "reachable": each.error is None,
                "latency_s": each.latency_s,
                "last_ok_at": instant(each.last_ok_at),
                "last_error": error(each.last_error) if each.last_error else None,
                "last_error_at": instant(each.last_error_at),
                "budget_left": each.budget_left,
                "budget": each.budget,
                "list_limit": each.list_limit,
            }
            for each in answer.services
        ],
        "errors": [error(each.error) for each in answer.services if each.error],
        "checked_at": instant(answer.checked_at),
    }


def job_explanation(answer: JobExplanation) -> Record:
    """Return a job with its events and decisions; an unknown job has neither."""
    return {
        "job": job(answer.job) if answer.job else None,
        "events": [event(each) for each in answer.events],
        "decisions": [decision(each) for each in answer.decisions if each.certain],
    }


def event(known: KnownEvent) -> Record:
    """Return one event. Without `noticed_at` and `source`, Callboard did not notice it live."""
    return {
        "id": known.id,
        "at": instant(known.at),
        "noticed_at": instant(known.noticed_at),
        "kind": known.happened.value,
        "state": known.state.value if known.state else None,
        "raw_state": known.raw_state,
        "source": known.source,
    }


def decision(explained: Explained) -> Record:
    """Return one decision, with the name of its reason, and `until` when it holds."""
    made = explained.decision
    return {
        "at": instant(made.at),
        "destination": explained.destination,
        "event": made.event,
        "decision": made.outcome.value,
        "rule": made.rule or None,
        "also": list(made.also),
        "reason": made.reason.value,
        "until": instant(made.until),
        "link": explained.link or None,
    }


def group_explanations(answer: Sequence[GroupExplanation]) -> Record:
    """Return the groups with one id: each workspace numbers its own."""
    return {
        "groups": [
            {
                "id": each.group.id,
                "destination": each.group.place,
                "kind": each.group.group.value,
                "account": each.group.account or None,
                "service": each.group.service or None,
                "code": each.group.code,
                "count": each.group.count,
                "first_at": instant(each.group.first_at),
                "last_at": instant(each.group.last_at),
                "closed_at": instant(each.group.closed_at),
                "rules": list(each.group.rules),
                "jobs": [job.ref for job in each.jobs],
                "link": each.link or None,
            }
            for each in answer
        ]
    }


def watch_explanations(answer: Sequence[WatchExplanation]) -> Record:
    """Return the watches with one id: each workspace numbers its own."""
    return {
        "watches": [
            {
                "id": each.watch.id,
                "destination": each.destination,
                "words": each.watch.spec.words(),
                "owner": each.watch.owner or None,
                "at": instant(each.watch.at),
                "removed_at": instant(each.watch.removed_at),
                "matched": each.matched,
                "decisions": [decision(one) for _, one in each.decisions],
            }
            for each in answer
        ]
    }


def instant(moment: datetime | None) -> str | None:
    """Return ISO 8601 in UTC, to the second: `2026-11-20T14:30:00Z`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None
