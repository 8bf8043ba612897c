"""Answers as JSON, for scripts: names, order and nulls are a contract."""

from datetime import UTC, datetime
from typing import Any

from bot.domain.answers import AccountsHealth, JobDetails, JobList, ServiceError
from providers.models import Job

Record = dict[str, Any]


def job(job: Job) -> Record:
    """One job; unknown values are None."""
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
    """Every service, whether it is reachable, and its failure among the errors."""
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
            }
            for each in answer.services
        ],
        "errors": [error(each.error) for each in answer.services if each.error],
        "checked_at": instant(answer.checked_at),
    }


def instant(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC, to the second: `2026-11-20T14:30:00Z`."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z") if moment else None
