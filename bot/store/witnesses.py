"""When each service found a job last, for the whole fleet: what makes it believable that others do not exist."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bot.store.connection import Link
from bot.store.keys import WITNESS
from bot.store.tracked import Service, instant, milliseconds


class Testimony(NamedTuple):
    """When a job was found last, and when a request was made only to find one."""

    found_at: datetime | None = None
    asked_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Witnesses:
    """The last testimony of each service in each region. Raises StoreUnavailable."""

    link: Link

    async def read(self, service: Service, region: str) -> Testimony:
        """Return the last testimony of a service in a region."""
        fields: dict[str, str] = await self.link.ask("HGETALL", WITNESS.of("/".join(service), region))
        times = (fields.get(name) for name in Testimony._fields)
        return Testimony(*(instant(int(at)) if at else None for at in times))

    async def write(self, service: Service, region: str, testimony: Testimony) -> None:
        """Keep those times of a testimony that are known."""
        key = WITNESS.of("/".join(service), region)
        times = [(name, milliseconds(at)) for name, at in testimony._asdict().items() if at]
        kept = ("HSET", key, *(part for pair in times for part in pair))
        await self.link.ask_all([kept, ("EXPIRE", key, WITNESS.seconds)], atomic=True)
