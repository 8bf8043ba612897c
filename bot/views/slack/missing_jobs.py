"""Jobs that are not found: since when, and when they are checked next."""

from collections import defaultdict
from datetime import datetime

from bot.domain.absence import DROPPED_AFTER, Absence
from bot.domain.cards import Shown
from bot.domain.changes import Change
from bot.views.text import count, date


def lines(shown: Shown) -> list[str]:
    """Return a line for each kind of missing jobs of a card, suspended ones first."""
    groups: dict[tuple[bool, bool], list[Absence]] = defaultdict(list)
    for absence in shown.absences.values():
        groups[absence.suspended is None, absence.doubtful].append(absence)
    return [_line(groups[group], batch=shown.card.batch) for group in sorted(groups)]


def _line(absences: list[Absence], *, batch: bool) -> str:
    first = min(absences, key=lambda each: each.since)
    number = f"{count(len(absences), 'job')}: " if batch else ""
    what = f"{number}{since(first.since, doubtful=first.doubtful)}"
    suspended = [each.suspended for each in absences if each.suspended]
    if not suspended:
        return f"🔎 {what}, still checking"
    return f"⏸️ Suspended: {what}. Checked once an hour until {date(min(suspended) + DROPPED_AFTER)}."


def since(moment: datetime, *, doubtful: bool) -> str:
    """Say since when a job is not found; no capital."""
    return f"{'no clear answer' if doubtful else 'not found'} since {date(moment)}"


def missing(change: Change) -> str:
    """Say since when the job of a change was not found."""
    return since(change.absent_since or change.since, doubtful=change.doubtful)
