"""When each service found a job last, for the whole fleet: what makes it believable that others do not exist."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bot.store.connection import Link, Part
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
        fields: dict[str, str] = await self.link.ask("HGETALL", WITNESS.of("/".join(service)))
        if fields.get("region") != region:
            return Testimony()
        times = (fields.get(name) for name in Testimony._fields)
        return Testimony(*(instant(int(at)) if at else None for at in times))

    async def write(self, service: Service, region: str, testimony: Testimony) -> None:
        """Keep a testimony."""
        key = WITNESS.of("/".join(service))
        times: list[Part] = [
            part
            for name, at in zip(Testimony._fields, testimony, strict=True)
            for part in (name, milliseconds(at) if at else "")
        ]
        await self.link.ask_all(
            [("HSET", key, "region", region, *times), ("EXPIRE", key, WITNESS.seconds)], atomic=True
        )
