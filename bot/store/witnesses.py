"""When each service last found a job, for the whole fleet. "Not found" is believed only after a recent success."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bot.domain.record_formats import readable_or
from bot.domain.service_key import Service
from bot.domain.tracked_jobs import instant, milliseconds
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import WITNESS

_FOUND_AT, _ASKED_AT = "found_at", "asked_at"  # stored


class LastWitness(NamedTuple):
    """The times of the last job found, and of the last request only for this."""

    found_at: datetime | None = None
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Witnesses:
    """The last witness of each service in each region. Raises StoreUnavailable."""

    link: RedisLink

    async def read(self, service: Service, region: str) -> LastWitness:
        """Return the last witness of a service in a region."""
        fields: dict[str, str] = await self.link.execute("HGETALL", WITNESS.of("/".join(service), region))
        return readable_or(LastWitness(), _witness, fields)

    async def write(self, service: Service, region: str, last: LastWitness) -> None:
        """Store the known times of a witness."""
        key = WITNESS.of("/".join(service), region)
        known = ((_FOUND_AT, last.found_at), (_ASKED_AT, last.asked_at))
        times = [(name, milliseconds(at)) for name, at in known if at]
        kept = ("HSET", key, *(part for pair in times for part in pair))
        await self.link.execute_many([kept, ("EXPIRE", key, WITNESS.seconds)], atomic=True)


def _witness(fields: dict[str, str]) -> LastWitness:
    times = (fields.get(name) for name in (_FOUND_AT, _ASKED_AT))
    return LastWitness(*(instant(int(at)) if at else None for at in times))
