"""Callboard: track asynchronous cloud jobs from Slack and the terminal.

These are the names that a provider package needs. Each is loaded at its first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from providers.base import Capabilities, Provider
    from providers.errors import (
        Forbidden,
        InvalidQuery,
        Malformed,
        Missing,
        NotOffered,
        ProviderError,
        Rejected,
        Throttled,
        Unauthorized,
        Unavailable,
    )
    from providers.http.rate_limit import BudgetLeft
    from providers.http.transport import ApiReply, Transport
    from providers.ids import Ids, Link
    from providers.models import Filter, Job, JobError, JobPage, JobQuery, JobRef, JobState, Lookup, Unanswered
    from providers.secrets import SecretMissing, SecretRef

_HOMES = {
    "providers.base": ("Capabilities", "Provider"),
    "providers.errors": (
        "Forbidden",
        "InvalidQuery",
        "Malformed",
        "Missing",
        "NotOffered",
        "ProviderError",
        "Rejected",
        "Throttled",
        "Unauthorized",
        "Unavailable",
    ),
    "providers.http.rate_limit": ("BudgetLeft",),
    "providers.http.transport": ("ApiReply", "Transport"),
    "providers.ids": ("Ids", "Link"),
    "providers.models": (
        "Filter",
        "Job",
        "JobError",
        "JobPage",
        "JobQuery",
        "JobRef",
        "JobState",
        "Lookup",
        "Unanswered",
    ),
    "providers.secrets": ("SecretMissing", "SecretRef"),
}

__all__ = [
    "ApiReply",
    "BudgetLeft",
    "Capabilities",
    "Filter",
    "Forbidden",
    "Ids",
    "InvalidQuery",
    "Job",
    "JobError",
    "JobPage",
    "JobQuery",
    "JobRef",
    "JobState",
    "Link",
    "Lookup",
    "Malformed",
    "Missing",
    "NotOffered",
    "Provider",
    "ProviderError",
    "Rejected",
    "SecretMissing",
    "SecretRef",
    "Throttled",
    "Transport",
    "Unanswered",
    "Unauthorized",
    "Unavailable",
]


def __getattr__(name: str) -> object:
    """Load a public name from its module (PEP 562). Raises AttributeError for any other name."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
