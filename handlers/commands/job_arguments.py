"""Read words that name jobs: ids, refs and console links, even inside pasted text."""

import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

from bot.domain import identifiers
from bot.domain.catalog import Catalog
from bot.domain.errors import Problem, UsageError
from bot.domain.id_labels import Label, label
from bot.domain.identifiers import Address
from bot.domain.plain_text import plain, readings
from bot.domain.quoting import quoted
from handlers.commands.grammar import COMMAND, FILTER, HELP, Request
from handlers.commands.lexer import EQUALS, PAIR, SEPARATORS, is_ornament, items
from handlers.commands.scopes import services_of
from handlers.commands.suggestions import closest, replaced
from providers.ids import Ids
from providers.models import JobRef
from providers.services import every_ids, recognized

_BETWEEN = re.compile(f"[{SEPARATORS}]+")
# Marks of italics and bullets touch an id, and could be a part of it.
_EDGES = re.compile("(?<![0-9A-Za-z_-])[_-]++|(?<![_-])[_-]++(?![0-9A-Za-z])")


class _Piece(NamedTuple):
    """A part of the typed text with its jobs, and whether it certainly means them."""

    text: str
    addresses: tuple[Address, ...]
    certain: bool
    masked: bool

    @property
    def is_said(self) -> bool:
        """Whether its form means a job: a ref, a media id, or a masked id."""
        return self.masked or any(not isinstance(one, identifiers.JobId) for one in self.addresses)

    @property
    def is_plain_word(self) -> bool:
        """Whether it is no job, or an id that could be a word: short, only letters, or only digits."""
        like_an_id = self.addresses and is_mixed(self.text) and len(self.text) >= identifiers.SHORTEST
        return not self.is_said and not like_an_id

    @property
    def is_empty(self) -> bool:
        """Whether it means nothing without other words: a bullet, an emoji, or a label of the next word."""
        return not self.addresses and (is_ornament(self.text) or self.text[-1] in EQUALS)


def names_job(word: str, catalog: Catalog) -> bool:
    """Whether a word is clearly a job, or contains the id of one."""
    pair = PAIR.fullmatch(word)
    if pair and pair[1].lower() in FILTER:
        return False
    a_ref = word.count("/") == 2 or word.lower().startswith(tuple(f"{scope}/" for scope in catalog.scopes))
    return identifiers.is_link(word) or (a_ref and not pair and not word.endswith("/")) or bool(held(word, catalog))


def is_mixed(word: str) -> bool:
    """Whether a word has letters and digits, as ids do."""
    return any(map(str.isalpha, word)) and any(map(str.isdigit, word))


def held(text: str, catalog: Catalog) -> tuple[Address, ...]:
    """Return the jobs that a text certainly names, in order: links, refs, and distinct ids."""
    forms = (form for reading in readings(text) for form in dict.fromkeys((reading, _EDGES.sub(" ", reading))))
    return max((_found(form, catalog) for form in forms), key=len)


def parts(word: str, catalog: Catalog) -> list[str]:
    """Return the items of a word that is a list. A link, or a word that names a job, is one item."""
    if identifiers.is_link(word) or named(word, catalog):
        return [word]
    return items(word) if held(word, catalog) else list(filter(None, _BETWEEN.split(word)))


def jobs_named(command: str, words: Iterable[str], others: Sequence[str], catalog: Catalog) -> tuple[str, ...]:
    """Return the jobs that words name, each once, in their plainest form.

    `others` are the command's other words, for the correction. Raises UsageError.
    """
    pieces = [_piece(part, catalog) for word in words for part in parts(word, catalog)]
    typed = [command, *(piece.text for piece in pieces), *others]
    jobs: dict[str, None] = {}
    for piece in _meant(pieces):
        if not piece.addresses:
            rest = [word for word in typed if word != piece.text]
            raise _not_a_job(piece, rest if any(each.certain for each in pieces) else ())
        for address in piece.addresses:
            jobs[str(_checked(address, piece.text, typed, catalog))] = None
    if not jobs:
        raise UsageError(Problem.NO_JOB, COMMAND[command].usage)
    if len(jobs) > identifiers.JOBS_MAX:
        raise UsageError(Problem.TOO_MANY_JOBS, str(len(jobs)), expected=(str(identifiers.JOBS_MAX),))
    return tuple(jobs)


def addresses_of(request: Request, catalog: Catalog) -> list[Address]:
    """Return the jobs that a request names."""
    return [address for word in request.jobs for address in named(word, catalog)]


def named(text: str, catalog: Catalog) -> tuple[Address, ...]:
    """Return the jobs that a whole text names, unchanged or in plain characters."""
    if text.lower() in HELP:
        return ()
    for form in dict.fromkeys((text, plain(text))):
        inner = form.strip("_-")
        with suppress(identifiers.NotAnAddressError, identifiers.MaskedIdError):
            found = identifiers.read(inner if _is_recognized(inner) else form, catalog)
            return () if _is_row(found[0], catalog) else found
    return ()


def _is_row(address: Address, catalog: Catalog) -> bool:
    """Whether a text that parses as a ref is a list of ids with slashes."""
    return isinstance(address, JobRef) and bool(held(f"{address.account} {address.service}", catalog))


def _piece(text: str, catalog: Catalog) -> _Piece:
    certain = held(text, catalog)
    found = named(text, catalog) or certain or _labelled(text, catalog)
    masked = not found and _is_masked(text, catalog)
    return _Piece(text, found, any(map(_is_no_word, certain)), masked)


def _labelled(text: str, catalog: Catalog) -> tuple[Address, ...]:
    """Return the job in `job_id=lecture_7`, although its id could be a word."""
    start = 1 + max(map(text.rfind, EQUALS))
    return named(text[start:], catalog) if start and label(text, start) is Label.JOB else ()


def _is_masked(text: str, catalog: Catalog) -> bool:
    try:
        identifiers.read(text, catalog)
    except identifiers.MaskedIdError:
        return True
    except identifiers.NotAnAddressError:
        pass
    return False


def _found(text: str, catalog: Catalog) -> tuple[Address, ...]:
    found: list[Address] = []
    for match in _beyond_doubt(catalog, every_ids()).finditer(text):
        with suppress(identifiers.NotAnAddressError):
            found += identifiers.read(match[0], catalog)
    return tuple(dict.fromkeys(found))


@lru_cache
def _beyond_doubt(catalog: Catalog, _forms: tuple[Ids, ...]) -> re.Pattern[str]:
    """Return a pattern for links, refs, and distinct ids, in any case. The forms of ids only key the cache."""
    ref = rf"{identifiers.refs_in_text(catalog)}(?![0-9A-Za-z_/-]|[.:]\w)"
    return re.compile(rf"https?://[^\s<>|\"'`]+|{ref}|{identifiers.in_text().pattern}", re.IGNORECASE)


def _is_no_word(address: Address) -> bool:
    return isinstance(address, identifiers.MediaId) or _is_recognized(address.id)


def _is_recognized(text: str) -> bool:
    """Whether a text has the form of an id, even in capitals."""
    return recognized(text) or recognized(text.lower())


def _meant(pieces: list[_Piece]) -> list[_Piece]:
    """Drop pieces without meaning, and doubtful ids if plain words accompany a certain id."""
    said = [piece for piece in pieces if not piece.is_empty] or pieces
    doubtful = [piece for piece in said if not piece.certain]
    if len(doubtful) == len(said) or not any(piece.is_plain_word for piece in doubtful):
        return said
    return [piece for piece in said if piece.certain or piece.is_said]


def _not_a_job(piece: _Piece, rest: Sequence[str]) -> UsageError:
    """Return the error for a piece that names no job. `rest` is the command without it, if it has a job."""
    if piece.masked:
        return UsageError(Problem.MASKED_ID, piece.text, suggestion=" ".join(map(quoted, rest)) or None)
    suggestion = None if identifiers.is_link(piece.text) else f"find {quoted(piece.text)}"
    return UsageError(Problem.NOT_A_JOB, piece.text, suggestion=suggestion)


def _checked(address: Address, typed: str, words: list[str], catalog: Catalog) -> Address:
    """Refuse a ref whose account or service is not configured."""
    if not isinstance(address, JobRef) or (address.account, address.service) in catalog.pairs:
        return address
    if catalog.nothing:
        raise UsageError(catalog.refusal)
    if address.account not in catalog.accounts:
        close = closest(address.account, catalog.accounts)
        # A narrowed catalog hides accounts, so a search for the id would not find it either.
        mended = JobRef(close, address.service, address.id) if close else None if catalog.narrowed else address.id
        problem = Problem.NOT_FOR_YOU if catalog.narrowed else Problem.UNKNOWN_ACCOUNT
        error = UsageError(problem, address.account, expected=catalog.accounts)
    else:
        services = services_of(address.account, catalog)
        close = closest(address.service, services)
        mended = JobRef(address.account, close, address.id) if close else address.id
        error = UsageError(Problem.UNKNOWN_SERVICE, address.service, expected=services)
    error.suggestion = replaced(words, typed, str(mended)) if mended else None
    raise error
