"""Notes of a list of jobs in addition to its rows: for Slack and the terminal."""

from collections.abc import Iterable, Sequence

from bot.domain.answers import Incomplete, JobList, Remembered
from bot.views.errors import service_error, service_name
from bot.views.text import count, listed, plain


def notes(answer: JobList) -> list[str]:
    """Return a line for each service that failed, can't list, or was read only in part."""
    return [
        *map(service_error, answer.errors),
        *map(_remembered, answer.remembered),
        *(line for part in answer.incomplete for line in _incomplete(part)),
    ]


def _remembered(part: Remembered) -> str:
    where = f"🗒️ {service_name(part.account, part.service)} doesn't support listing"
    if not part.known:
        return f"{where}. Look a job up with `/jobs show ID`, and it appears here."
    line = f"{where}: searched {count(part.known, 'job')} looked up before."
    return line if part.current else f"{line} Their states may be out of date."


def _incomplete(part: Incomplete) -> list[str]:
    where = service_name(part.account, part.service)
    lines: list[str] = []
    if part.scanned:
        newest = count(part.scanned, "job")
        lines.append(f"✂️ {where} has more than the newest {newest} searched here. Narrow the search with `since:`.")
    if part.malformed:
        lines.append(f"⚠️ {where} returned {count(part.malformed, 'unreadable job')}.")
    if part.uncoded:
        uncoded = count(part.uncoded, "failed job")
        lines.append(f"🗒️ {where} lists no codes: `code:` left out {uncoded}. `/jobs show ID` shows the code of each.")
    return lines


def without(scopes: Sequence[str], filters: Iterable[tuple[str, str]]) -> str:
    """Say what a list leaves out: `without vod-ai and name test`; empty if nothing."""
    words = [*(plain(scope, 60) for scope in scopes), *(f"{key} {plain(text, 60)}" for key, text in filters)]
    return f"without {listed(words, 'and')}" if words else ""


def nothing(answer: JobList) -> str:
    """Say why a page is empty. It never looks like "no jobs" if no service responded."""
    failed = {(error.account, error.service) for error in answer.errors}
    if failed and len(failed) >= answer.services_asked:
        return "No service responded."
    if answer.pending:
        return "No jobs match so far." if len(answer.pending) < answer.services else "No answer yet."
    if answer.offset:
        return "No jobs on this page."
    if answer.errors:
        return "No jobs match in the services that responded."
    if answer.remembered and len(answer.remembered) == answer.services:
        return "No matching jobs."
    return "No jobs match."


def position(answer: JobList, shown: int) -> str:
    """Return which jobs are shown: `11–20 of 312`; `11–20 of many` while the total is unknown."""
    if not shown:
        return "0 jobs"
    span = f"{answer.offset + 1:,}–{answer.offset + shown:,}" if shown > 1 else f"{answer.offset + 1:,}"
    if answer.total is not None:
        return f"{span} of {'at least ' if answer.errors or answer.pending else ''}{answer.total:,}"
    return f"{span} of many" if answer.more else span


def not_all(limit: int) -> str:
    """Say that a list has more jobs than can be read."""
    return f"⚠️ more than {limit:,} jobs: not all can be seen"
