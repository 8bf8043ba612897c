"""Copies of watches in the slot of each covered service. They route its events to destinations."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.domain.routes import Route, Routes
from bot.domain.service_key import Service
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import DISCOVERY, ROUTES, RULES
from bot.store.redis.scripts import script


@dataclass(frozen=True, slots=True)
class RouteBook:
    """The watches on every service. Raises StoreUnavailable."""

    link: RedisLink

    async def read(self, services: Sequence[Service]) -> dict[Service, Routes]:
        """Return the watches on these services, in one round trip."""
        slots = ["/".join(service) for service in services]
        # Read the version first: if the copies change in between, they are newer than it and get matched again.
        asking = [command for slot in slots for command in (("GET", RULES.of(slot)), ("HGETALL", ROUTES.of(slot)))]
        replies = await self.link.execute_many(asking) if asking else []
        return {
            service: read_routes(version, copies)
            for service, version, copies in zip(services, replies[::2], replies[1::2], strict=True)
        }

    async def watched(self, services: Sequence[Service]) -> dict[Service, int]:
        """Return the number of watches on each of these services, in one round trip."""
        asking = [("HLEN", ROUTES.of("/".join(service))) for service in services]
        replies = await self.link.execute_many(asking) if asking else []
        return dict(zip(services, replies, strict=True))

    async def active(self, services: Sequence[Service]) -> set[Service]:
        """Return the services with watches or with discovery still running, in one round trip."""
        keys = [(ROUTES.of("/".join(service)), DISCOVERY.of("/".join(service))) for service in services]
        replies = await self.link.execute_many([("EXISTS", *each) for each in keys]) if keys else []
        return {service for service, number in zip(services, replies, strict=True) if number}

    async def put(self, service: Service, destination: str, watch: str, text: str | None) -> str:
        """Write the copy of a watch, or delete it (None); return the new version of the rules."""
        return await self.put_all(service, [(Route(destination, watch), text)])

    async def put_all(self, service: Service, copies: Iterable[tuple[Route, str | None]]) -> str:
        """Write several copies in one step. The version stays if all of them are there already."""
        slot = "/".join(service)
        flat = [part for route, text in copies for part in (f"{route.destination} {route.watch}", text or "")]
        return await self.link.execute("EVAL", script("routes"), 2, ROUTES.of(slot), RULES.of(slot), *flat)

    async def purge(self, destination: str, services: Sequence[Service]) -> None:
        """Delete all copies of a destination's watches."""
        for service, routes in (await self.read(services)).items():
            if gone := [route for route in routes.watches if route.destination == destination]:
                await self.put_all(service, [(route, None) for route in gone])


def read_routes(version: str | None, copies: Mapping[str, str]) -> Routes:
    """Read the stored watches on a service."""
    return Routes(version or "0", {_route(field): text for field, text in copies.items()})


def _route(field: str) -> Route:
    destination, _, watch = field.rpartition(" ")
    return Route(destination, watch)
