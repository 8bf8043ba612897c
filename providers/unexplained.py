"""Why a failed job comes without a reason, although its provider may know one."""

from collections.abc import Iterable

SHOWN_ALONE = "look at this job alone to see why"
"""The list that told about the job tells no reasons; the call for a single job does."""


def not_answered(codes: Iterable[str]) -> str:
    """Say that the call which knows the reason failed, with its error codes."""
    return f"the provider gives no reason: it could not be asked ({', '.join(sorted(codes))})"
