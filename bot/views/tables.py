"""The same answers in a terminal."""

from collections.abc import Iterable
from datetime import datetime
from typing import TextIO

from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from bot.answers import AccountsHealth, JobDetails, JobList, ServiceError
from bot.views.details import NO_REASON, Meaning, facts
from bot.views.errors import service_error
from bot.views.jobs import notes, nothing, position
from bot.views.states import EMOJI
from bot.views.text import ago, clean, cut, duration, listed, unformatted
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
    """Return a console for an output; what is not a terminal gets lines wide enough to be searched with grep."""
    return Console(file=output, width=None if output.isatty() else 240, highlight=False)


def job_list(answer: JobList, now: datetime) -> RenderableType:
    """A page of jobs, newest first."""
    parts: list[RenderableType] = [_jobs_table(answer.jobs, now)] if answer.jobs else [Text(nothing(answer))]
    parts += [Text(unformatted(line)) for line in notes(answer)]
    if answer.jobs:
        parts.append(Text(f"{position(answer, len(answer.jobs))}, checked {ago(answer.checked_at, now)}", "dim"))
    return Group(*parts)


def _jobs_table(jobs: Iterable[Job], now: datetime) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("State", "Job", "Created", "Took", "Reason"):
        table.add_column(column, overflow="fold", no_wrap=column in {"Created", "Took"})
    for job in jobs:
        name = Text(f"{cut(clean(job.name), 60)}\n") if job.name else Text()
        table.add_row(
            _state(job),
            name + Text(str(job.ref), "dim" if job.name else ""),
            ago(job.created_at, now) if job.created_at else "",
            duration(job.duration_s) if job.duration_s is not None else "",
            Text(_reason(job)),
        )
    return table


def _state(job: Job) -> Text:
    raw = f" {clean(job.raw_state)}" if job.raw_state else ""
    return Text(f"{EMOJI[job.state]} {job.state}", COLOURS[job.state]) + Text(raw, "dim")


def _reason(job: Job) -> str:
    if job.state is not JobState.FAILED:
        return ""
    words = " ".join(filter(None, (job.error.code, job.error.message))) if job.error else ""
    return cut(clean(words), 160) or NO_REASON


def job_details(answer: JobDetails, meaning: Meaning) -> RenderableType:
    """Everything about each job found, then what was not found."""
    parts: list[RenderableType] = []
    for job in answer.jobs:
        title = Text(clean(job.name or job.id), "bold")
        table = Table(box=None, show_header=False, pad_edge=False, title=title, title_justify="left")
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        table.add_row("State", _state(job))
        table.add_row("Ref", str(job.ref))
        for label, value in facts(job).items():
            table.add_row(clean(label), Text(clean(unformatted(value))))
        for label, value in _ending(job, meaning):
            table.add_row(label, Text(clean(value)))
        parts += [table, Text()]
    for missing in answer.missing:
        parts.append(Text(f"{missing.id} is not known to {listed(list(missing.looked_in), 'and')}."))
    return Group(*parts, *(Text(unformatted(service_error(error))) for error in answer.errors))


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
    """One row for each service."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("Service", "Region", "Reachable", "Latency", "Budget left"):
        table.add_column(column, overflow="fold")
    failed: list[ServiceError] = []
    for each in answer.services:
        budget = f"{each.budget_left} of {each.budget}" if each.budget is not None else ""
        latency = f"{round(each.latency_s * 1000)} ms" if each.latency_s is not None else ""
        reachable = Text("no", "red") if each.error else Text("yes", "green")
        table.add_row(f"{each.account}/{each.service}", each.region, reachable, latency, budget)
        failed += [each.error] if each.error else []
    return Group(table, *(Text(unformatted(service_error(error))) for error in failed))
