"""Read durations and times as people type them."""

import re
from datetime import UTC, date, datetime, timedelta

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(
    r"(\d{1,6})\s*(?:(s)(?:ec(?:ond)?s?)?|(m)(?:in(?:ute)?s?)?|(h)(?:(?:ou)?rs?)?|(d)(?:ays?)?|(w)(?:eeks?)?)"
)
DAYS = ("today", "yesterday")
DURATIONS = "90s 15m 2h 3d 1w"
EXPECTED = (f"a duration ({DURATIONS})", "a date or time (2026-11-20, 2026-11-20T14:30)", *DAYS)


def instant(text: str, now: datetime) -> datetime:
    """Read a time as aware UTC: `2h`, `2026-11-20T14:30`, `today` or `yesterday`.

    A duration counts back from `now`, a day means its start, and a time without a zone is UTC. Raises ValueError for
    anything else.
    """
    word = text.strip().lower()
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if word in DAYS:
        return midnight - timedelta(days=word == "yesterday")
    if (age := duration(word.removesuffix(" ago"))) is not None:
        return before(now, age)
    parsed = datetime.fromisoformat(text.strip().upper())
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


def last_instant(text: str, now: datetime) -> datetime:
    """Read a time as `instant` does, but a day means its last microsecond."""
    start = instant(text, now)
    whole_day = text.strip().lower() in DAYS or _is_date(text.strip())
    return start + timedelta(days=1, microseconds=-1) if whole_day else start


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def duration(text: str) -> timedelta | None:
    """Read a duration, such as `90s`, `15m` or `2 hours`; None for anything else."""
    found = _DURATION.fullmatch(text.strip().lower())
    if found is None:
        return None
    unit = next(filter(None, found.groups()[1:]))
    return timedelta(**{_UNITS[unit]: int(found[1])})


def before(now: datetime, age: timedelta) -> datetime:
    """Return now minus an age, or the earliest possible time."""
    try:
        return now - age
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)
