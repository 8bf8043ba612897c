"""Numbers the format of each record, so that no version misreads the records of another.

The number decides three things. A record of a newer format is not touched. A record of a known format that cannot be
read is corrupt, and is moved aside. A record without a number is of format 1.

Raise a number if the previous version would misread the new records, or lose part of them when it rewrites them.
A new field that it may ignore needs no new format. The place of the number never changes.
"""

import json
import re
from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar, cast

K = TypeVar("K")
T = TypeVar("T")


class Kind(StrEnum):
    """The kind of a record, in the words of logs, metrics and `callboard check`."""

    CARD = "card"
    ENTRY = "entry"
    MARK = "mark"
    SUSPENSION = "suspension"
    JOB = "job"
    SUBSCRIBERS = "list of followers"
    LOST = "lost job"
    DIGEST = "digest"
    INSTALLATION = "installation"
    WATCH = "watch"
    GROUP = "failure group"


_SECOND = (Kind.CARD, Kind.ENTRY, Kind.DIGEST, Kind.GROUP, Kind.JOB)
FORMATS: dict[Kind, int] = {**dict.fromkeys(Kind, 1), **dict.fromkeys(_SECOND, 2)}
"""The format that this version writes for each kind, and the newest that it reads.

Format 2 of a card, an entry and a digest, which has cards: `on` is a set of words, as in `done,stuck`. Groups start
with format 2: they are stored among cards, and earlier versions take them for cards of a newer format. The two share
one number. Format 2 of a job: its attempt and its events so far; earlier versions record its events only for its
subscribers and notify no watch.
"""

_NUMBER = re.compile(r'\{"v":([1-9]\d{0,8})[,}]')
_PREFIX = re.compile(r"([1-9]\d{0,8}):")
_ODD = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, OSError, RecursionError)
"""The exceptions of a parser that reads arbitrary text as a record."""


class NewerFormatError(Exception):
    """A newer version wrote this record."""


class UnreadableError(Exception):
    """A record of a known format cannot be read."""


def numbered(kind: Kind, record: str) -> str:
    """Return a record, a JSON object, with its format number. Example: `{"v":2,"id":"g12"}`."""
    return f'{{"v":{FORMATS[kind]}{"," if record != "{}" else ""}{record[1:]}'


def read(kind: Kind, text: str, parse: Callable[[str], T]) -> T:
    """Parse a record. No error quotes it.

    Raises:
        NewerFormatError: A newer version wrote the record.
        UnreadableError: The record is corrupt.
    """
    if _number(text) > FORMATS[kind]:
        raise NewerFormatError(kind)
    try:
        return parse(text)
    except _ODD:
        raise UnreadableError(kind) from None


def readable_or(otherwise: T, parse: Callable[[K], T], kept: K) -> T:
    """Parse a short-lived record, which has no format. Returns `otherwise` if it cannot be read."""
    try:
        return parse(kept)
    except _ODD:
        return otherwise


def is_newer(kind: Kind, text: str) -> bool:
    """Return whether a newer version wrote a record, which may be unreadable as well."""
    try:
        return _number(text) > FORMATS[kind]
    except UnreadableError:
        return False


def _number(text: str) -> int:
    """Return the format number of a record. The JSON of a tracked job starts after its first line."""
    record = text if text.startswith("{") else text.partition("\n")[2] or text
    if found := _NUMBER.match(record):
        return int(found[1])
    try:
        known = json.loads(record)
    except _ODD:
        raise UnreadableError from None
    number = cast("dict[str, Any]", known).get("v", 1) if isinstance(known, dict) else 0
    if type(number) is not int or number < 1:
        raise UnreadableError
    return number


def prefixed(kind: Kind, encrypted: str) -> str:
    """Return an encrypted record with its format number, omitted for format 1. Example: `2:gAAAA…`."""
    return encrypted if FORMATS[kind] == 1 else f"{FORMATS[kind]}:{encrypted}"


def unprefixed(kind: Kind, text: str) -> str | None:
    """Return an encrypted record without its format number; None for a newer format."""
    found = _PREFIX.match(text)
    if found and int(found[1]) > FORMATS[kind]:
        return None
    return text[found.end() :] if found else text
