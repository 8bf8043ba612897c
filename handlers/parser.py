"""Reads a command as people type it: any order, any case, Slack's decorations, and mistypings with a way out."""

import re
from collections.abc import Iterable, Sequence

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot import addresses
from bot.catalog import Catalog, Scope
from bot.errors import Problem, UsageError
from handlers import times
from handlers.filters import read_filter
from handlers.grammar import COMMAND, FAILED, FILTER, JOBS_MAX, STATE_SYNONYMS, STATES, Request
from handlers.words import quoted, split
from providers.models import JobRef

BEGINNING = 3
"""Letters of a word, at least, for it to be taken for the beginning of a longer one."""
CORRECTIONS_MAX = 5
"""Mistypings in one command that are put right."""
_FILTER = re.compile(r"-{0,2}(?!https?://)([A-Za-z]+)[:=：](.*)", re.DOTALL | re.IGNORECASE)
_HELP = {"help", "--help", "-h", "?"}


def parse(text: str, catalog: Catalog) -> Request:
    """Return the request that a text means; raises UsageError, with a correction where one is likely."""
    try:
        return _read(text, catalog)
    except UsageError as error:
        error.suggestion = _understood(error.suggestion, catalog)
        raise


def _understood(suggestion: str | None, catalog: Catalog) -> str | None:
    """Return a correction, itself corrected until it can be understood; None when it cannot be."""
    for _ in range(CORRECTIONS_MAX):
        if suggestion is None:
            break
        try:
            _read(suggestion, catalog)
        except UsageError as error:
            suggestion = error.suggestion
        else:
            return suggestion
    return None


def _read(text: str, catalog: Catalog) -> Request:
    words = split(text)
    command, rest = _command(_rejoined(words), catalog)
    if len(rest) == 1 and rest[0].lower() in _HELP and command != "find":
        return Request("help", text=command)
    match command:
        case "list" | "failed":
            return _list(command, rest, catalog)
        case "show":
            return _show(rest, catalog)
        case "find":
            return _find(words)
        case _:
            return _plain(command, rest)


def _command(words: list[str], catalog: Catalog) -> tuple[str, list[str]]:
    """Find the word that is a command: the first word, else any, else what the words look like."""
    if not words:
        return "list", []
    for index, word in enumerate(words):
        if word.lower().lstrip("-") in COMMAND:
            return word.lower().lstrip("-"), words[:index] + words[index + 1 :]
        if index == 0 and not _belongs_to_list(word, catalog) and not _names_job(word):
            break
    if all(map(_names_job, words)):
        return "show", words
    if _belongs_to_list(words[0], catalog):
        return "list", words
    if words[1:] and all(map(_names_job, words[1:])):
        suggestion = " ".join(("show", *map(quoted, words[1:])))
        raise UsageError(Problem.UNKNOWN_WORD, words[0], expected=tuple(COMMAND), suggestion=suggestion)
    known = (*COMMAND, *catalog.accounts, *catalog.services, *STATES)
    raise _unknown(words[0], words, known, tuple(COMMAND))


def _belongs_to_list(word: str, catalog: Catalog) -> bool:
    return (
        _FILTER.fullmatch(word) is not None
        or word.lower() in FILTER
        or _state(word) is not None
        or _scope(word, catalog) is not None
    )


def _names_job(word: str) -> bool:
    return addresses.is_link(word) or word.count("/") == 2 or addresses.looks_like_id(word)


def _state(word: str) -> str | None:
    state = STATE_SYNONYMS.get(word.lower(), word.lower())
    return state if state in STATES else None


def _rejoined(words: Sequence[str]) -> list[str]:
    """Put together what is one word without its spaces: `state: failed`, `state :failed`, `state : failed`."""
    joined: list[str] = []
    for word in words:
        last = joined[-1].lower() if joined else ""
        opened = last[-1:] in {":", "=", "："} and last[:-1] in FILTER and not _is_filter(word)
        if opened or (word[0] in ":=：" and last in FILTER):
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def _is_filter(word: str) -> bool:
    match = _FILTER.fullmatch(word)
    return match is not None and match[1].lower() in FILTER


def _list(command: str, words: list[str], catalog: Catalog) -> Request:
    scope, filters, states = Scope(), dict[str, str](), list[str]()
    for word in words:
        if match := _FILTER.fullmatch(word):
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
    close = _closest(key, FILTER)
    suggestion = _replaced(words, word, f"{close}:{quoted(value)}") if close else None
    raise UsageError(Problem.UNKNOWN_FILTER, key, expected=tuple(FILTER), suggestion=suggestion)


def _value(key: str, value: str, word: str, words: list[str]) -> str:
    try:
        return read_filter(key, value)
    except UsageError as error:
        vocabulary = {"state": (*STATES, *STATE_SYNONYMS), "since": times.DAYS, "until": times.DAYS}.get(key, ())
        close = [_closest(part, vocabulary) or "" for part in value.split(",")]
        if all(close):
            error.suggestion = _replaced(words, word, f"{key}:{','.join(close)}")
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


def _joined(first: Scope, second: Scope, catalog: Catalog) -> Scope:
    """An account and a service, typed apart, are one scope."""
    both = Scope(first.account or second.account, first.service or second.service)
    if second.account not in {None, both.account} or second.service not in {None, both.service}:
        raise UsageError(Problem.TWO_SCOPES, f"{first} {second}")
    if both.account and both.service and str(both) not in catalog.scopes:
        raise _not_of_account(both, catalog)
    return both


def _not_of_account(scope: Scope, catalog: Catalog) -> UsageError:
    services = _services_of(scope.account, catalog)
    return UsageError(Problem.SERVICE_NOT_OF_ACCOUNT, str(scope), expected=services)


def _services_of(account: str | None, catalog: Catalog) -> tuple[str, ...]:
    return tuple(service for owner, service in catalog.pairs if owner == account)


def _not_of_list(word: str, words: list[str], catalog: Catalog) -> UsageError:
    if _names_job(word):
        expected = ("a scope", "a filter")
        return UsageError(Problem.UNKNOWN_WORD, word, expected=expected, suggestion=f"show {quoted(word)}")
    known = (*catalog.scopes, *catalog.accounts, *catalog.services, *STATES)
    if word.count("/") == 1:
        account, service = word.lower().split("/")
        if account in catalog.accounts and service in catalog.services:
            return _not_of_account(Scope(account, service), catalog)
    return _unknown(word, words, known, (*catalog.accounts, *catalog.services, *(f"{key}:…" for key in FILTER)))


def _show(words: list[str], catalog: Catalog) -> Request:
    pieces = [piece for word in words for piece in _pieces(word)]
    if not pieces:
        raise UsageError(Problem.NO_JOB)
    named: dict[str, None] = {}
    for piece in pieces:
        for address in _addresses(piece):
            named[str(_checked(address, piece, pieces, catalog))] = None
    if len(named) > JOBS_MAX:
        raise UsageError(Problem.TOO_MANY_JOBS, str(len(named)), expected=(str(JOBS_MAX),))
    return Request("show", jobs=tuple(named))


def _pieces(word: str) -> list[str]:
    return [word] if addresses.is_link(word) else list(filter(None, re.split("[,，]", word)))


def addresses_of(request: Request) -> list[addresses.Address]:
    """Return the jobs that a `show` names."""
    return [address for word in request.jobs for address in _addresses(word)]


def _addresses(text: str) -> tuple[addresses.Address, ...]:
    try:
        return addresses.read(text)
    except addresses.MaskedIdError:
        raise UsageError(Problem.MASKED_ID, text) from None
    except addresses.NotAnAddressError:
        suggestion = None if addresses.is_link(text) else f"find {quoted(text)}"
        raise UsageError(Problem.NOT_A_JOB, text, suggestion=suggestion) from None


def _checked(address: addresses.Address, typed: str, words: list[str], catalog: Catalog) -> addresses.Address:
    """Refuse a ref whose account or service is not configured."""
    if not isinstance(address, JobRef) or (address.account, address.service) in catalog.pairs:
        return address
    if address.account not in catalog.accounts:
        close = _closest(address.account, catalog.accounts)
        mended = JobRef(close, address.service, address.id) if close else address.id
        error = UsageError(Problem.UNKNOWN_ACCOUNT, address.account, expected=catalog.accounts)
    else:
        services = _services_of(address.account, catalog)
        close = _closest(address.service, services)
        mended = JobRef(address.account, close, address.id) if close else address.id
        error = UsageError(Problem.UNKNOWN_SERVICE, address.service, expected=services)
    error.suggestion = _replaced(["show", *words], typed, str(mended))
    raise error


def _find(words: list[str]) -> Request:
    at = next(at for at, word in enumerate(words) if word.lower().lstrip("-") == "find")
    text = " ".join(words[:at] + words[at + 1 :])
    if not text:
        raise UsageError(Problem.NO_TEXT)
    if "*" in text and re.fullmatch(r"[\w-]*\*{2,}[\w-]*", text):
        raise UsageError(Problem.MASKED_ID, text)
    return Request("find", text=text)


def _plain(command: str, words: list[str]) -> Request:
    if command == "help" and words:
        topic = words[0].lower()
        if topic not in COMMAND:
            raise _unknown(topic, ["help", topic], tuple(COMMAND), tuple(COMMAND))
        return Request("help", text=topic)
    if words:
        raise UsageError(Problem.SUPERFLUOUS, " ".join(words), suggestion=command)
    return Request(command)


def _unknown(word: str, words: list[str], known: Iterable[str], expected: tuple[str, ...]) -> UsageError:
    close = _closest(word, known)
    suggestion = _replaced(words, word, close) if close else None
    return UsageError(Problem.UNKNOWN_WORD, word, expected=expected, suggestion=suggestion)


def _closest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was probably meant: the only one that begins so, else the nearest.

    Nearest is at most two fifths of its letters away, a swap counting once.
    """
    known = tuple(known)
    begun = [each for each in known if each.startswith(word.lower())]
    if len(word) >= BEGINNING and len(begun) == 1:
        return begun[0]
    best = process.extractOne(word.lower(), known, scorer=OSA.normalized_similarity, score_cutoff=0.6)
    return best[0] if best else None


def _replaced(words: list[str], wrong: str, right: str) -> str:
    """Return the whole command with one word put right."""
    return " ".join(right if word.lower() == wrong.lower() else quoted(word) for word in words)
