"""Lists and details of jobs."""

from dataclasses import dataclass
from datetime import datetime

from bot.answers import Incomplete, JobList, Remembered
from bot.payloads import ANY, BLOCK_ID_MAX, OPEN, PICK_SERVICE, PICK_STATE, RUN, SELECTS, SHARE, Ask
from bot.views.errors import service_error
from bot.views.message import Block, Budget, Message, actions, button, context, message, section, select
from bot.views.states import EMOJI, plain_state, state
from bot.views.text import bold, code, count, cut, duration, plain, utc
from providers.models import Job, JobState

LINES_MAX = 12
"""Lines about services under a list; more of them are counted."""


@dataclass(frozen=True, slots=True)
class Controls:
    """What the selects under a list offer and show; no scopes, no selects."""

    scopes: tuple[str, ...] = ()
    state: str = ANY
    scope: str = ANY


def job_list(answer: JobList, ask: Ask, controls: Controls) -> Message:
    """A page of jobs, with what can be done with it. As many jobs as fit are shown; the next page goes on there."""
    title, lines = _title(ask), [context(line) for line in notes(answer)]
    budget = Budget(
        [title, *lines, *_foot(answer, ask, len(answer.jobs), controls), *_foot(answer, ask, 0, Controls())]
    )
    rows: list[Block] = []
    for block in map(row, answer.jobs):
        if not budget.take([block]):
            break
        rows.append(block)
    body = rows or [section(nothing(answer))]
    return message(_fallback(answer, len(rows)), [title, *body, *lines, *_foot(answer, ask, len(rows), controls)])


def _title(ask: Ask) -> Block:
    by = f" · shared by <@{ask.shared_by}>" if ask.shared_by else ""
    return section(f"*Jobs* {code(f'/jobs {ask.text}', 300)}{by}")


def row(job: Job) -> Block:
    """Two lines and a Details button."""
    ask = Ask(text=f"show {job.ref}")
    first = f"{state(job)} · {bold(job.name or job.id, 120)} · {job.service} · {job.account}"
    return section(
        f"{first}\n{_when(job)}{_failure(job)}",
        button("Details", f"{OPEN}:details", ask.encode(), name=f"Details of {job.name or job.id}"),
    )


def _when(job: Job) -> str:
    age = f"created {_ago(job.created_at)}" if job.created_at else "age unknown"
    took = f" · took {duration(job.duration_s)}" if job.duration_s is not None else ""
    progress = f" · {job.progress} %" if job.progress is not None and not job.state.ended else ""
    return f"{age}{took}{progress}"


def _ago(moment: datetime) -> str:
    return f"<!date^{int(moment.timestamp())}^{{ago}}|{utc(moment)}>"


def _failure(job: Job) -> str:
    if job.state is not JobState.FAILED:
        return ""
    if job.error is None or not (job.error.code or job.error.message):
        return " · the provider gives no reason"
    parts = (
        code(job.error.code, 60) if job.error.code else "",
        plain(job.error.message, 150) if job.error.message else "",
    )
    return f" · {' '.join(filter(None, parts))}"


def notes(answer: JobList) -> list[str]:
    """One line for each service that failed, is late, cannot list, or was read only in part."""
    lines = [
        *map(service_error, answer.errors),
        *map(_remembered, answer.remembered),
        *(line for part in answer.incomplete for line in _incomplete(part)),
    ]
    if len(lines) > LINES_MAX:
        lines = [*lines[:LINES_MAX], f"… and {count(len(lines) - LINES_MAX, 'more line')} like these."]
    return lines


def _remembered(part: Remembered) -> str:
    where = f"🗒️ *{part.account}/{part.service}* cannot list its jobs"
    if not part.known:
        return f"{where}, and nobody has looked one up yet: `/jobs show ID` does."
    return f"{where}; searched are the {count(part.known, 'job')} that somebody looked up before."


def _incomplete(part: Incomplete) -> list[str]:
    where = f"*{part.account}/{part.service}*"
    lines: list[str] = []
    if part.scanned:
        lines.append(f"✂️ {where} was searched through its newest {part.scanned:,} jobs; narrow it with `since:`.")
    if part.malformed:
        lines.append(f"⚠️ {where} sent {count(part.malformed, 'job')} that could not be read.")
    return lines


def nothing(answer: JobList) -> str:
    """Why a page is empty; it never looks like "there are no jobs" when nobody could be asked."""
    if answer.errors and len(answer.errors) == answer.services:
        return "No service answered, so nothing is known about your jobs."
    if answer.offset:
        return "There are no jobs this far down any more."
    if answer.errors:
        return "No jobs match in the services that answered."
    return "No jobs match."


def position(answer: JobList, shown: int) -> str:
    """`11–20 of 312`; the total is left out while it is unknown."""
    if not shown:
        return "0 jobs"
    span = f"{answer.offset + 1:,}–{answer.offset + shown:,}" if shown > 1 else f"{answer.offset + 1:,}"
    if answer.total is not None:
        return f"{span} of {answer.total:,}"
    return f"{span}, more follow" if answer.more else span


def _foot(answer: JobList, ask: Ask, shown: int, controls: Controls) -> list[Block]:
    cut_off = f" (a message holds no more than {shown})" if shown < len(answer.jobs) else ""
    blocks = [context(f"{position(answer, shown)}{cut_off}, checked {_ago(answer.checked_at)}{_request_ids(answer)}")]
    if controls.scopes and not ask.shared_by and ask.fits(BLOCK_ID_MAX):
        blocks.append(actions(f"{SELECTS}{ask.at(0).encode()}", _selects(controls)))
    return [*blocks, actions("page", _buttons(answer, ask, shown))]


def _request_ids(answer: JobList) -> str:
    ids = {f"{job.account}/{job.service}": job.request_id for job in answer.jobs if job.request_id}
    if not ids:
        return ""
    return " · request ids: " + ", ".join(f"{where} {code(value, 60)}" for where, value in list(ids.items())[:6])


def _selects(controls: Controls) -> list[Block]:
    states = [("Any state", ANY), *((f"{EMOJI[each]} {each.capitalize()}", each.value) for each in JobState)]
    places = [("Every service", ANY), *((scope, scope) for scope in controls.scopes)]
    return [
        select("State", PICK_STATE, states, controls.state),
        select("Service", PICK_SERVICE, places, controls.scope),
    ]


def _buttons(answer: JobList, ask: Ask, shown: int) -> list[Block]:
    buttons: list[Block] = []
    if answer.offset and not ask.shared_by:
        buttons.append(button("◀ Previous", f"{RUN}:previous", ask.at(answer.offset - answer.limit).encode()))
    if (answer.more or shown < len(answer.jobs)) and not ask.shared_by:
        buttons.append(button("Next ▶", f"{RUN}:next", ask.at(answer.offset + shown).encode()))
    buttons.append(button("Refresh", f"{RUN}:refresh", ask.encode()))
    if ask.shared_by:
        mine = ask.model_copy(update={"shared_by": None})
        return [*buttons, button("Open for me", f"{OPEN}:mine", mine.encode())]
    return [*buttons, button("Share", f"{SHARE}:list", ask.encode())]


def _fallback(answer: JobList, shown: int) -> str:
    if not shown:
        return nothing(answer)
    lines = [
        f"{plain_state(job)}: {cut(job.name or job.id, 80)}, {job.service}, {job.account}"
        for job in answer.jobs[:shown]
    ]
    failed = [f"{error.account}/{error.service} did not answer" for error in answer.errors]
    return "\n".join([f"Jobs {position(answer, shown)}", *lines, *failed])
