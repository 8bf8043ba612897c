"""Reads a command as people type it: any order, any case, Slack's decorations, and mistypings with a way out."""

import re
from collections.abc import Sequence
from functools import partial

from bot.catalog import Catalog, Scope
from bot.errors import Problem, UsageError
from handlers import following, times
from handlers.corrections import closest, replaced, unknown
from handlers.filters import read_filter
from handlers.following import is_option
from handlers.grammar import COMMAND, COMMAND_SYNONYMS, FAILED, FILTER, HELP, OPTION, STATE_SYNONYMS, STATES, Request
from handlers.naming import addresses_of, jobs_named, names_job, services_of
from handlers.words import PAIR, quoted, split

__all__ = ["EVERY", "addresses_of", "parse"]

EVERY = tuple(COMMAND)
CORRECTIONS_MAX = 5
"""Mistypings in one command that are put right."""
_KEYS = {*FILTER, *OPTION}


def parse(text: str, catalog: Catalog, commands: tuple[str, ...] = EVERY) -> Request:
    """Return the request that a text means; raises UsageError, with a correction where one is likely.

    `commands` are those to be had here.
    """
    try:
        return _read(text, catalog, commands)
    except UsageError as error:
        error.suggestion = _understood(error.suggestion, catalog, commands)
        raise


def _understood(suggestion: str | None, catalog: Catalog, commands: tuple[str, ...]) -> str | None:
    """Return a correction, itself corrected until it can be understood; None when it cannot be."""
    for _ in range(CORRECTIONS_MAX):
        if suggestion is None:
            break
        try:
            _read(suggestion, catalog, commands)
        except UsageError as error:
            suggestion = error.suggestion
        else:
            return suggestion
    return None


def _read(text: str, catalog: Catalog, commands: tuple[str, ...]) -> Request:
    words = ["help"] if text.strip().lower() in HELP else split(text)  # which takes a question mark for punctuation
    if catalog.nothing and not HELP & {word.lower() for word in words}:
        raise UsageError(Problem.NOTHING_FOR_YOU)
    command, rest = _command(_rejoined(words), catalog, commands)
    if command not in commands:
        raise UsageError(Problem.SLACK_ONLY, command)
    if len(rest) == 1 and rest[0].lower() in HELP and command != "find":
        return Request("help", text=command)
    match command:
        case "list" | "failed":
            return _list(command, rest, catalog)
        case "show":
            return Request("show", jobs=jobs_named("show", rest, (), catalog))
        case "find":
            return _find(words)
        case "accounts" | "help":
            return _plain(command, rest, commands)
        case _:
            return following.read(command, rest, catalog)


def _command(words: list[str], catalog: Catalog, commands: tuple[str, ...]) -> tuple[str, list[str]]:
    """Find the word that is a command: the first word, else any, else what the words look like."""
    if not words:
        return "list", []
    for index, word in enumerate(words):
        if word.lower().lstrip("-") in COMMAND:
            return word.lower().lstrip("-"), words[:index] + words[index + 1 :]
        if index == 0 and not _belongs_to_list(word, catalog) and not names_job(word, catalog):
            break
    a_job = partial(names_job, catalog=catalog)
    if all(map(a_job, words)):
        return "show", words
    if any(map(a_job, words)) and all(a_job(word) or is_option(word) for word in words):
        raise _meant("subscribe", words, next(filter(is_option, words)), commands)
    if _belongs_to_list(words[0], catalog):
        return "list", words
    if meant := COMMAND_SYNONYMS.get(words[0].lower()):
        raise _meant(meant, words[1:], words[0], commands)
    if words[1:] and all(map(a_job, words[1:])):
        raise _meant(closest(words[0], commands) or "show", words[1:], words[0], commands)
    known = (*commands, *catalog.accounts, *catalog.services, *STATES)
    raise unknown(words[0], words, known, commands, narrowed=catalog.narrowed)


def _meant(command: str, words: list[str], word: str, commands: tuple[str, ...]) -> UsageError:
    """Return the error for a word that is no command, although it is plain which one is meant."""
    suggestion = " ".join((command, *map(quoted, words)))
    return UsageError(Problem.UNKNOWN_WORD, word, expected=commands, suggestion=suggestion)


def _belongs_to_list(word: str, catalog: Catalog) -> bool:
    return (
        PAIR.fullmatch(word) is not None
        or word.lower() in FILTER
        or _state(word) is not None
        or _scope(word, catalog) is not None
        or _of_no_account(word, catalog) is not None
    )


def _state(word: str) -> str | None:
    state = STATE_SYNONYMS.get(word.lower(), word.lower())
    return state if state in STATES else None


def _rejoined(words: Sequence[str]) -> list[str]:
    """Put together what is one word without its spaces: `state: failed`, `state :failed`, `state : failed`."""
    joined: list[str] = []
    for word in words:
        last = joined[-1].lower() if joined else ""
        opened = last[-1:] in {":", "=", "："} and last[:-1] in _KEYS and not _is_filter(word)
        if opened or (word[0] in ":=：" and last in _KEYS):
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def _is_filter(word: str) -> bool:
    match = PAIR.fullmatch(word)
    return match is not None and match[1].lower() in _KEYS


def _list(command: str, words: list[str], catalog: Catalog) -> Request:
    scope, filters, states = Scope(), dict[str, str](), list[str]()
    for word in words:
        if match := PAIR.fullmatch(word):
            key = _filter_key(match[1], match[2], word, [command, *words])
            if key in filters and key != "state":
                raise UsageError(Problem.REPEATED_FILTER, key)
            value = _value(key, match[2], word, [command, *words])
            filters[key] = f"{filters[key]},{value}" if key in filters else value
        elif found := _scope(word, catalog):
            scope = _joined(scope, found, catalog)
        elif state := _state(word):
            states.append(state)
        else:
            raise _not_of_list(word, [command, *words], catalog)
    if command == "failed":
        filters = {**dict(FAILED), **filters}
    if states:
        filters["state"] = ",".join([*filter(None, [filters.get("state")]), *states])
    if "state" in filters:
        filters["state"] = read_filter("state", filters["state"])
    return Request("list", scope, tuple(filters.items()))


def _filter_key(key: str, value: str, word: str, words: list[str]) -> str:
    if key.lower() in FILTER:
        return key.lower()
    close = closest(key, FILTER)
    suggestion = replaced(words, word, f"{close}:{quoted(value)}") if close else None
    raise UsageError(Problem.UNKNOWN_FILTER, key, expected=tuple(FILTER), suggestion=suggestion)


def _value(key: str, value: str, word: str, words: list[str]) -> str:
    try:
        return read_filter(key, value)
    except UsageError as error:
        vocabulary = {"state": (*STATES, *STATE_SYNONYMS), "since": times.DAYS, "until": times.DAYS}.get(key, ())
        close = [closest(part, vocabulary) or "" for part in value.split(",")]
        if all(close):
            error.suggestion = replaced(words, word, f"{key}:{','.join(close)}")
        raise


def _scope(word: str, catalog: Catalog) -> Scope | None:
    """Read ACCOUNT, SERVICE or ACCOUNT/SERVICE; None when it names nothing that is configured."""
    name = word.lower().rstrip("/")
    if name in catalog.accounts:
        return Scope(account=name)
    if name in catalog.services:
        return Scope(service=name)
    if name in catalog.scopes:
        account, service = name.split("/")
        return Scope(account, service)
    return None


def _of_no_account(word: str, catalog: Catalog) -> Scope | None:
    """Read ACCOUNT/SERVICE where the account does not have the service, although another does."""
    account, _, service = word.lower().partition("/")
    found = account in catalog.accounts and service in catalog.services and f"{account}/{service}" not in catalog.scopes
    return Scope(account, service) if found else None


def _joined(first: Scope, second: Scope, catalog: Catalog) -> Scope:
    """An account and a service, typed apart, are one scope."""
    both = Scope(first.account or second.account, first.service or second.service)
    if second.account not in {None, both.account} or second.service not in {None, both.service}:
        raise UsageError(Problem.TWO_SCOPES, f"{first} {second}")
    if both.account and both.service and str(both) not in catalog.scopes:
        raise _not_of_account(both, catalog)
    return both


def _not_of_account(scope: Scope, catalog: Catalog) -> UsageError:
    services = services_of(scope.account, catalog)
    return UsageError(Problem.SERVICE_NOT_OF_ACCOUNT, str(scope), expected=services)


def _not_of_list(word: str, words: list[str], catalog: Catalog) -> UsageError:
    if names_job(word, catalog):
        expected = ("a scope", "a filter")
        return UsageError(Problem.UNKNOWN_WORD, word, expected=expected, suggestion=f"show {quoted(word)}")
    known = (*catalog.scopes, *catalog.accounts, *catalog.services, *STATES)
    if scope := _of_no_account(word, catalog):
        return _not_of_account(scope, catalog)
    expected = (*catalog.accounts, *catalog.services, *(f"{key}:…" for key in FILTER))
    return unknown(word, words, known, expected, narrowed=catalog.narrowed)


def _find(words: list[str]) -> Request:
    at = next(at for at, word in enumerate(words) if word.lower().lstrip("-") == "find")
    text = " ".join(words[:at] + words[at + 1 :])
    if not text:
        raise UsageError(Problem.NO_TEXT)
    if "*" in text and re.fullmatch(r"[\w-]*\*{2,}[\w-]*", text):
        raise UsageError(Problem.MASKED_ID, text)
    return Request("find", text=text)


def _plain(command: str, words: list[str], commands: tuple[str, ...]) -> Request:
    if command == "help" and words:
        topic = COMMAND_SYNONYMS.get(words[0].lower(), words[0].lower())
        if topic not in COMMAND:
            raise unknown(topic, ["help", topic], commands, commands)
        if topic not in commands:
            raise UsageError(Problem.SLACK_ONLY, topic)
        return Request("help", text=topic)
    if words:
        raise UsageError(Problem.SUPERFLUOUS, " ".join(words), suggestion=command)
    return Request(command)
