"""Moves corrupt records aside, and counts the records of a newer format."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from itertools import chain

import structlog

from bot.domain.record_formats import FORMATS, Kind
from bot.domain.tracked_jobs import milliseconds
from bot.domain.unreadable_records import Counts, Location
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import (
    BEGUN,
    CARDS,
    INSTALLATIONS,
    JOBS,
    OUTBOX,
    PENDING,
    PREFIX,
    SUSPENDED,
    UNREADABLE,
    UNREADABLES,
    WATCHES,
)
from bot.store.redis.scripts import script

log = structlog.get_logger("callboard")

_OF_A_PLACE = ((Kind.CARD, CARDS), (Kind.MARK, BEGUN), (Kind.SUSPENSION, SUSPENDED), (Kind.WATCH, WATCHES))


@dataclass(frozen=True, slots=True)
class Aside:
    """Moves corrupt records aside, and counts them. Raises StoreUnavailable."""

    link: RedisLink

    async def move(self, location: Location, text: str, *, name: str = "", instead: str = "") -> bool:
        """Move a record aside, and write `instead` in its place; return whether it was there.

        `text` is the text of the record. `name` is its field in a hash, or its id in a stream, which keeps the record.
        """
        kind, where, key = location
        beside = unreadable_key(key)
        name = name or blake2b(text.encode(errors="surrogateescape"), digest_size=8).hexdigest()
        # Write the index first: after a crash in between it names a key without records, which is harmless.
        known = ("ZADD", UNREADABLES.of(), milliseconds(datetime.now(UTC)), f"{kind}|{where}|{beside}")
        copied = ("EVAL", script("set_aside"), 2, key, beside, name, text, instead, UNREADABLE.seconds)
        *_, done = await self.link.execute_many([known, ("EXPIRE", UNREADABLES.of(), UNREADABLES.seconds), copied])
        if done:
            log.error("unreadable record moved aside", kind=kind, key=key, moved_to=beside)
        return bool(done)

    async def kept(self) -> Counts:
        """Count the records that were moved aside within the last 30 days."""
        oldest = datetime.now(UTC) - timedelta(seconds=UNREADABLE.seconds)
        names = await self.link.execute("ZRANGE", UNREADABLES.of(), milliseconds(oldest), "+inf", "BYSCORE")
        found = [name.split("|", 2) for name in names]
        numbers = await self.link.execute_many([("HLEN", key) for _, _, key in found]) if found else []
        return _counted((where, kind, number) for (kind, where, _), number in zip(found, numbers, strict=True))

    async def newer(self, destinations: Iterable[str], services: Sequence[str]) -> Counts:
        """Count the records of a newer format of these destinations and of these services (`ACCOUNT/SERVICE`)."""
        pending = await self.link.execute_many([("SMEMBERS", PENDING.of(service)) for service in services])
        slots = [[Location(Kind.INSTALLATION, "", INSTALLATIONS.of())]]
        for destination in {*destinations, *chain.from_iterable(pending)}:
            mine = [Location(kind, destination, key.of(destination)) for kind, key in _OF_A_PLACE]
            slots.append([*mine, Location(Kind.ENTRY, destination, OUTBOX.of(destination, destination))])
        for service, waiting in zip(services, pending, strict=True):
            entries = [Location(Kind.ENTRY, destination, OUTBOX.of(service, destination)) for destination in waiting]
            slots.append([Location(Kind.JOB, service, JOBS.of(service)), *entries])
        replies = await self.link.execute_many(
            [("EVAL", script("newer"), len(each), *_keys(each), *_newest(each), FORMATS[Kind.CARD]) for each in slots]
        )
        numbered = zip(chain.from_iterable(slots), chain.from_iterable(replies), strict=True)
        return _counted((location.where, location.kind, number) for location, number in numbered)


def unreadable_key(key: str) -> str:
    """Return the key for the unreadable records of another key, for example `callboard:{vod/ocr}:jobs:unreadable`."""
    return UNREADABLE.of(key.removeprefix(PREFIX))


def _keys(locations: Iterable[Location]) -> list[str]:
    return [location.key for location in locations]


def _newest(locations: Iterable[Location]) -> list[int]:
    return [FORMATS[location.kind] for location in locations]


def _counted(numbers: Iterable[tuple[str, str, int]]) -> Counts:
    found: Counts = Counter()
    for where, kind, number in numbers:
        if number:
            found[where, kind] += number
    return found
