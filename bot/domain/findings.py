"""What `callboard check` finds."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """Works, works for now or in part, or does not work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(NamedTuple):
    """One thing that was looked at: what it is, how it is, and how to mend it."""

    status: Status
    subject: str
    text: str
    mend: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that was looked at, in the order of the configuration."""

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return all(finding.status is not Status.FAIL for finding in self.findings)
