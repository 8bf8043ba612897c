"""Reads the commands of subscriptions: which jobs, on which terms."""

import re

from bot.catalog import Catalog
from bot.errors import Problem, UsageError
from handlers.corrections import closest, replaced, unknown
from handlers.filters import read_filter
from handlers.grammar import (
    ALL,
    HERE,
    MINE,
    OPTION,
    OPTION_SYNONYMS,
    PART_SYNONYMS,
    SYNONYMS,
    Request,
)
from handlers.naming import jobs_named
from handlers.words import MENTION, PAIR, quoted
from providers.services import recognized

_MENTIONS = re.compile(rf"(?:{MENTION.pattern}[,，;]?)+")


def is_option(word: str) -> bool:
    """Whether a word can hardly be anything but an option of a subscription."""
    match = PAIR.fullmatch(word)
    return match is not None and match[1].lower() in OPTION


def read(command: str, words: list[str], catalog: Catalog) -> Request:
    """Read one of the three commands; raises UsageError."""
    match command:
        case "subscribe":
            return _subscribe(words, catalog)
        case "unsubscribe":
            return _unsubscribe(words, catalog)
        case _:
            return _subscriptions(words)


def _subscribe(words: list[str], catalog: Catalog) -> Request:
    typed = ["subscribe", *words]
    jobs, others = list[str](), list[str]()
    options: dict[str, str] = {}
    for word in words:
        pair = _pair(word, typed)
        if pair is None:
            jobs.append(word)
            continue
        others.append(word)
        key, value = pair[0], _value(*pair, word, typed)
        if key in options and key != "mention":
            raise UsageError(Problem.REPEATED_OPTION, key)
        options[key] = f"{options[key]},{value}" if key in options else value
    named = jobs_named("subscribe", jobs, others, catalog)
    if "mention" in options:  # once more as a whole: each of them once, and not too many
        options["mention"] = read_filter("mention", options["mention"])
    return Request("subscribe", jobs=named, options=tuple(options.items()))


def _unsubscribe(words: list[str], catalog: Catalog) -> Request:
    named = [word for word in words if word.lower() != ALL]
    for word in named:
        if is_option(word) or MENTION.fullmatch(word):
            rest = [each for each in words if each != word]
            raise UsageError(Problem.SUPERFLUOUS, word, suggestion=" ".join(["unsubscribe", *map(quoted, rest)]))
    if len(named) == len(words):
        return Request("unsubscribe", jobs=jobs_named("unsubscribe", words, (), catalog))
    if named:
        raise UsageError(Problem.ALL_OR_SOME, suggestion=" ".join(["unsubscribe", *map(quoted, named)]))
    return Request("unsubscribe", text=ALL)


def _subscriptions(words: list[str]) -> Request:
    parts = list(dict.fromkeys(PART_SYNONYMS.get(word.lower(), word.lower()) for word in words))
    for part in parts:
        if part not in {HERE, MINE}:
            raise unknown(part, ["subscriptions", *parts], (HERE, MINE, *PART_SYNONYMS), (HERE, MINE))
    if len(parts) > 1:
        raise UsageError(Problem.SUPERFLUOUS, parts[1], suggestion=f"subscriptions {parts[0]}")
    return Request("subscriptions", text=parts[0] if parts else HERE)


def _pair(word: str, typed: list[str]) -> tuple[str, str] | None:
    """Return key and value of an option, also of a bare `failed`, `dm` or person; None for what names a job."""
    if (match := PAIR.fullmatch(word)) and not recognized(word):
        key = match[1].lower()
        if key == "media":
            return None
        return _key(key, match[2], word, typed), match[2]
    for key in ("on", "to"):
        if word.lower() in OPTION[key].expected:
            return key, word
    return ("mention", word) if _MENTIONS.fullmatch(word) or word.startswith("@") else None


def _key(key: str, value: str, word: str, typed: list[str]) -> str:
    if key in OPTION:
        return key
    close = OPTION_SYNONYMS.get(key) or closest(key, OPTION)
    suggestion = replaced(typed, word, f"{close}:{quoted(value)}") if close else None
    raise UsageError(Problem.UNKNOWN_OPTION, key, expected=tuple(OPTION), suggestion=suggestion)


def _value(key: str, value: str, word: str, typed: list[str]) -> str:
    try:
        return read_filter(key, value)
    except UsageError as error:
        vocabulary = (*OPTION[key].expected, *SYNONYMS[key]) if key in SYNONYMS else ()
        if value and (close := closest(value, vocabulary)):
            error.suggestion = replaced(typed, word, f"{key}:{close}")
        raise
