"""The findings of `callboard check`."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Status(StrEnum):
    """Works, works for now or in part, or does not work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


class Finding(NamedTuple):
    """One checked thing: its name, its condition, and how to fix it."""

    status: Status
    subject: str
    text: str
    mend: str | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All findings, in the order of the configuration."""

    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return all(finding.status is not Status.FAIL for finding in self.findings)
