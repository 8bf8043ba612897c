"""Reads a command as people type it: any order, any case, Slack's decorations, and mistypings with a way out."""

import re
from collections.abc import Sequence
from functools import partial

from bot.domain.catalog import Catalog, ServiceFilter
from bot.domain.errors import Problem, UsageError
from bot.domain.quoting import quoted
from handlers.commands import subscription_arguments, times
from handlers.commands.filters import list_words, read_filter
from handlers.commands.grammar import (
    COMMAND,
    COMMAND_SYNONYMS,
    COURTESIES,
    FAILED,
    FILTER,
    GREETINGS,
    HELP,
    OF_JOBS,
    OPTION,
    STATE_SYNONYMS,
    STATES,
    Request,
)
from handlers.commands.job_arguments import addresses_of, deps_of, held, jobs_named, names_job
from handlers.commands.lexer import DASHES, EQUALS, PAIR, is_ornament, name_of, plainest, split
from handlers.commands.subscription_arguments import is_option
from handlers.commands.suggestions import closest, replaced, unknown

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
        likely = _understood(error.suggestion, catalog, commands)
        error.suggestion = likely or _understood(_ids_alone(text, catalog), catalog, commands)
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


def _ids_alone(text: str, catalog: Catalog) -> str | None:
    """Return the command that shows the jobs of a text that says not, or wrongly, what to do with them."""
    words = split(text)
    if (COMMAND.keys() & set(map(name_of, words))) - {"list", "failed"}:
        return None
    jobs = held(" ".join(words), catalog)
    return " ".join(["show", *(quoted(str(job)) for job in jobs)]) if jobs else None


def _read(text: str, catalog: Catalog, commands: tuple[str, ...]) -> Request:
    words = ["help"] if plainest(text.strip()) in HELP else split(text)  # which takes a question mark for punctuation
    if catalog.nothing and not HELP & set(map(plainest, words)):
        raise UsageError(catalog.refusal)
    words = _after_courtesies(words, catalog)
    command, rest = _command(_before_courtesies(_rejoined(words)), catalog, commands)
    if command not in commands:
        raise UsageError(Problem.SLACK_ONLY, command)
    if len(rest) == 1 and plainest(rest[0]) in HELP and command != "find":
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
            return subscription_arguments.read(command, rest, catalog)


def _after_courtesies(words: list[str], catalog: Catalog) -> list[str]:
    """Leave out what people say, or draw, before a command; where they say nothing else, it stays."""
    polite = COURTESIES | GREETINGS
    said = (at for at, word in enumerate(words) if not _is_courtesy(word, polite) or _service_filter(word, catalog))
    return words[next(said, 0) :]


def _before_courtesies(words: list[str]) -> list[str]:
    """Leave out what people say, or draw, after a command."""
    count = len(words)
    while count > 1 and _is_courtesy(words[count - 1], COURTESIES):
        count -= 1
    return words[:count]


def _is_courtesy(word: str, polite: set[str]) -> bool:
    return plainest(word) in polite or is_ornament(word)


def _command(words: list[str], catalog: Catalog, commands: tuple[str, ...]) -> tuple[str, list[str]]:
    """Find the word that is a command: the first word, else any, else what the words look like."""
    if not words:
        return "list", []
    a_job = partial(names_job, catalog=catalog)
    for index, word in enumerate(words):
        if name_of(word) in COMMAND:
            return name_of(word), words[:index] + words[index + 1 :]
        if index == 0 and not _belongs_to_list(word, catalog) and not a_job(word):
            break
    jobs = list(filter(a_job, words))
    if len(jobs) == len(words):
        return "show", words
    if jobs and all(a_job(word) or is_option(word) for word in words):
        raise _meant("subscribe", words, next(filter(is_option, words)), commands)
    if _belongs_to_list(words[0], catalog):
        return "list", words
    if meant := COMMAND_SYNONYMS.get(name_of(words[0])):
        raise _meant(meant, words[1:], words[0], commands)
    known = (*commands, *catalog.accounts, *catalog.services, *STATES)
    if jobs and not closest(words[0], known):
        raise _meant(*_embedded_command(words, jobs), next(word for word in words if not a_job(word)), commands)
    raise unknown(words[0], words, known, commands, narrowed=catalog.narrowed)


def _embedded_command(words: list[str], jobs: list[str]) -> tuple[str, list[str]]:
    """Return the command that a sentence about jobs names in its middle, with what follows; else the jobs to show."""
    for index, name in enumerate(map(name_of, words[: words.index(jobs[-1])])):
        if (command := COMMAND_SYNONYMS.get(name, name)) in OF_JOBS:
            return command, words[index + 1 :]
    return "show", jobs


def _meant(command: str, words: list[str], word: str, commands: tuple[str, ...]) -> UsageError:
    """Return the error for a word that is no command, although it is plain which one is meant."""
    suggestion = " ".join((command, *map(quoted, words)))
    return UsageError(Problem.UNKNOWN_WORD, word, expected=commands, suggestion=suggestion)


def _belongs_to_list(word: str, catalog: Catalog) -> bool:
    return (
        PAIR.fullmatch(word) is not None
        or word.lower() in FILTER
        or _states(word) is not None
        or _service_filter(word, catalog) is not None
        or _of_no_account(word, catalog) is not None
    )


def _states(word: str) -> list[str] | None:
    """Read states without the name of their filter: `failed`, `failed,running`."""
    states = [STATE_SYNONYMS.get(item, item) for item in list_words(word)]
    return states if states and set(states) <= set(STATES) else None


def _rejoined(words: Sequence[str]) -> list[str]:
    """Put together what is one word without its spaces: `state: failed`, `state :failed`, `--state failed`."""
    joined: list[str] = []
    for word in words:
        last = joined[-1] if joined else ""
        key = last.lstrip(DASHES).lower()
        waits = key[-1:] in {*EQUALS} and key[:-1] in _KEYS and not _is_filter(word)
        if waits or (key in _KEYS and word[0] in EQUALS):
            joined[-1] += word
        elif key in _KEYS and key != last.lower() and not _is_filter(word):
            joined[-1] += f":{word}"
        else:
            joined.append(word)
    return joined


def _is_filter(word: str) -> bool:
    match = PAIR.fullmatch(word)
    return match is not None and match[1].lower() in _KEYS


def _list(command: str, words: list[str], catalog: Catalog) -> Request:
    typed, service_filter = [command, *words], ServiceFilter()
    filters, states = dict[str, list[str]](), list[str]()
    for word in words:
        if match := PAIR.fullmatch(word):
            key = _filter_key(match[1], match[2], word, typed)
            if key in filters and key != "state":
                raise UsageError(Problem.REPEATED_FILTER, key)
            filters.setdefault(key, []).append(_value(key, match[2], word, typed))
        elif found := _service_filter(word, catalog):
            service_filter = _joined(service_filter, found, catalog)
        elif named := _states(word):
            states += named
        elif not is_ornament(word):
            raise _not_of_list(word, typed, catalog)
    usual = dict(FAILED) if command == "failed" else {}
    pairs = {**usual, **{key: ",".join(values) for key, values in filters.items()}}
    if states:
        pairs["state"] = ",".join([*filter(None, [pairs.get("state")]), *states])
    if "state" in pairs:
        pairs["state"] = read_filter("state", pairs["state"])
    return Request("list", service_filter, tuple(pairs.items()))


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
        close = [closest(part, vocabulary) or "" for part in (list_words(value) if key == "state" else [value])]
        if close and all(close):
            error.suggestion = replaced(words, word, f"{key}:{','.join(close)}")
        raise


def _service_filter(word: str, catalog: Catalog) -> ServiceFilter | None:
    """Read ACCOUNT, SERVICE or ACCOUNT/SERVICE; None when it names nothing that is configured."""
    name = word.lower().rstrip("/")
    if name in catalog.accounts:
        return ServiceFilter(account=name)
    if name in catalog.services:
        return ServiceFilter(service=name)
    if name in catalog.scopes:
        account, service = name.split("/")
        return ServiceFilter(account, service)
    return None


def _of_no_account(word: str, catalog: Catalog) -> ServiceFilter | None:
    """Read ACCOUNT/SERVICE where the account does not have the service, although another does."""
    account, _, service = word.lower().partition("/")
    found = account in catalog.accounts and service in catalog.services and f"{account}/{service}" not in catalog.scopes
    return ServiceFilter(account, service) if found else None


def _joined(first: ServiceFilter, second: ServiceFilter, catalog: Catalog) -> ServiceFilter:
    """An account and a service, typed apart, are one scope."""
    both = ServiceFilter(first.account or second.account, first.service or second.service)
    if second.account not in {None, both.account} or second.service not in {None, both.service}:
        raise UsageError(Problem.TWO_SCOPES, f"{first} {second}")
    if both.account and both.service and str(both) not in catalog.scopes:
        raise _not_of_account(both, catalog)
    return both


def _not_of_account(service_filter: ServiceFilter, catalog: Catalog) -> UsageError:
    deps = deps_of(service_filter.account, catalog)
    return UsageError(Problem.SERVICE_NOT_OF_ACCOUNT, str(service_filter), expected=deps)


def _not_of_list(word: str, words: list[str], catalog: Catalog) -> UsageError:
    if names_job(word, catalog):
        expected = ("a scope", "a filter")
        return UsageError(Problem.UNKNOWN_WORD, word, expected=expected, suggestion=f"show {quoted(word)}")
    known = (*catalog.scopes, *catalog.accounts, *catalog.services, *STATES)
    if service_filter := _of_no_account(word, catalog):
        return _not_of_account(service_filter, catalog)
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
