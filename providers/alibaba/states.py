"""Alibaba's job states, by kind of job (provider API notes, section 2)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from providers.models import JobState
from providers.states import States

AI_JOB: Final = States.of(
    MappingProxyType(
        {
            "init": JobState.PENDING,
            "Processing": JobState.RUNNING,
            "success": JobState.SUCCEEDED,
            "fail": JobState.FAILED,
        }
    )
)
"""ListAIJob's own states."""

DETAIL: Mapping[str, States] = MappingProxyType(
    {
        "transcode": States.of(
            MappingProxyType(
                {
                    "Submitted": JobState.PENDING,
                    "Transcoding": JobState.RUNNING,
                    "TranscodeSuccess": JobState.SUCCEEDED,
                    "TranscodeFail": JobState.FAILED,
                    "TranscodeCancelled": JobState.CANCELLED,
                }
            )
        ),
        "snapshot": States.of(
            MappingProxyType({"Processing": JobState.RUNNING, "Success": JobState.SUCCEEDED, "Fail": JobState.FAILED})
        ),
        "ai": States.of(
            MappingProxyType({"reserved": JobState.PENDING, **AI_JOB.meanings, "analysing": JobState.RUNNING})
        ),
        "workflow": States.of(
            MappingProxyType(
                {
                    "Init": JobState.PENDING,
                    "Processing": JobState.RUNNING,
                    "Succeed": JobState.SUCCEEDED,
                    "Failed": JobState.FAILED,
                    "Canceled": JobState.CANCELLED,
                    "Skip": JobState.CANCELLED,
                }
            )
        ),
    }
)
"""The states of GetJobDetail and ListJobInfo, by job type."""


def over(state: JobState) -> bool:
    """Return whether an end time is reliable: the vendor's example has one for a job that still runs."""
    return state not in {JobState.PENDING, JobState.RUNNING}
