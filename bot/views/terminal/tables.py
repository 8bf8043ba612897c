"""Answers as tables for the terminal."""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TextIO

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.domain.answers import AccountsHealth, JobDetails, JobList, Late, ServiceError
from bot.views.errors import service_error, waited
from bot.views.facts import NOBODY, Meaning, facts, missing
from bot.views.lateness import names
from bot.views.list_notes import not_all, notes, nothing, position
from bot.views.states import EMOJI, name, no_reason, own_word
from bot.views.text import ago, clean, cut, duration, unformatted
from providers.models import Job, JobState

COLOURS = {
    JobState.PENDING: "cyan",
    JobState.RUNNING: "blue",
    JobState.SUCCEEDED: "green",
    JobState.FAILED: "red",
    JobState.CANCELLED: "yellow",
    JobState.UNKNOWN: "magenta",
}


def console(output: TextIO) -> Console:
    """Return a console for an output. A file or pipe gets lines wide enough for grep."""
    # Without markup: text from providers and people may contain square brackets.
    return Console(file=output, width=None if output.isatty() else 240, highlight=False, markup=False, emoji=False)


@contextmanager
def spinner(errors: TextIO, *, shown: bool) -> Generator[Callable[[Sequence[Late]], None]]:
    """Show a spinner while the block runs. Yields a function that names the pending services."""
    if not shown:
        yield lambda _: None
        return
    with console(errors).status("asking every service") as status:
        yield lambda pending: status.update(_printable(f"still asking {unformatted(names(pending))}"))


def _printable(text: str, style: str = "") -> Text:
    """Return text without control characters, which could change the terminal."""
    return Text("\n".join(map(clean, text.split("\n"))), style)


def _said(mrkdwn: str) -> Text:
    return _printable(unformatted(mrkdwn))


def job_list(answer: JobList, now: datetime, without: str = "") -> RenderableType:
    """Return a page of jobs, newest first. `without` names the excluded jobs."""
    parts: list[RenderableType] = [_said(f"Jobs {without}")] if without else []
    parts += [_jobs_table(answer.jobs, now)] if answer.jobs else [Text(nothing(answer))]
    parts += [_said(note.replace("/jobs ", "callboard jobs ")) for note in notes(answer)]
    if answer.jobs:
        parts.append(Text(f"{position(answer, len(answer.jobs))}, checked {ago(answer.checked_at, now)}", "dim"))
    return Group(*parts)


def _jobs_table(jobs: Iterable[Job], now: datetime) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("State", "Job", "Created", "Took", "Reason"):
        table.add_column(column, overflow="fold", no_wrap=column in {"Created", "Took"})
    for job in jobs:
        table.add_row(
            _state(job),
            _title(job),
            ago(job.created_at, now) if job.created_at else "",
            duration(job.duration_s) if job.duration_s is not None else "",
            _printable(_reason(job)),
        )
    return table


def _title(job: Job) -> Text:
    """Return a job's name above its ref. A job without a name has only the ref."""
    ref, title = str(job.ref), cut(name(job), 60)
    return _printable(ref) if name(job) == job.id else _printable(title) + "\n" + _printable(ref, "dim")


def _state(job: Job, *, whole: bool = False) -> Text:
    word = job.raw_state if whole else own_word(job.state, job.raw_state)
    raw = f" {clean(word)}" if word else ""
    return Text(f"{EMOJI[job.state]} {job.state}", COLOURS[job.state]) + Text(raw, "dim")


def _reason(job: Job) -> str:
    if job.state is not JobState.FAILED:
        return ""
    words = " ".join(filter(None, (job.error.code, job.error.message))) if job.error else ""
    return cut(clean(words) or clean(no_reason(job)), 160)


def job_details(answer: JobDetails, meaning: Meaning) -> RenderableType:
    """Return all details of each job, then the ids that were not found."""
    parts: list[RenderableType] = []
    for job in answer.jobs:
        title = _printable(name(job), "bold")
        table = Table(box=None, show_header=False, pad_edge=False, title=title, title_justify="left")
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        table.add_row("State", _state(job, whole=True))
        table.add_row("Ref", _printable(str(job.ref)))
        for label, value in facts(job).items():
            table.add_row(_printable(label), _said(value))
        for label, value in _ending(job, meaning):
            table.add_row(label, _printable(value))
        parts += [table, Text()]
    parts += map(_said, missing(answer))
    parts += map(_said, map(service_error, answer.errors))
    return Group(*parts or [Text(NOBODY)])


def _ending(job: Job, meaning: Meaning) -> Iterable[tuple[str, str]]:
    if job.state is JobState.FAILED:
        yield "Reason", _reason(job)
        if meant := meaning(job):
            yield "Meaning", meant
    for note in job.notes:
        yield "Note", note
    if job.request_id:
        yield "Request id", job.request_id
    if job.console_url:
        yield "Console", job.console_url


def accounts(answer: AccountsHealth) -> RenderableType:
    """Return one row for each service."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("Service", "Region", "Reachable", "Latency", "Budget left"):
        table.add_column(column, overflow="fold")
    failed: list[ServiceError] = []
    for each in answer.services:
        budget = f"{each.budget_left} of {each.budget}" if each.budget is not None else ""
        latency = f"{round(each.latency_s * 1000)} ms" if each.latency_s is not None else ""
        latency = "\n".join(filter(None, (latency, waited(each.waited))))
        reachable = Text("no", "red") if each.error else Text("yes", "green")
        reachable += f"\n{not_all(each.list_limit)}" if each.list_limit else ""
        table.add_row(_printable(f"{each.account}/{each.service}"), _printable(each.region), reachable, latency, budget)
        failed += [each.error] if each.error else []
    return Group(table, *map(_said, map(service_error, failed)))
