"""Read the arguments of a list: a scope, filters, and exclusions."""

from collections.abc import Iterable, Sequence

from bot.domain.catalog import Catalog, ServiceFilter
from bot.domain.errors import Problem, UsageError
from bot.domain.quoting import quoted
from handlers.commands import times
from handlers.commands.filters import list_words, read_filter
from handlers.commands.grammar import FAILED, FILTER, FILTER_SYNONYMS, NEGATABLE, STATE_SYNONYMS, STATES, Request
from handlers.commands.job_arguments import names_job
from handlers.commands.lexer import DASHES, PAIR, is_ornament, negated
from handlers.commands.scopes import joined, not_of_account, of_no_account, read_scope, without
from handlers.commands.suggestions import closest, closest_each, replaced, unknown


def belongs_to_list(word: str, catalog: Catalog) -> bool:
    """Whether a word can begin a list without the word `list`."""
    return (
        PAIR.fullmatch(word) is not None
        or word.lower() in FILTER
        or any(_states(each) is not None or read_scope(each, catalog) for each in (word, negated(word)))
        or of_no_account(word, catalog) is not None
    )


def read(command: str, words: list[str], catalog: Catalog) -> Request:
    """Read the words after `list` or `failed`. Raises UsageError."""
    typed, scope, left_out = [command, *words], ServiceFilter(), list[str]()
    filters, states, negations = dict[str, list[str]](), list[str](), dict[tuple[str, str], None]()
    for word in words:
        name = negated(word)
        if match := PAIR.fullmatch(word):
            key, value = read_pair(match[1], match[2], word, typed)
            if name and key in NEGATABLE:
                negations[key, value] = None
            elif name and key == "state":
                raise _only_states(word, value.split(","), typed)
            elif key in filters and key != "state":
                raise UsageError(Problem.REPEATED_FILTER, key)
            else:
                filters.setdefault(key, []).append(value)
        elif found := read_scope(word, catalog):
            scope = joined(scope, found, catalog)
        elif found := read_scope(name, catalog):
            left_out.append(str(found))
        elif named := _states(word):
            states += named
        elif not is_ornament(word):
            raise _not_of_list(word, typed, catalog)
    return Request(
        "list",
        without(scope, left_out, catalog),
        tuple(_with_usual(command, filters, states).items()),
        without=tuple(negations),
    )


def _with_usual(command: str, filters: dict[str, list[str]], states: list[str]) -> dict[str, str]:
    """Return the typed filters, the command's default filters, and states without `state:`."""
    usual = dict(FAILED) if command == "failed" else {}
    pairs = {**usual, **{key: ",".join(values) for key, values in filters.items()}}
    if states:
        pairs["state"] = ",".join([*filter(None, [pairs.get("state")]), *states])
    if "state" in pairs:
        pairs["state"] = read_filter("state", pairs["state"])
    return pairs


def read_pair(key: str, value: str, word: str, typed: Sequence[str]) -> tuple[str, str]:
    """Read a filter. Raises UsageError with a correction of the typed words."""
    before = "-" * bool(negated(word))
    if key.lower() not in FILTER:
        close = FILTER_SYNONYMS.get(key.lower()) or closest(key, FILTER)
        suggestion = replaced(typed, word, f"{before}{close}:{quoted(value)}") if close else None
        raise UsageError(Problem.UNKNOWN_FILTER, key, expected=tuple(FILTER), suggestion=suggestion)
    key = key.lower()
    try:
        return key, read_filter(key, value)
    except UsageError as error:
        vocabulary = {"state": (*STATES, *STATE_SYNONYMS), "since": times.DAYS, "until": times.DAYS}.get(key, ())
        if close := closest_each(list_words(value) if key == "state" else [value], vocabulary):
            error.suggestion = replaced(typed, word, f"{before}{key}:{close}")
        raise


def _states(word: str) -> list[str] | None:
    """Read states without `state:`, such as `failed` or `failed,running`."""
    states = [STATE_SYNONYMS.get(item, item) for item in list_words(word)]
    return states if states and set(states) <= set(STATES) else None


def _only_states(word: str, left_out: Sequence[str], typed: Sequence[str]) -> UsageError:
    """Return the error for excluded states, which suggests the other states."""
    rest = ",".join(state for state in STATES if state not in left_out)
    suggestion = replaced(typed, word, f"state:{rest}") if rest else None
    return UsageError(Problem.NOT_NEGATABLE, word, expected=(f"state:{rest}",), suggestion=suggestion)


def _not_of_list(word: str, typed: list[str], catalog: Catalog) -> UsageError:
    if names_job(word, catalog):
        expected = ("a scope", "a filter")
        return UsageError(Problem.UNKNOWN_WORD, word, expected=expected, suggestion=f"show {quoted(word)}")
    if states := _states(negated(word)):
        return _only_states(word, states, typed)
    return unknown_scope(word, typed, catalog, STATES)


def unknown_scope(
    word: str, typed: list[str], catalog: Catalog, others: Sequence[str], keys: Iterable[str] = FILTER
) -> UsageError:
    """Return the error for a word that is no scope and none of the `others`.

    `keys` are the filters and options that the error lists.
    """
    name = word.lstrip(DASHES)
    if service_filter := of_no_account(name, catalog):
        return not_of_account(service_filter, catalog)
    scopes = (*catalog.scopes, *catalog.accounts, *catalog.services)
    known = tuple(f"-{scope}" for scope in scopes) if name != word else (*scopes, *others)
    expected = (*catalog.accounts, *catalog.services, *(f"{key}:…" for key in keys))
    return unknown(word, typed, known, expected, narrowed=catalog.narrowed)
