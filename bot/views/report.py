"""What `callboard check` prints."""

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.findings import Report, Status

_MARKS = {Status.OK: ("✅ ok", "green"), Status.WARN: ("⚠️  warn", "yellow"), Status.FAIL: ("❌ fail", "red")}


def report(report: Report) -> RenderableType:
    """One row for each thing that was looked at; what does not work comes with how to mend it."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in report.findings:
        table.add_row(Text(*_MARKS[finding.status]), finding.subject, Text(finding.text))
        if finding.mend:
            table.add_row("", "", Text(f"→ {finding.mend}", "bold"))
    failed = sum(finding.status is Status.FAIL for finding in report.findings)
    return Group(table, Text(f"\n{failed} to mend." if failed else "\nEverything works."))
