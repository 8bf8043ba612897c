"""The output of `callboard check`."""

from collections import Counter

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.domain.findings import Report, Status
from bot.views.text import count

_MARKS = {Status.OK: ("✅ ok", "green"), Status.WARN: ("⚠️  warn", "yellow"), Status.FAIL: ("❌ fail", "red")}


def report(report: Report) -> RenderableType:
    """Return one row for each check, and below a failed one how to fix it."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in report.findings:
        table.add_row(Text(*_MARKS[finding.status]), finding.subject, Text(finding.text))
        if finding.mend:
            table.add_row("", "", Text(f"→ {finding.mend}", "bold"))
    return Group(table, Text(f"\n{_summary(report)}"))


def _summary(report: Report) -> str:
    """Return the last line: the numbers of problems and warnings."""
    number = Counter(finding.status for finding in report.findings)
    warned = count(number[Status.WARN], "warning") if number[Status.WARN] else ""
    if failed := number[Status.FAIL]:
        problems = count(failed, "problem")
        return f"{problems} and {warned}." if warned else f"{problems}."
    return f"Everything works, with {warned}." if warned else "Everything works."
