"""Read the commands of subscriptions: the jobs and the options."""

import re
from collections.abc import Sequence
from enum import Enum, auto

from bot.domain.catalog import Catalog
from bot.domain.errors import Problem, UsageError
from bot.domain.quoting import MENTION, quoted
from handlers.commands.filters import list_words, read_filter
from handlers.commands.grammar import (
    ALL,
    COURTESIES,
    HERE,
    MINE,
    OPTION,
    OPTION_SYNONYMS,
    PART_SYNONYMS,
    SYNONYMS,
    Request,
)
from handlers.commands.job_arguments import held, is_mixed, jobs_named, named, parts
from handlers.commands.lexer import EQUALS, PAIR, SEPARATORS, is_ornament
from handlers.commands.suggestions import closest, closest_each, replaced, unknown

COMMANDS = ("subscribe", "unsubscribe", "subscriptions")
_MENTIONS = re.compile(rf"(?:{MENTION.pattern}[{SEPARATORS}]?)+")


class _Style(Enum):
    """The style of the words after `subscribe`, which decides which of them are options."""

    COMMAND = auto()
    """Ids and options. A word that looks like an option is one, maybe with a typing error."""
    LABELLED = auto()
    """Ids with a label, as in `job=4711 code=500`. A word that only looks like an option is data."""
    PROSE = auto()
    """A sentence, a log line or a table. Even `failed` without `on:` is not an option."""


def is_option(word: str) -> bool:
    """Whether a word is clearly an option of a subscription, such as `on:failed`."""
    match = PAIR.fullmatch(word)
    return match is not None and match[1].lower() in OPTION


def read(command: str, words: list[str], catalog: Catalog) -> Request:
    """Read one of the three commands. Raises UsageError."""
    match command:
        case "subscribe":
            return _subscribe(words, catalog)
        case "unsubscribe":
            return _unsubscribe(words, catalog)
        case _:
            return _subscriptions(words)


def _subscribe(words: list[str], catalog: Catalog) -> Request:
    words = [part for word in words for part in (parts(word, catalog) if held(word, catalog) else [word])]
    typed = ["subscribe", *words]
    style = _style(words, catalog)
    jobs, others = list[str](), list[str]()
    options: dict[str, list[str]] = {}
    for word in words:
        pair = None if held(word, catalog) else _pair(word, typed, style)
        if pair is None:
            jobs.append(word)
            continue
        others.append(word)
        key, value = pair[0], _value(*pair, word, typed, style)
        if key == "to" and options.get(key, [value]) != [value]:
            raise UsageError(Problem.REPEATED_OPTION, key)
        if value not in (values := options.setdefault(key, [])):
            values.append(value)
    refs = jobs_named("subscribe", jobs, others, catalog)
    pairs = {key: ",".join(values) for key, values in options.items()}
    for key in pairs.keys() & {
        "mention",
        "on",
    }:  # read the joined values again: this removes duplicates and checks the maximum
        pairs[key] = read_filter(key, pairs[key])
    return Request("subscribe", jobs=refs, options=tuple(pairs.items()))


def _style(words: list[str], catalog: Catalog) -> _Style:
    jobs = {word for word in words if held(word, catalog)}
    if jobs and any(_is_prose(word) for word in words if word not in jobs):
        return _Style.PROSE
    labelled = any(not named(word, catalog) and not {*EQUALS}.isdisjoint(word) for word in jobs)
    return _Style.LABELLED if labelled else _Style.COMMAND


def _is_prose(word: str) -> bool:
    """Whether a word is prose: no option, no polite word, no possible id.

    The label in `id: 4711` is prose.
    """
    if pair := PAIR.fullmatch(word):
        return pair[1].lower() not in OPTION and not pair[2]
    return not (_bare_option(word) or word.lower() in COURTESIES or is_ornament(word) or is_mixed(word))


def _unsubscribe(words: list[str], catalog: Catalog) -> Request:
    jobs = [word for word in words if word.lower() != ALL]
    for word in jobs:
        if (is_option(word) and not held(word, catalog)) or MENTION.fullmatch(word):
            rest = [each for each in words if each != word]
            raise UsageError(Problem.SUPERFLUOUS, word, suggestion=" ".join(["unsubscribe", *map(quoted, rest)]))
    if len(jobs) == len(words):
        return Request("unsubscribe", jobs=jobs_named("unsubscribe", words, (), catalog))
    if jobs:
        raise UsageError(Problem.ALL_OR_SOME, suggestion=" ".join(["unsubscribe", *map(quoted, jobs)]))
    return Request("unsubscribe", text=ALL)


def _subscriptions(words: list[str]) -> Request:
    parts = list(dict.fromkeys(PART_SYNONYMS.get(word.lower(), word.lower()) for word in words))
    for part in parts:
        if part not in {HERE, MINE}:
            raise unknown(part, ["subscriptions", *parts], (HERE, MINE, *PART_SYNONYMS), (HERE, MINE))
    if len(parts) > 1:
        raise UsageError(Problem.SUPERFLUOUS, parts[1], suggestion=f"subscriptions {parts[0]}")
    return Request("subscriptions", text=parts[0] if parts else HERE)


def _pair(word: str, typed: list[str], style: _Style) -> tuple[str, str] | None:
    """Return key and value of an option: `on:failed`, or only `failed`, `dm` or `@dana`.

    Returns None for a job.
    """
    match = PAIR.fullmatch(word)
    if match is None:
        return _bare_option(word) if style is not _Style.PROSE or _MENTIONS.fullmatch(word) else None
    key = match[1].lower()
    if key == "media" or (style is not _Style.COMMAND and key not in OPTION):
        return None
    return _key(key, match[2], word, typed), match[2]


def _bare_option(word: str) -> tuple[str, str] | None:
    for key in ("on", "to"):
        if word.lower() in OPTION[key].expected:
            return key, word
    return ("mention", word) if names_people(word) else None


def names_people(word: str) -> bool:
    """Whether a word names people or user groups to mention."""
    return _MENTIONS.fullmatch(word) is not None or word.startswith("@")


def _key(key: str, value: str, word: str, typed: list[str]) -> str:
    if key in OPTION:
        return key
    close = OPTION_SYNONYMS.get(key) or closest(key, OPTION)
    suggestion = replaced(typed, word, f"{close}:{quoted(value)}") if close else None
    raise UsageError(Problem.UNKNOWN_OPTION, key, expected=tuple(OPTION), suggestion=suggestion)


def read_option(key: str, value: str, word: str, typed: Sequence[str]) -> str:
    """Read the value of an option. Raises UsageError with a correction of the typed words."""
    try:
        return read_filter(key, value)
    except UsageError as error:
        vocabulary = (*OPTION[key].expected, *SYNONYMS[key]) if key in SYNONYMS else ()
        parts = list_words(value) if key == "on" else [value]
        if value and (close := closest_each(parts, vocabulary)):
            error.suggestion = replaced(typed, word, f"{key}:{close}")
        raise


def _value(key: str, value: str, word: str, typed: list[str], style: _Style) -> str:
    try:
        return read_option(key, value, word, typed)
    except UsageError as error:
        if error.suggestion is None and style is not _Style.COMMAND:
            error.suggestion = " ".join(quoted(each) for each in typed if each != word)
        raise
