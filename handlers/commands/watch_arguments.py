"""Read the commands of watches: what to watch, which watches to stop, what to explain."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.domain.cards import On, on_words, read_on
from bot.domain.catalog import Catalog, ServiceFilter
from bot.domain.errors import Problem, UsageError
from bot.domain.quoting import quoted
from bot.domain.watches import WATCH_ON, WatchSpec
from handlers.commands import subscription_arguments
from handlers.commands.filters import list_words, read_filter, read_threshold
from handlers.commands.grammar import (
    ALL,
    COMMAND,
    DRY_RUN,
    FILTER,
    NEGATABLE,
    OPTION_SYNONYMS,
    STATE_SYNONYMS,
    SYNONYMS,
    WATCH_OPTION,
    Request,
)
from handlers.commands.job_arguments import is_mixed, jobs_named, named, names_job
from handlers.commands.lexer import PAIR, SEPARATORS, is_ornament, negated, plainest
from handlers.commands.list_arguments import read_pair, unknown_scope
from handlers.commands.scopes import joined, read_scope, without
from handlers.commands.subscription_arguments import names_people, read_option
from handlers.commands.suggestions import closest, replaced

_ID = re.compile(r"[wg][0-9]+", re.IGNORECASE | re.ASCII)
"""The id of a watch or a group, such as `w7` or `g12`. No job has such an id."""
_DRY_RUNS = {"dry-run", "dryrun", "dry_run"}
_EVERYTHING = {ALL, "everything", "every"}
_EVENTS = {"failed": On.FAILED, "succeeded": On.DONE, "cancelled": On.DONE, "running": On.STARTED}
"""The event that is nearest to each state."""
_LATER = ("escalate",)
"""Options reserved for a later version."""
_OF_LISTS = ("since", "until", "limit", "as")


def read(words: list[str], catalog: Catalog) -> Request:
    """Read the words after `watch`. With a job, they are a subscription. Raises UsageError."""
    words = list(_with_dry_run(words))
    if any(_is_job(word, catalog) for word in words):
        subscription = subscription_arguments.read("subscribe", words, catalog)
        return replace(subscription, instead_of="watch")
    if not any(not is_ornament(word) for word in words):
        return Request("watch")
    reading = _Reading(["watch", *words], catalog)
    for word in words:
        reading.take(word)
    return Request("watch", watch=reading.spec(), dry_run=reading.dry_run)


def _with_dry_run(words: list[str]) -> Iterator[str]:
    """Join `dry run` into one word."""
    rest = iter(enumerate(words))
    for at, word in rest:
        following = words[at + 1] if at + 1 < len(words) else ""
        if plainest(word).lstrip("-") == "dry" and plainest(following) == "run":
            next(rest)
            yield DRY_RUN
        else:
            yield word


def _is_job(word: str, catalog: Catalog) -> bool:
    """Whether a word is a job: clearly one, or an id with a digit that resembles no scope."""
    if names_job(word, catalog):
        return True
    may_be = is_mixed(word) and not PAIR.fullmatch(word) and not _ID.fullmatch(word) and not negated(word)
    scopes = (*catalog.scopes, *catalog.accounts, *catalog.services)
    return may_be and word.lower() not in scopes and not closest(word, scopes) and bool(named(word, catalog))


class _Reading:
    """The state while reading the words of a watch, one after the other."""

    def __init__(self, typed: list[str], catalog: Catalog) -> None:
        self.typed = typed
        self.catalog = catalog
        self.dry_run = False
        self.scope = ServiceFilter()
        self.left_out: list[str] = []
        self.filters: dict[str, str] = {}
        self.without: list[tuple[str, str]] = []
        self.options: dict[str, list[str]] = {}

    def take(self, word: str) -> None:
        """Read one word. Raises UsageError."""
        if match := PAIR.fullmatch(word):
            self._pair(match[1].lower(), match[2], word)
        elif found := read_scope(word, self.catalog):
            self.scope = joined(self.scope, found, self.catalog)
        elif found := read_scope(negated(word), self.catalog):
            self.left_out.append(str(found))
        elif plainest(word).lstrip("-") in _DRY_RUNS:
            self.dry_run = True
        elif not self._bare(word) and not is_ornament(word):
            raise self._unknown(word)

    def _bare(self, word: str) -> bool:
        """Read an option without its name, such as `failed`, `dm` or a person."""
        plain = plainest(word)
        if plain in _EVERYTHING:
            return True
        if list_words(word) and set(list_words(word)) <= {*WATCH_OPTION["on"].expected, *SYNONYMS["on"]}:
            self._option("on", word, word)
        elif plain in {*WATCH_OPTION["to"].expected, "thread"}:
            self._option("to", plain, word)
        elif names_people(word):
            self._option("mention", word, word)
        else:
            return False
        return True

    def _pair(self, key: str, value: str, word: str) -> None:
        if key in NEGATABLE:
            self._filter(word, *read_pair(key, value, word, self.typed))
        elif key in WATCH_OPTION:
            self._option(key, value, word)
        elif key == "state":
            raise self._state(value, word)
        elif key in _OF_LISTS:
            raise UsageError(Problem.NOT_ON_WATCH, word, suggestion=self._rest(word))
        elif key in _LATER:
            raise UsageError(Problem.NOT_YET, word, suggestion=self._rest(word))
        else:
            known = (*NEGATABLE, *WATCH_OPTION)
            close = OPTION_SYNONYMS.get(key) or closest(key, (*known, *FILTER, *_LATER))
            suggestion = replaced(self.typed, word, f"{close}:{quoted(value)}") if close else None
            raise UsageError(Problem.UNKNOWN_OPTION, key, expected=known, suggestion=suggestion)

    def _filter(self, word: str, key: str, value: str) -> None:
        if negated(word):
            self.without.append((key, value))
        elif key in self.filters:
            raise UsageError(Problem.REPEATED_FILTER, key)
        else:
            self.filters[key] = value

    def _option(self, key: str, value: str, word: str) -> None:
        if key == "to" and plainest(value) == "thread":
            raise UsageError(
                Problem.THREAD_ON_WATCH,
                word,
                expected=tuple(f"to:{each}" for each in WATCH_OPTION["to"].expected),
                suggestion=replaced(self.typed, word, "to:here"),
            )
        try:
            read = read_option(key, value, word, self.typed)
        except UsageError as error:
            if key == "after" and re.fullmatch("[0-9]+%?", value):
                usual = "1h" if value.endswith("%") else "10m"
                error.suggestion = replaced(self.typed, word, f"after:{value}/{usual}")
            raise
        if key in {"to", "after"} and self.options.get(key, [read]) != [read]:
            raise UsageError(Problem.REPEATED_OPTION, key)
        if read not in (values := self.options.setdefault(key, [])):
            values.append(read)

    def _state(self, value: str, word: str) -> UsageError:
        """Return the error for a state, which suggests the events that lead to it."""
        states = [STATE_SYNONYMS.get(each, each) for each in list_words(value)]
        wanted = {_EVENTS[state] for state in states if state in _EVENTS and not negated(word)}
        events = on_words(wanted or WATCH_ON)
        suggestion = replaced(self.typed, word, f"on:{events}")
        return UsageError(Problem.STATE_ON_WATCH, word, expected=(f"on:{events}",), suggestion=suggestion)

    def _rest(self, word: str) -> str:
        return " ".join(quoted(each) for each in self.typed if each != word)

    def _unknown(self, word: str) -> UsageError:
        if _ID.fullmatch(word):
            error = UsageError(Problem.UNKNOWN_WORD, word, expected=("a scope", "a filter", "an option"))
            error.suggestion = f"why {word.lower()}"
            return error
        others = (*WATCH_OPTION["on"].expected, *WATCH_OPTION["to"].expected, DRY_RUN, *_EVERYTHING)
        return unknown_scope(word, self.typed, self.catalog, others, keys=(*NEGATABLE, *WATCH_OPTION))

    def spec(self) -> WatchSpec:
        """Return the watch. Raises UsageError if it excludes every service."""
        scope = without(self.scope, self.left_out, self.catalog)
        options = {key: ",".join(values) for key, values in self.options.items()}
        mention = read_filter("mention", options["mention"]).split(",") if "mention" in options else ()
        return WatchSpec.model_validate(
            {
                "account": scope.account,
                "service": scope.service,
                "without_scopes": scope.without,
                **self.filters,
                "without": tuple(self.without),
                "on": read_on(options["on"]) if "on" in options else WATCH_ON,
                "to": options.get("to", "here"),
                "mention": tuple(mention),
                "after": read_threshold(options["after"]) if "after" in options else None,
            }
        )


def read_unwatch(words: Sequence[str], catalog: Catalog) -> Request:
    """Read the words after `unwatch`: ids of watches, or `all`. Raises UsageError."""
    said = [part for word in words if not is_ornament(word) for part in re.split(f"[{SEPARATORS}]+", word) if part]
    ids = list(dict.fromkeys(plainest(each).lstrip("#") for each in said if plainest(each) not in _EVERYTHING))
    everything = len([each for each in said if plainest(each) in _EVERYTHING]) > 0
    for each in ids:
        if not re.fullmatch(r"w[0-9]+", each, re.ASCII):
            raise _not_a_watch(each, words, catalog)
    if everything and ids:
        raise UsageError(Problem.ALL_OR_SOME, suggestion=" ".join(["unwatch", *ids]))
    if not everything and not ids:
        raise UsageError(Problem.WHICH_WATCH, COMMAND["unwatch"].usage)
    return Request("unwatch", text=ALL) if everything else Request("unwatch", ids=tuple(ids))


def _not_a_watch(word: str, words: Sequence[str], catalog: Catalog) -> UsageError:
    suggestion = None
    if any(names_job(each, catalog) for each in words):
        suggestion = " ".join(["unsubscribe", *map(quoted, words)])
    elif _ID.fullmatch(word):
        suggestion = f"why {word}"
    return UsageError(Problem.NOT_A_WATCH, word, suggestion=suggestion)


def read_why(words: Sequence[str], catalog: Catalog) -> Request:
    """Read the words after `why`: a job, a watch or a group. Raises UsageError."""
    ids = list(dict.fromkeys(plainest(word).lstrip("#") for word in words if _ID.fullmatch(word.lstrip("#"))))
    if not ids and not any(not is_ornament(word) for word in words):
        raise UsageError(Problem.NO_SUBJECT, COMMAND["why"].usage)
    jobs = () if ids else jobs_named("why", words, (), catalog)
    if len(ids) + len(jobs) > 1:
        raise UsageError(Problem.ONE_SUBJECT, suggestion=f"why {quoted((*ids, *jobs)[0])}")
    return Request("why", jobs=jobs, ids=tuple(ids))
