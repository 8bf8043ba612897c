"""Read the values of filters and options."""

import re
from datetime import UTC, datetime

from bot.domain.cards import On, on_words
from bot.domain.errors import Problem, UsageError
from bot.domain.quoting import MENTION
from bot.domain.slack_ids import ID
from bot.domain.watches import COUNT_MAX, COUNT_MIN, SHARE_MAX, SHARE_MIN, WINDOW_MAX_S, WINDOW_MIN_S, Threshold
from handlers.commands import times
from handlers.commands.grammar import (
    FILTER,
    LIMIT_MAX,
    MENTIONS_MAX,
    OPTION,
    STATE_SYNONYMS,
    STATES,
    SYNONYMS,
    WATCH_OPTION,
)
from handlers.commands.lexer import items, plainest

_WORD = {**FILTER, **OPTION, "after": WATCH_OPTION["after"]}
_THRESHOLD = re.compile(r"([0-9]{1,4})(%?)/(.+)")
WINDOWS = f"a time from {WINDOW_MIN_S // 60}m to {WINDOW_MAX_S // 3600}h after the slash"
_CODE = re.compile(r"[^*\s]*\*?")
_PERSON = re.compile(rf"<(@{ID}|!subteam\^{ID})(?:\|[^<>]*)?>")
_EVERYBODY = {"here", "channel", "everyone", "all", "everybody"}
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)


def read_filter(key: str, value: str) -> str:
    """Return the plainest form of a value: `fail` becomes `failed`. Raises UsageError if it is invalid."""
    if not value:
        raise _bad(key, value)
    match key:
        case "since" | "until":
            return _time(key, value)
        case "to":
            return _one_of(key, value)
        case _:
            return _READERS.get(key, str)(value)


def list_words(value: str) -> list[str]:
    """Return the words of a list of states or events with any separators."""
    return re.findall(r"[\w-]+", plainest(value))


def _states(value: str) -> str:
    states = list(dict.fromkeys(STATE_SYNONYMS.get(word, word) for word in list_words(value)))
    for state in states:
        if state not in STATES:
            raise _bad("state", state)
    if not states:
        raise _bad("state", value)
    return ",".join(states)


def _events(value: str) -> str:
    words = [SYNONYMS["on"].get(word, word) for word in list_words(value)]
    if not words:
        raise _bad("on", value)
    try:
        return on_words(map(On, words))
    except ValueError:
        raise _bad("on", next(word for word in words if word not in OPTION["on"].expected)) from None


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


def _one_of(key: str, value: str) -> str:
    word = SYNONYMS[key].get(plainest(value), plainest(value))
    if word not in OPTION[key].expected:
        raise _bad(key, value)
    return word


def _code(value: str) -> str:
    if not _CODE.fullmatch(value):
        raise _bad("code", value)
    return value


def read_threshold(value: str) -> Threshold:
    """Read a threshold such as `5/10m` or `20%/1h`. Raises UsageError if it is invalid or out of range."""
    found = _THRESHOLD.fullmatch(plainest(value).replace(" ", ""))
    window = times.duration(found[3]) if found else None
    if found is None or window is None:
        raise _bad("after", value)
    number, seconds = int(found[1]), int(window.total_seconds())
    least, most = (SHARE_MIN, SHARE_MAX) if found[2] else (COUNT_MIN, COUNT_MAX)
    if not least <= number <= most:
        raise _bad("after", value)
    if not WINDOW_MIN_S <= seconds <= WINDOW_MAX_S:
        raise UsageError(Problem.BAD_VALUE, f"after:{value}", expected=(WINDOWS,))
    return Threshold(window_s=seconds, **{"share" if found[2] else "count": number})


def _threshold(value: str) -> str:
    return str(read_threshold(value))


def _mentions(value: str) -> str:
    """Return mentions in Slack's syntax, without names, separated by commas: `<@U024BE7LH>,<!subteam^S0614TZR7>`."""
    apart = MENTION.sub(lambda mention: f" {mention[0]} ", value)
    mentions = list(dict.fromkeys(map(_mention, items(apart))))
    if not mentions:
        raise _bad("mention", value)
    if len(mentions) > MENTIONS_MAX:
        raise UsageError(Problem.TOO_MANY_MENTIONS, str(len(mentions)), expected=(str(MENTIONS_MAX),))
    return ",".join(mentions)


def _mention(word: str) -> str:
    if person := _PERSON.fullmatch(word):
        return f"<{person[1]}>"
    name = word.strip("<>").partition("|")[0].lstrip("@!")
    if name.lower() in _EVERYBODY:
        raise UsageError(Problem.EVERYBODY, f"@{name}")
    raise UsageError(Problem.NOT_A_PERSON, word)


_READERS = {"state": _states, "limit": _limit, "on": _events, "mention": _mentions, "code": _code, "after": _threshold}


def _bad(key: str, value: str) -> UsageError:
    return UsageError(Problem.BAD_VALUE, f"{key}:{value}", expected=_WORD[key].expected)
