"""Numbers the format of each record, so that no version misreads what another wrote.

Three things follow from the number. A record of a newer format is left alone. One of a known format that cannot be read
is corrupt, and is moved aside. One without a number is of format 1.

Raise a number where the version before would misread the new records, or lose part of them when it writes them again.
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
    """What a record is, in the words of logs, metrics and `callboard check`."""

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
"""The format that this version writes of each kind, and the newest that it reads.

Format 2 of a card, an entry and a digest, which has cards: `on` is a set of words, as in `done,stuck`. A group begins
with format 2: it is kept among cards, where earlier versions take it for a card of a newer format. The two have one
number. Format 2 of a job: its attempt and its events so far; earlier versions record what happens to it for its
subscribers alone, and no watch is notified.
"""

_NUMBER = re.compile(r'\{"v":([1-9]\d{0,8})[,}]')
_PREFIX = re.compile(r"([1-9]\d{0,8}):")
_ODD = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, OSError, RecursionError)
"""What reading arbitrary text as a record may raise."""


class NewerFormatError(Exception):
    """A newer version wrote this record."""


class UnreadableError(Exception):
    """A record of a known format cannot be read."""


def numbered(kind: Kind, record: str) -> str:
    """Return a record, a JSON object, with the number of its format."""
    return f'{{"v":{FORMATS[kind]}{"," if record != "{}" else ""}{record[1:]}'


def read(kind: Kind, text: str, parse: Callable[[str], T]) -> T:
    """Read a record. Raises NewerFormatError and UnreadableError; neither quotes it."""
    if _number(text) > FORMATS[kind]:
        raise NewerFormatError(kind)
    try:
        return parse(text)
    except _ODD:
        raise UnreadableError(kind) from None


def readable_or(otherwise: T, parse: Callable[[K], T], kept: K) -> T:
    """Read a short-lived record, which has no format; `otherwise` if it cannot be read."""
    try:
        return parse(kept)
    except _ODD:
        return otherwise


def is_newer(kind: Kind, text: str) -> bool:
    """Whether a newer version wrote a record, which may be unreadable as well."""
    try:
        return _number(text) > FORMATS[kind]
    except UnreadableError:
        return False


def _number(text: str) -> int:
    """Return the number of a record's format. The JSON of a followed job is after its first line."""
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
    """Return an encrypted record with the number of its format, omitted for the first."""
    return encrypted if FORMATS[kind] == 1 else f"{FORMATS[kind]}:{encrypted}"


def unprefixed(kind: Kind, text: str) -> str | None:
    """Return an encrypted record without the number of its format; None for a newer one."""
    found = _PREFIX.match(text)
    if found and int(found[1]) > FORMATS[kind]:
        return None
    return text[found.end() :] if found else text
