"""Everything about one job, or about several."""

import json
from collections.abc import Callable

from bot.answers import JobDetails, Missing
from bot.payloads import OPEN, RAW, RUN, SHARE, Ask
from bot.views.errors import service_error
from bot.views.jobs import row
from bot.views.message import Block, Budget, Message, actions, button, context, divider, fields, message, modal, section
from bot.views.states import plain_state, state
from bot.views.text import bold, code, code_block, count, date, duration, listed, plain, unformatted
from providers.models import Job, JobState

Meaning = Callable[[Job], str | None]
"""Tells what a job's error code means, where the vendor documents it."""

NO_REASON = "the provider gives no reason"
RAW_CHUNK = 2900
RAW_CHUNKS = 30


def job_details(answer: JobDetails, ask: Ask, meaning: Meaning) -> Message:
    """Details of every job found; a message that gets full shows the last ones as lines of a list."""
    head = [context(f"📌 Shared by <@{ask.shared_by}>")] if ask.shared_by else []
    tail = [*map(_missing, answer.missing), *(context(service_error(error)) for error in answer.errors)]
    if len(answer.jobs) != 1:
        tail.append(actions("details", _refresh_and_share(ask)))
    budget = Budget([*head, *tail])
    body: list[Block] = []
    for job in answer.jobs:
        whole = _job(job, answer, ask, meaning, alone=len(answer.jobs) == 1)
        body.extend(whole if budget.take(whole) else [row(job)] if budget.take([row(job)]) else [])
    return message(_fallback(answer), [*head, *body, *tail])


def _job(job: Job, answer: JobDetails, ask: Ask, meaning: Meaning, *, alone: bool) -> list[Block]:
    reason = _reason(job, meaning)
    notes = [f"⚠️ {plain(note, 300)}" for note in job.notes[:5]]
    request = f" · request id {code(job.request_id, 80)}" if job.request_id else ""
    own = ask if alone else Ask(text=f"show {job.ref}", shared_by=ask.shared_by)
    return [
        section(f"{state(job)} · {bold(job.name or job.id)}"),
        *fields([f"*{plain(label, 40)}*\n{value}" for label, value in facts(job).items()]),
        *([section(reason)] if reason else []),
        *([section("\n".join(notes))] if notes else []),
        section(f"*Ref* {code(str(job.ref), 300)}\n*Id* {code(job.id, 200)}"),
        context(f"checked {date(answer.checked_at)}{request}{_console(job)}"),
        actions(f"job:{job.ref}"[:255], _buttons(job, own, alone=alone)),
        *([] if alone else [divider()]),
    ]


def facts(job: Job) -> dict[str, str]:
    """Label and value, in mrkdwn, of everything known about a job, in the order to read them."""
    known = {
        "Service": job.service,
        "Account": job.account,
        "Kind": job.kind,
        "Region": job.region,
        "Progress": f"{job.progress} %" if job.progress is not None else None,
        "Media": job.media,
        "Input": job.input,
        "Output": job.output,
        **job.attributes,
        "Duration": duration(job.duration_s) if job.duration_s is not None else None,
    }
    times = {
        "Created": job.created_at,
        "Started": job.started_at,
        "Finished": job.finished_at,
        "Updated": job.updated_at,
    }
    words = {label: plain(value, 300) for label, value in known.items() if value}
    return words | {label: date(moment) for label, moment in times.items() if moment}


def _reason(job: Job, meaning: Meaning) -> str:
    if job.state is not JobState.FAILED:
        return ""
    error = job.error
    if error is None or not (error.code or error.message):
        return f"*Why it failed*\n{NO_REASON}"
    words = " ".join(filter(None, (code(error.code, 80) if error.code else "", plain(error.message or "", 1500))))
    meant = meaning(job)
    return f"*Why it failed*\n{words}" + (f"\nThis code means: {plain(meant, 300)}" if meant else "")


def _console(job: Job) -> str:
    """A link of our own making: only known console pages are ever put there."""
    return f" · <{job.console_url}|open the console>" if job.console_url else ""


def _buttons(job: Job, ask: Ask, *, alone: bool) -> list[Block]:
    raw = button("Raw", f"{RAW}:{job.service}", Ask(text=f"show {job.ref}").encode(), name=f"Raw data of {job.id}")
    if alone:
        return [*_refresh_and_share(ask), raw]
    return [button("Details", f"{OPEN}:details", ask.encode()), raw]


def _refresh_and_share(ask: Ask) -> list[Block]:
    refresh = button("Refresh", f"{RUN}:refresh", ask.encode())
    return [refresh] if ask.shared_by else [refresh, button("Share", f"{SHARE}:details", ask.encode())]


def _missing(missing: Missing) -> Block:
    places = listed([f"*{place}*" for place in missing.looked_in[:10]], "and")
    again = "A job that was submitted a moment ago may not be there yet."
    return section(f"❔ {code(missing.id, 200)} is not known to {places}. {again}")


def _fallback(answer: JobDetails) -> str:
    lines = [f"{plain_state(job)}: {job.name or job.id}, {job.ref}" for job in answer.jobs]
    lines += [unformatted(block["text"]["text"]) for block in map(_missing, answer.missing)]
    lines += [unformatted(service_error(error)) for error in answer.errors]
    return "\n".join(lines) or "No job was found."


def raw_loading() -> Block:
    """The modal that opens at once; the provider is asked behind it."""
    return modal("Raw", [section("Asking the provider …")])


def raw(answer: JobDetails) -> Block:
    """The provider's own JSON, secrets removed."""
    blocks: list[Block] = [context(service_error(error)) for error in answer.errors]
    blocks += map(_missing, answer.missing)
    for job in answer.jobs[:1]:
        text = json.dumps(job.raw, indent=2, ensure_ascii=False, default=str)
        chunks = _chunks(text.splitlines())
        request = f" · request id {code(job.request_id, 80)}" if job.request_id else ""
        blocks.append(context(f"{code(str(job.ref), 300)} as the provider sent it, secrets removed{request}"))
        blocks += [section(code_block(chunk, RAW_CHUNK + 100)) for chunk in chunks[:RAW_CHUNKS]]
        if len(chunks) > RAW_CHUNKS:
            blocks.append(context(f"… and {count(len(chunks) - RAW_CHUNKS, 'part')} more, left out"))
    return modal("Raw", blocks[:100])


def _chunks(lines: list[str]) -> list[str]:
    """Join lines to texts that stay under Slack's limit even when each character has to be escaped."""
    chunks: list[str] = [""]
    for line in lines:
        for start in range(0, max(1, len(line)), RAW_CHUNK // 5):
            piece = line[start : start + RAW_CHUNK // 5]
            if len(code_block(f"{chunks[-1]}\n{piece}", 10**9)) > RAW_CHUNK:
                chunks.append("")
            chunks[-1] = f"{chunks[-1]}\n{piece}" if chunks[-1] else piece
    return chunks
