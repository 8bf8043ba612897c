"""The location and the subject of an unreadable record."""

from collections import Counter
from typing import NamedTuple

from bot.domain.record_formats import Kind


class Location(NamedTuple):
    """A key with records of one kind; `where` is their destination or service, if any."""

    kind: Kind
    where: str
    key: str


class Broken(NamedTuple):
    """A corrupt record.

    `name` is its field in a hash or its id in a stream, `card` the card that it is about, if any. `slot` is the service
    whose slot has the record, or the destination itself.
    """

    location: Location
    slot: str
    text: str = ""
    name: str = ""
    card: str = ""


Counts = Counter[tuple[str, str]]
"""Numbers of records, by where they belong and their kind."""
