"""Details of one job or several."""

import json
from collections.abc import Iterator, Sequence

from bot.domain.answers import JobDetails, Missing
from bot.domain.button_payloads import FRESH, OPEN, RAW, SHARE, CommandPayload
from bot.views.errors import service_error
from bot.views.facts import NOBODY, WIDTHS, Meaning, facts, missing
from bot.views.lateness import came, still_asking
from bot.views.slack.block_kit import (
    Block,
    Budget,
    Message,
    actions,
    button,
    context,
    divider,
    fields,
    message,
    modal,
    section,
)
from bot.views.slack.jobs import row, subscribe_button
from bot.views.slack.lateness import still_asked
from bot.views.states import name, no_reason, plain_state, state
from bot.views.terms import person
from bot.views.text import age, bold, code, code_block, count, fitting, link, plain, unformatted
from providers.models import Job, JobError, JobState

FACTS_MAX = 30
NOTES_MAX = 5
TAIL_CHARS = 4000
RAW_CHUNK = 2900
RAW_CHUNKS = 30
RAW_BYTES = 150_000
"""Bytes of raw JSON in a modal, of the 250,000 that Slack's reference allows."""


def job_details(answer: JobDetails, command: CommandPayload, meaning: Meaning, notes: Sequence[str] = ()) -> Message:
    """Show the details of each job found. A full message shows the last jobs as list rows.

    `notes` are further lines about the request.
    """
    head = [context(f"📌 Shared by {person(command.shared_by)}")] if command.shared_by else []
    return _details(answer, command, meaning, [*head, *still_asked(answer)], notes)


def late(answer: JobDetails, meaning: Meaning) -> Message:
    """Show what the late services returned, and the jobs that none of them found."""
    parts = [(each, answer.of(each)) for each in answer.late]
    headlines = [came(each, len(mine.jobs), mine.errors) for each, mine in parts]
    jobs = tuple(job for _, mine in parts for job in mine.jobs)
    errors = tuple(error for _, mine in parts for error in mine.errors[1:])  # a headline has the first
    brought = answer.model_copy(update={"jobs": jobs, "errors": errors, "missing": _missed(answer)})
    if jobs:
        command = CommandPayload.about("show", [job.ref for job in jobs])
        return _details(brought, command, meaning, [*map(section, headlines)], said=headlines)
    lines = [*headlines, *missing(brought), *_errors(brought)]
    return message("\n".join(map(unformatted, lines)), Budget().fit([*map(section, lines)], _more_lines))


def _missed(answer: JobDetails) -> tuple[Missing, ...]:
    """Return the jobs that late services did not find, or did not respond about."""
    late = {f"{each.account}/{each.service}" for each in answer.late}
    return tuple(each for each in answer.missing if not each.everywhere or late.intersection(each.looked_in))


def _details(  # noqa: PLR0917  # the parts of a message
    answer: JobDetails,
    command: CommandPayload,
    meaning: Meaning,
    head: list[Block],
    notes: Sequence[str] = (),
    said: Sequence[str] = (),
) -> Message:
    """Draw jobs below a head; `said` are the words of the head for the fallback."""
    alone = len(answer.jobs) == 1
    buttons = [] if alone else actions("details", [*_refresh(command), *_share(command)])
    lines = [*map(context, notes), *map(section, missing(answer)), *map(context, _errors(answer))]
    tail = Budget(chars=TAIL_CHARS).fit(lines, _more_lines)
    budget = Budget([*head, *tail, *buttons, _more_jobs(len(answer.jobs))])
    body: list[Block] = [] if answer.jobs or tail or answer.pending else [section(NOBODY)]
    for index, job in enumerate(answer.jobs):
        if not (blocks := _fitting(job, answer, command, meaning, budget)):
            body.append(_more_jobs(len(answer.jobs) - index))
            break
        body += blocks
    text = [*map(unformatted, said), _fallback(answer), *map(unformatted, notes)]
    return message("\n".join(text), [*head, *body, *tail, *buttons])


def _more_lines(number: int) -> Block:
    return context(f"… and {count(number, 'more notice')}")


def _more_jobs(number: int) -> Block:
    return context(f"… and {count(number, 'more job')} not shown. Ask for fewer at a time.")


def _fitting(job: Job, answer: JobDetails, command: CommandPayload, meaning: Meaning, budget: Budget) -> list[Block]:
    """Return the details of a job in the length that fits; nothing if none does."""
    for room in WIDTHS:
        whole = _job(job, answer, command, meaning, room)
        if budget.take(whole):
            return whole
    return [row(job)] if budget.take([row(job)]) else []


def _job(job: Job, answer: JobDetails, command: CommandPayload, meaning: Meaning, room: int) -> list[Block]:
    alone = len(answer.jobs) == 1
    reason = _reason(job, meaning, room)
    notes = [f"⚠️ {plain(note, room)}" for note in job.notes[:NOTES_MAX]]
    request = f" · request id {code(job.request_id, 80)}" if job.request_id else ""
    return [
        section(f"{state(job, whole=True)} · {bold(name(job), 200)}"),
        *([section(reason)] if reason else []),
        *([section("\n".join(notes))] if notes else []),
        *fields([f"{bold(label, 40)}\n{value}" for label, value in list(facts(job, room).items())[:FACTS_MAX]]),
        section(f"*Ref* {code(str(job.ref), 300)}\n*Id* {code(job.id, 200)}"),
        context(f"checked {age(answer.checked_at)}{request}{_console(job)}"),
        *actions(f"job-{answer.jobs.index(job)}", _buttons(job, command, alone=alone)),
        *([] if alone else [divider()]),
    ]


def _reason(job: Job, meaning: Meaning, room: int) -> str:
    if job.state is not JobState.FAILED:
        return ""
    error = job.error or JobError()
    words = " ".join(filter(None, (code(error.code, 80) if error.code else "", plain(error.message or "", room * 5))))
    why = words or plain(no_reason(job), room * 5)
    meant = meaning(job)
    return f"*Why it failed*\n{why}" + (f"\nWhat it means: {plain(meant, 300)}" if meant else "")


def _console(job: Job) -> str:
    to_console = link(job.console_url, "open the console") if job.console_url else ""
    return f" · {to_console}" if to_console else ""


def _buttons(job: Job, command: CommandPayload, *, alone: bool) -> list[Block]:
    own = CommandPayload.about("show", [job.ref])
    raw = button("Raw", f"{RAW}:{job.service}", own, name=f"Raw data of {job.id}")
    subscribe = subscribe_button(job)
    if alone:
        return [*_refresh(command), *subscribe, *_share(command), *raw]
    return [*button("Details", f"{OPEN}:details", own, name=f"Details of {job.id}"), *subscribe, *raw]


def _refresh(command: CommandPayload) -> list[Block]:
    return button("Refresh", FRESH, command)


def _share(command: CommandPayload) -> list[Block]:
    return [] if command.shared_by else button("Share", f"{SHARE}:details", command)


def _errors(answer: JobDetails) -> list[str]:
    return [service_error(error) for error in answer.errors]


def _fallback(answer: JobDetails) -> str:
    lines = [f"{plain_state(job)}: {name(job)}, {job.ref}" for job in answer.jobs]
    lines += map(unformatted, (*missing(answer), *_errors(answer)))
    lines += [still_asking(answer.pending)] if answer.pending else []
    return "\n".join(lines) or NOBODY


def raw_loading() -> Block:
    """Return the modal that opens immediately, while the provider is asked."""
    return modal("Raw", [section("Asking the provider …")])


def raw(answer: JobDetails) -> Block:
    """Show the provider's JSON, secrets removed."""
    blocks = [*map(section, missing(answer)), *map(context, _errors(answer))][:10]
    for job in answer.jobs[:1]:
        request = f" · request id {code(job.request_id, 80)}" if job.request_id else ""
        blocks.append(context(f"{code(str(job.ref), 300)} as the provider sent it, secrets removed{request}"))
        blocks += _json(json.dumps(job.raw, indent=2, ensure_ascii=False, default=str))
    return modal("Raw", blocks or [section(NOBODY)])


def _json(text: str) -> list[Block]:
    """Return the code blocks that fit a modal, and count the lines left out."""
    blocks: list[Block] = []
    room = RAW_BYTES
    for chunk in _chunks(text):
        block = section(code_block(chunk.removesuffix("\n"), RAW_CHUNK + 100))
        room -= len(json.dumps(block))
        if room < 0 or len(blocks) == RAW_CHUNKS:
            left_out = count(text.count("\n") + 1, "more line")
            return [*blocks, context(f"… and {left_out} not shown")]
        blocks.append(block)
        text = text[len(chunk) :]
    return blocks


def _chunks(text: str) -> Iterator[str]:
    """Cut a text into pieces that fit a block when escaped.

    It cuts at line ends where possible.
    """
    begin = 0
    while begin < len(text):
        piece = fitting(text[begin : begin + RAW_CHUNK], RAW_CHUNK)
        end = len(piece) if begin + len(piece) == len(text) else piece.rfind("\n") + 1 or len(piece)
        yield piece[:end]
        begin += end
