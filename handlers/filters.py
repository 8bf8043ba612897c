"""Reads the value of each filter word."""

import re
from datetime import UTC, datetime

from bot.errors import Problem, UsageError
from handlers import times
from handlers.grammar import FILTER, LIMIT_MAX, STATE_SYNONYMS, STATES

_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def read_filter(key: str, value: str) -> str:
    """Return a filter's value in its plainest form; raises UsageError when it cannot be understood."""
    if not value:
        raise _bad(key, value)
    match key:
        case "state":
            return _states(value)
        case "since" | "until":
            return _time(key, value)
        case "limit":
            return _limit(value)
        case _:
            return value


def _states(value: str) -> str:
    words = [word.strip().lower() for word in re.split("[,，]", value) if word.strip()]
    states = list(dict.fromkeys(STATE_SYNONYMS.get(word, word) for word in words))
    for state in states:
        if state not in STATES:
            raise _bad("state", state)
    if not states:
        raise _bad("state", value)
    return ",".join(states)


def _time(key: str, value: str) -> str:
    try:
        times.instant(value, _ANY_TIME)
    except (ValueError, OverflowError):
        raise _bad(key, value) from None
    return value.lower() if value[:1].isalpha() or (value[-1:].isalpha() and "T" not in value.upper()) else value


def _limit(value: str) -> str:
    if not value.isascii() or not value.isdigit() or not 1 <= int(value[:9]) <= LIMIT_MAX:
        raise _bad("limit", value)
    return str(int(value))


def _bad(key: str, value: str) -> UsageError:
    return UsageError(Problem.BAD_VALUE, f"{key}:{value}", expected=FILTER[key].expected)
