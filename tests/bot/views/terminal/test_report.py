"""The last line of `callboard check`, which sums up the findings."""

from io import StringIO

import pytest
from rich.console import Console

from bot.domain.findings import Finding, Report, Status
from bot.views.terminal.report import report


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([Status.OK], "Everything works."),
        ([Status.OK, Status.WARN], "Everything works, with 1 warning."),
        ([Status.WARN, Status.WARN], "Everything works, with 2 warnings."),
        ([Status.OK, Status.FAIL], "1 problem."),
        ([Status.WARN, Status.FAIL, Status.FAIL], "2 problems and 1 warning."),
    ],
)
def test_the_last_line_counts_the_problems(found: list[Status], said: str):
    console = Console(file=StringIO(), width=100, record=True)
    console.print(report(Report(tuple(Finding(each, "redis", "is there") for each in found))))
    assert console.export_text().splitlines()[-1] == said
