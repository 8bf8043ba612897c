"""Parse commands as people type them: any order, any case, with corrections."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType

from bot.domain.catalog import Catalog
from bot.domain.errors import Problem, UsageError
from bot.domain.quoting import quoted
from handlers.commands import list_arguments, subscription_arguments, watch_arguments
from handlers.commands.grammar import (
    COMMAND,
    COMMAND_SYNONYMS,
    COURTESIES,
    FILTER,
    GREETINGS,
    HELP,
    MUTE,
    MUTE_WORDS,
    OF_JOBS,
    OPTION,
    STATES,
    WATCH_OPTION,
    Request,
)
from handlers.commands.job_arguments import addresses_of, held, jobs_named, names_job
from handlers.commands.lexer import DASHES, EQUALS, PAIR, is_ornament, name_of, plainest, split
from handlers.commands.list_arguments import belongs_to_list
from handlers.commands.scopes import is_scope
from handlers.commands.subscription_arguments import is_option
from handlers.commands.suggestions import closest, unknown

__all__ = ["EVERY", "addresses_of", "parse"]

EVERY = tuple(COMMAND)
CORRECTIONS_MAX = 5
"""Most typing errors corrected in one command."""
_KEYS = {*FILTER, *OPTION, *WATCH_OPTION}


def parse(text: str, catalog: Catalog, commands: tuple[str, ...] = EVERY) -> Request:
    """Return the request of a text such as `failed video-ocr since:2h`.

    `commands` are the commands available here. Raises UsageError, with a correction if one is probable.
    """
    try:
        return _read(text, catalog, commands)
    except UsageError as error:
        likely = _understood(error.suggestion, catalog, commands)
        error.suggestion = likely or _understood(_ids_alone(text, catalog), catalog, commands)
        raise


def _understood(suggestion: str | None, catalog: Catalog, commands: tuple[str, ...]) -> str | None:
    """Return a valid correction, itself corrected if necessary, or None."""
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
    """Return the command that shows the jobs of a text without a valid command."""
    words = split(text)
    if (COMMAND.keys() & set(map(name_of, words))) - {"list", "failed"}:
        return None
    jobs = held(" ".join(words), catalog)
    return " ".join(["show", *(quoted(str(job)) for job in jobs)]) if jobs else None


def _read(text: str, catalog: Catalog, commands: tuple[str, ...]) -> Request:
    words = ["help"] if plainest(text.strip()) in HELP else split(text)  # `split` drops a question mark
    if catalog.nothing and not HELP & set(map(plainest, words)):
        raise UsageError(catalog.refusal)
    words = _after_courtesies(words, catalog)
    if words and name_of(words[0]) in MUTE_WORDS:
        return _mute(commands)
    command, rest = _command(_before_courtesies(_rejoined(words)), catalog, commands)
    if command not in commands:
        raise UsageError(Problem.SLACK_ONLY, command)
    if len(rest) == 1 and plainest(rest[0]) in HELP and command != "find":
        return Request("help", text=command)
    if command == "find":
        return _find(words)
    reader = _READERS.get(command)
    return reader(rest, catalog) if reader else _plain(command, rest, commands)


_READERS: Mapping[str, Callable[[list[str], Catalog], Request]] = MappingProxyType(
    {
        **{name: partial(list_arguments.read, name) for name in ("list", "failed")},
        **{name: partial(subscription_arguments.read, name) for name in subscription_arguments.COMMANDS},
        "show": lambda words, catalog: Request("show", jobs=jobs_named("show", words, (), catalog)),
        "watch": watch_arguments.read,
        "unwatch": watch_arguments.read_unwatch,
        "why": watch_arguments.read_why,
    }
)


def _mute(commands: tuple[str, ...]) -> Request:
    """Return the request for ways to get fewer messages. Raises UsageError outside of Slack."""
    if "watch" not in commands:
        raise UsageError(Problem.SLACK_ONLY, MUTE)
    return Request(MUTE)


def _after_courtesies(words: list[str], catalog: Catalog) -> list[str]:
    """Drop polite words and ornaments before a command, unless they are all there is."""
    polite = COURTESIES | GREETINGS
    said = (at for at, word in enumerate(words) if not _is_courtesy(word, polite) or is_scope(word, catalog))
    return words[next(said, 0) :]


def _before_courtesies(words: list[str]) -> list[str]:
    """Drop polite words and ornaments after a command."""
    count = len(words)
    while count > 1 and _is_courtesy(words[count - 1], COURTESIES):
        count -= 1
    return words[:count]


def _is_courtesy(word: str, polite: set[str]) -> bool:
    return plainest(word) in polite or is_ornament(word)


def _command(words: list[str], catalog: Catalog, commands: tuple[str, ...]) -> tuple[str, list[str]]:
    """Find the command: the first word, else any word, else the probable one."""
    if not words:
        return "list", []
    a_job = partial(names_job, catalog=catalog)
    for index, word in enumerate(words):
        if name_of(word) in COMMAND:
            return name_of(word), words[:index] + words[index + 1 :]
        if index == 0 and not belongs_to_list(word, catalog) and not a_job(word):
            break
    jobs = list(filter(a_job, words))
    if len(jobs) == len(words):
        return "show", words
    if jobs and all(a_job(word) or is_option(word) for word in words):
        raise _meant("subscribe", words, next(filter(is_option, words)), commands)
    if belongs_to_list(words[0], catalog):
        return "list", words
    if meant := COMMAND_SYNONYMS.get(name_of(words[0])):
        raise _meant(meant, words[1:], words[0], commands)
    known = (*commands, *catalog.accounts, *catalog.services, *STATES)
    if jobs and not closest(words[0], known):
        raise _meant(*_embedded_command(words, jobs), next(word for word in words if not a_job(word)), commands)
    raise unknown(words[0], words, known, commands, narrowed=catalog.narrowed)


def _embedded_command(words: list[str], jobs: list[str]) -> tuple[str, list[str]]:
    """Return the command inside a sentence about jobs, with its words; else show the jobs."""
    for index, name in enumerate(map(name_of, words[: words.index(jobs[-1])])):
        if (command := COMMAND_SYNONYMS.get(name, name)) in OF_JOBS:
            return command, words[index + 1 :]
    return "show", jobs


def _meant(command: str, words: list[str], word: str, commands: tuple[str, ...]) -> UsageError:
    """Return the error for a word that is not a command, but clearly means one."""
    suggestion = " ".join((command, *map(quoted, words)))
    return UsageError(Problem.UNKNOWN_WORD, word, expected=commands, suggestion=suggestion)


def _rejoined(words: Sequence[str]) -> list[str]:
    """Join words that spaces split: `state: failed`, `state :failed`, `--state failed`."""
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
        topic = plainest(words[0])
        topic = "watch" if topic in MUTE_WORDS else COMMAND_SYNONYMS.get(topic, topic)
        if topic not in COMMAND:
            raise unknown(topic, ["help", topic], commands, commands)
        if topic not in commands:
            raise UsageError(Problem.SLACK_ONLY, topic)
        return Request("help", text=topic)
    if words:
        raise UsageError(Problem.SUPERFLUOUS, " ".join(words), suggestion=command)
    return Request(command)
