"""Help comes from the declarations of the grammar; here from any text."""

from bot.views.slack import help as views
from tests.bot.views import judges


def test_the_overview():
    made = views.overview([("/jobs list [SCOPE]", "jobs, newest first"), ("/jobs help", "this")])
    judges.accept(made)
    assert "`/jobs list [SCOPE]` jobs, newest first\n`/jobs help` this" in judges.words(made)
    assert list(judges.commands(made.blocks)) == [
        "Recent jobs",
        "Failed today",
        "Subscriptions",
        "Accounts",
        "Watch for failures",
    ]


def test_one_command():
    made = views.command("/jobs x [A]", "does x", ("More.",), ("x 1",), [("a:1", "an a")])
    judges.accept(made)
    assert made.text == "/jobs x [A]\nDoes x.\nMore.\nFilters\na:1 an a\nExamples\n/jobs x 1"
    assert "`a:1` an a" in judges.words(made)


def test_one_command_without_further_help():
    assert views.command("/jobs x", "does x", (), (), []).text == "/jobs x\nDoes x."
