"""Facts about jobs that were looked up, found or not, for Slack and the terminal."""

from collections.abc import Callable, Sequence
from datetime import datetime

from bot.domain.answers import JobDetails, Missing
from bot.views.text import bold, code, date, duration, listed, plain
from providers.models import Job

Meaning = Callable[[Job], str | None]
"""Returns what a job's error code means, where the vendor documents it."""
NOBODY = "No configured service supports this lookup."
WIDTHS = (300, 100, 30)
"""Characters for each fact about a job. If the message is too long, the next smaller number is tried."""
IDS_MAX = 20
PLACES_MAX = 10


def facts(job: Job, room: int = WIDTHS[0]) -> dict[str, str]:
    """Return label and value of each known fact about a job, in reading order; mrkdwn."""
    known = {
        "Service": job.service,
        "Kind": job.kind,
        "Account": job.account,
        "Region": job.region,
        "Created": job.created_at,
        "Started": job.started_at,
        "Finished": job.finished_at,
        "Duration": duration(job.duration_s) if job.duration_s is not None else None,
        "Media": job.media,
        "Input": job.input,
        "Output": job.output,
        "Progress": f"{job.progress} %" if job.progress is not None else None,
        "Updated": job.updated_at,
    }
    known_facts = {**job.attributes, **known}
    order = (*known, *(label for label in job.attributes if label not in known))
    return {label: _value(known_facts[label], room) for label in order if known_facts[label]}


def _value(value: str | datetime | None, room: int) -> str:
    return date(value) if isinstance(value, datetime) else plain(value or "", room)


def missing(answer: JobDetails) -> list[str]:
    """Return lines about the jobs not found: one for those searched in the same services."""
    searches: dict[Missing, list[str]] = {}
    for each in answer.missing:
        searches.setdefault(each.model_copy(update={"id": ""}), []).append(each.id)
    return [_missing(ids, search) for search, ids in searches.items()]


def _missing(ids: Sequence[str], search: Missing) -> str:
    names = _first([code(each, 80) for each in ids], IDS_MAX)
    where = _first([bold(place, 80) for place in search.looked_in], PLACES_MAX)
    one = len(ids) == 1
    known = f"{'was' if one else 'were'} not found in {listed(where, 'or')}" if where else "could not be found"
    soon = "A job submitted a moment ago may not appear yet."
    late = "Some services didn't respond."
    return f"❔ {listed(names, 'and')} {known}. {soon if search.everywhere else late}"


def _first(words: list[str], number: int) -> list[str]:
    return words if len(words) <= number else [*words[:number], f"{len(words) - number:,} more"]
