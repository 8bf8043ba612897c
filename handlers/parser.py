"""Reads a command as people type it: any order, any case, Slack's decorations, and mistypings with a way out."""

import html
import re
from collections.abc import Iterable

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot import addresses
from bot.catalog import Catalog, Scope
from bot.errors import Problem, UsageError
from handlers import times
from handlers.filters import read_filter
from handlers.grammar import COMMAND, FAILED, FILTER, JOBS_MAX, STATES, Request, quoted
from providers.models import JobRef

_SMART = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"', "\u2018": "'", "\u2019": "'", "\u00a0": " "})
_INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_LINK = re.compile(r"<((?:https?|mailto)[^|>\s]*)(?:\|[^>]*)?>")
_WORD = re.compile(r'(?:[^\s"]|"[^"]*"|"(?=[^"]*$))+')
_FILTER = re.compile(r"-{0,2}([A-Za-z]+)[:=](?!//)(.*)", re.DOTALL)
_WRAPPING = "`*,;.!()[]<>'"


def parse(text: str, catalog: Catalog) -> Request:
    """Return the request that a text means; raises UsageError, with a correction where one is likely."""
    words = split(text)
    command, rest = _command(words, catalog)
    match command:
        case "list" | "failed":
            return _list(command, rest, catalog)
        case "show":
            return _show(rest, catalog)
        case "find":
            return _find(rest)
        case _:
            return _plain(command, rest)


def split(text: str) -> list[str]:
    """Return the words of a command, without Slack's decorations; a text in double quotes is (part of) one word."""
    text = _LINK.sub(r" \1 ", _INVISIBLE.sub("", text))
    text = html.unescape(text).translate(_SMART)
    # `state: failed` and `state:failed` are the same.
    text = re.sub(rf"\b({'|'.join(FILTER)})\s*:\s+", r"\1:", text, flags=re.IGNORECASE)
    words = (_unwrap(word) for word in _WORD.findall(text))
    return [word for word in words if word and word.lower() != "/jobs"]


def _unwrap(word: str) -> str:
    if re.match(r"https?://", word):
        return word.rstrip("`*,;>")
    bare = word.replace('"', "")
    # A masked id keeps its asterisks, so that it is recognised as one.
    return bare if re.fullmatch(r"[\w/-]+\*{2,}\w*", bare) else bare.strip(_WRAPPING)


def _command(words: list[str], catalog: Catalog) -> tuple[str, list[str]]:
    """Find the word that is a command: the first word, else any, else what the words look like."""
    if not words:
        return "list", []
    for index, word in enumerate(words):
        if word.lower() in COMMAND:
            return word.lower(), words[:index] + words[index + 1 :]
        if index == 0 and not _belongs_to_list(word, catalog) and not _names_job(word):
            break
    if all(map(_names_job, words)):
        return "show", words
    if _belongs_to_list(words[0], catalog):
        return "list", words
    if words[1:] and all(map(_names_job, words[1:])):
        suggestion = " ".join(("show", *words[1:]))
        raise UsageError(Problem.UNKNOWN_WORD, words[0], expected=tuple(COMMAND), suggestion=suggestion)
    known = (*COMMAND, *catalog.accounts, *catalog.services, *STATES)
    raise _unknown(words[0], words, known, tuple(COMMAND))


def _belongs_to_list(word: str, catalog: Catalog) -> bool:
    return _FILTER.fullmatch(word) is not None or word.lower() in STATES or _scope(word, catalog) is not None


def _names_job(word: str) -> bool:
    return "://" in word or word.count("/") == 2 or addresses.looks_like_id(word)


def _list(command: str, words: list[str], catalog: Catalog) -> Request:
    scope: Scope | None = None
    filters: dict[str, str] = {}
    for word in words:
        if match := _FILTER.fullmatch(word):
            key = _filter_key(match[1], match[2], word, [command, *words])
            if key in filters:
                raise UsageError(Problem.REPEATED_FILTER, key)
            filters[key] = _value(key, match[2], word, [command, *words])
        elif word.lower() in STATES and "state" not in filters:
            filters["state"] = word.lower()
        elif found := _scope(word, catalog):
            scope = found if scope is None else _joined(scope, found, catalog)
        else:
            raise _not_of_list(word, [command, *words], catalog)
    if command == "failed":
        filters = {**dict(FAILED), **filters}
    return Request("list", scope or Scope(), tuple(filters.items()))


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
        vocabulary = {"state": STATES, "since": times.DAYS, "until": times.DAYS}.get(key, ())
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
    if {both.account, both.service} != {first.account, first.service, second.account, second.service} - {None}:
        raise UsageError(Problem.TWO_SCOPES, f"{first} {second}")
    if str(both) not in catalog.scopes:
        raise _not_of_account(both, catalog)
    return both


def _not_of_account(scope: Scope, catalog: Catalog) -> UsageError:
    services = tuple(service for owner, service in catalog.pairs if owner == scope.account)
    return UsageError(Problem.SERVICE_NOT_OF_ACCOUNT, str(scope), expected=services)


def _not_of_list(word: str, words: list[str], catalog: Catalog) -> UsageError:
    if _names_job(word):
        return UsageError(Problem.UNKNOWN_WORD, word, expected=("a scope", "a filter"), suggestion=f"show {word}")
    known = (*catalog.scopes, *catalog.accounts, *catalog.services, *STATES)
    if word.count("/") == 1:
        account, service = word.lower().split("/")
        if account in catalog.accounts and service in catalog.services:
            return _not_of_account(Scope(account, service), catalog)
    return _unknown(word, words, known, (*catalog.accounts, *catalog.services, *(f"{key}:…" for key in FILTER)))


def _show(words: list[str], catalog: Catalog) -> Request:
    pieces = [piece for word in words for piece in ([word] if "://" in word else word.split(",")) if piece]
    if not pieces:
        raise UsageError(Problem.NO_JOB)
    named: dict[str, None] = {}
    for piece in pieces:
        for address in _addresses(piece):
            named[str(_checked(address, pieces, catalog))] = None
    if len(named) > JOBS_MAX:
        raise UsageError(Problem.TOO_MANY_JOBS, str(len(named)), expected=(str(JOBS_MAX),))
    return Request("show", jobs=tuple(named))


def addresses_of(request: Request) -> list[addresses.Address]:
    """Return the jobs that a `show` names."""
    return [address for word in request.jobs for address in _addresses(word)]


def _addresses(text: str) -> tuple[addresses.Address, ...]:
    if text.lower().startswith("media:"):
        return (addresses.MediaId(text[len("media:") :]),)
    try:
        return addresses.read(text)
    except addresses.MaskedIdError:
        raise UsageError(Problem.MASKED_ID, text) from None
    except addresses.NotAnAddressError:
        raise UsageError(Problem.NOT_A_JOB, text, suggestion=f"find {text}" if "://" not in text else None) from None


def _checked(address: addresses.Address, words: list[str], catalog: Catalog) -> addresses.Address:
    """Refuse a ref whose account or service is not configured."""
    if not isinstance(address, JobRef) or (address.account, address.service) in catalog.pairs:
        return address
    if address.account not in catalog.accounts:
        problem, known, wrong = Problem.UNKNOWN_ACCOUNT, catalog.accounts, address.account
    else:
        services = tuple(service for owner, service in catalog.pairs if owner == address.account)
        problem, known, wrong = Problem.UNKNOWN_SERVICE, services, address.service
    close = _closest(wrong, known)
    mended = str(address).replace(wrong, close, 1) if close else f"{address.id}"
    raise UsageError(problem, wrong, expected=known, suggestion=_replaced(["show", *words], str(address), mended))


def _find(words: list[str]) -> Request:
    if not words:
        raise UsageError(Problem.NO_TEXT)
    text = " ".join(words)
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
    """Return the known word that was probably meant: at most a third of its letters away, swaps counting once."""
    best = process.extractOne(word.lower(), list(known), scorer=OSA.normalized_similarity, score_cutoff=0.6)
    return best[0] if best else None


def _replaced(words: list[str], wrong: str, right: str) -> str:
    """Return the whole command with one word put right."""
    return " ".join(right if word.lower() == wrong.lower() else quoted(word) for word in words)
