"""What Alibaba calls the states of a job, by kind of job (provider API notes, section 2)."""

from collections.abc import Mapping
from types import MappingProxyType

from providers.models import JobState

AI_JOB: Mapping[str, JobState] = MappingProxyType(
    {
        "init": JobState.PENDING,
        "processing": JobState.RUNNING,
        "success": JobState.SUCCEEDED,
        "fail": JobState.FAILED,
    }
)
"""ListAIJob's own states; the page writes `Processing`, so case tells nothing."""

DETAIL: Mapping[str, Mapping[str, JobState]] = MappingProxyType(
    {
        "transcode": MappingProxyType(
            {
                "submitted": JobState.PENDING,
                "transcoding": JobState.RUNNING,
                "transcodesuccess": JobState.SUCCEEDED,
                "transcodefail": JobState.FAILED,
                "transcodecancelled": JobState.CANCELLED,
            }
        ),
        "snapshot": MappingProxyType(
            {"processing": JobState.RUNNING, "success": JobState.SUCCEEDED, "fail": JobState.FAILED}
        ),
        "ai": MappingProxyType({"reserved": JobState.PENDING, **AI_JOB, "analysing": JobState.RUNNING}),
        "workflow": MappingProxyType(
            {
                "init": JobState.PENDING,
                "processing": JobState.RUNNING,
                "succeed": JobState.SUCCEEDED,
                "failed": JobState.FAILED,
                "canceled": JobState.CANCELLED,
                "skip": JobState.CANCELLED,
            }
        ),
    }
)
"""The states of GetJobDetail and ListJobInfo, by job type, in lower case."""


def state(known: Mapping[str, JobState], raw: str | None) -> JobState:
    """Return the state that a raw one stands for, without regard to case; `unknown` for an unlisted one."""
    return known.get((raw or "").casefold(), JobState.UNKNOWN)


def over(state: JobState) -> bool:
    """Whether an end time may be believed: the vendor's own example tells one of a job that still runs."""
    return state not in {JobState.PENDING, JobState.RUNNING}
