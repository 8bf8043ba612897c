"""Reads the words that name jobs: ids, refs and console links."""

import re
from collections.abc import Iterable, Sequence

from bot import addresses
from bot.catalog import Catalog
from bot.errors import Problem, UsageError
from handlers.corrections import closest, replaced
from handlers.grammar import COMMAND, HELP, Request
from handlers.words import quoted
from providers.models import JobRef
from providers.services import recognized


def names_job(word: str, catalog: Catalog) -> bool:
    """Whether a word can hardly be anything but a job."""
    a_ref = word.count("/") == 2 or word.lower().startswith(tuple(f"{scope}/" for scope in catalog.scopes))
    return addresses.is_link(word) or recognized(word) or (a_ref and not word.endswith("/"))


def jobs_named(command: str, words: Iterable[str], others: Sequence[str], catalog: Catalog) -> tuple[str, ...]:
    """Return the jobs that the words of a command name, each once, in their plainest form; raises UsageError.

    `others` are the command's further words, for the correction.
    """
    pieces = [piece for word in words for piece in _pieces(word)]
    if not pieces:
        raise UsageError(Problem.NO_JOB, COMMAND[command].usage)
    named: dict[str, None] = {}
    for piece in pieces:
        for address in _addresses(piece, catalog):
            named[str(_checked(address, piece, [command, *pieces, *others], catalog))] = None
    if len(named) > addresses.JOBS_MAX:
        raise UsageError(Problem.TOO_MANY_JOBS, str(len(named)), expected=(str(addresses.JOBS_MAX),))
    return tuple(named)


def addresses_of(request: Request, catalog: Catalog) -> list[addresses.Address]:
    """Return the jobs that a request names."""
    return [address for word in request.jobs for address in _addresses(word, catalog)]


def services_of(account: str | None, catalog: Catalog) -> tuple[str, ...]:
    """Return the services that an account has."""
    return tuple(service for owner, service in catalog.pairs if owner == account)


def _pieces(word: str) -> list[str]:
    return [word] if addresses.is_link(word) else list(filter(None, re.split("[,，]", word)))


def _addresses(text: str, catalog: Catalog) -> tuple[addresses.Address, ...]:
    try:
        found = () if text.lower() in HELP else addresses.read(text, catalog)
    except addresses.MaskedIdError:
        raise UsageError(Problem.MASKED_ID, text) from None
    except addresses.NotAnAddressError:
        found = ()
    if not found:
        suggestion = None if addresses.is_link(text) else f"find {quoted(text)}"
        raise UsageError(Problem.NOT_A_JOB, text, suggestion=suggestion)
    return found


def _checked(address: addresses.Address, typed: str, words: list[str], catalog: Catalog) -> addresses.Address:
    """Refuse a ref whose account or service is not configured."""
    if not isinstance(address, JobRef) or (address.account, address.service) in catalog.pairs:
        return address
    if catalog.nothing:
        raise UsageError(Problem.NOTHING_FOR_YOU)
    if address.account not in catalog.accounts:
        close = closest(address.account, catalog.accounts)
        # Elsewhere the id alone would not be found either.
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
