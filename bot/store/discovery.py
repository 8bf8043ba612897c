"""Discovery of new jobs in watched services: its progress, and the unknown jobs of a page."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.domain.changes import EventKind
from bot.domain.event_log import KEPT_FOR, KEPT_MAX, LoggedEvent
from bot.domain.outbox import ServiceEntry, numbered
from bot.domain.record_formats import FORMATS, Kind, readable_or
from bot.domain.routes import Routes, RulesChangedError
from bot.domain.service_events import ServiceEvent
from bot.domain.service_key import Service
from bot.domain.tracked_jobs import instant, milliseconds
from bot.domain.walks import REMEMBERED, REMEMBERED_MIN, Discovery, Mark
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import DISCOVERY, DUE, EVENTS, JOBS, OUTBOX, PENDING, ROUTES, RULES, SEEN, SUBSCRIPTIONS
from bot.store.redis.scripts import script
from bot.store.routes import read_routes
from bot.store.tracked_jobs import first_score, found_attempts, looking
from providers.models import Job


@dataclass(frozen=True, slots=True)
class Discoveries:
    """The state of discovery in every service. Raises StoreUnavailable."""

    link: RedisLink

    async def read(self, service: Service) -> tuple[Routes, Discovery, datetime | None]:
        """Return a service's watches, state of discovery and first due time, in one round trip."""
        slot = "/".join(service)
        # Read the version first: if the copies change in between, they are newer than it and get matched again.
        asking = (
            ("GET", RULES.of(slot)),
            ("HGETALL", ROUTES.of(slot)),
            ("HGETALL", DISCOVERY.of(slot)),
            ("ZRANGE", DUE.of(slot), 0, 0, "WITHSCORES"),
        )
        version, copies, fields, first = await self.link.execute_many(asking)
        return read_routes(version, copies), readable_or(Discovery(), _discovery, fields), first_score(first)

    async def begin(self, service: Service, known: Discovery, ended: Iterable[tuple[str, datetime | None]]) -> None:
        """Write the first state of discovery. `ended` are the jobs that have ended by now, with their creation."""
        slot = "/".join(service)
        remembered = [part for job_id, at in ended for part in (_score_of(at), job_id)]
        seen = [("ZADD", SEEN.of(slot), "NX", *remembered)] if remembered else []
        fields = {**_fields(known), "floor": milliseconds(known.floor) if known.floor else ""}
        kept = ("PERSIST", SEEN.of(slot))  # as long as there is a watch
        await self.link.execute_many([*seen, kept, ("HSET", DISCOVERY.of(slot), *_flat(fields))], atomic=True)

    async def remember(self, service: Service, ended: Iterable[tuple[str, datetime | None]]) -> None:
        """Store the ids of ended jobs without a notification, by their creation."""
        if pairs := [part for job_id, at in ended for part in (_score_of(at), job_id)]:
            await self.link.execute("ZADD", SEEN.of("/".join(service)), "NX", *pairs)

    async def write(self, service: Service, known: Discovery) -> None:
        """Write the progress of discovery, unless it restarted. `floor` and `down_since` have their own scripts."""
        since = milliseconds(known.since) if known.since else ""
        key = DISCOVERY.of("/".join(service))
        await self.link.execute("EVAL", script("walked"), 1, key, since, *_flat(_fields(known)))

    async def unknown(
        self, service: Service, jobs: Sequence[Job], created: Sequence[datetime | None]
    ) -> dict[str, int]:
        """Return the ids of unknown and continued jobs, with the number of their ended attempts."""
        return found_attempts(await self.link.execute(*looking(service, jobs, created)))

    async def trim(self, service: Service, mark: datetime | None) -> None:
        """Drop the ids of old ended jobs, which no page shows again. Raise the floor to their creation."""
        key = SEEN.of("/".join(service))
        if mark is None or await self.link.execute("ZCARD", key) <= REMEMBERED_MIN:
            return
        oldest = await self.link.execute("ZRANGE", key, -REMEMBERED_MIN, -REMEMBERED_MIN, "WITHSCORES")
        floor = min(_score(oldest), milliseconds(mark - REMEMBERED))
        await self.link.execute("EVAL", script("trim"), 2, key, DISCOVERY.of("/".join(service)), floor)

    async def stop(self, service: Service) -> bool:
        """Stop discovery and drop the jobs without subscribers, unless the service is watched again."""
        slot = "/".join(service)
        keys = [key.of(slot) for key in (JOBS, DUE, SUBSCRIPTIONS, ROUTES, DISCOVERY, SEEN)]
        return bool(await self.link.execute("EVAL", script("stop_discovery"), len(keys), *keys, FORMATS[Kind.JOB]))

    async def record(self, event: ServiceEvent, version: str, destinations: Mapping[str, str]) -> bool:
        """Record that a service is down or up, with an entry for each destination.

        Returns False if this is recorded already. Raises RulesChangedError.
        """
        slot = f"{event.account}/{event.service}"
        keys = (RULES.of(slot), DISCOVERY.of(slot), PENDING.of(slot), EVENTS.of(slot))
        since, down = milliseconds(event.since), event.happened is EventKind.DOWN
        known = ("", since) if down else (since, "")
        kept = (milliseconds(event.at), int(KEPT_FOR.total_seconds()), KEPT_MAX)
        entry = numbered(ServiceEntry(event=event).model_dump_json())
        arguments = (OUTBOX.of(slot, ""), version, *known, *kept, entry, json.dumps(destinations), _line(event))
        done = await self.link.execute("EVAL", script("service_event"), len(keys), *keys, *arguments)
        if done < 0:
            raise RulesChangedError
        return bool(done)


def _line(event: ServiceEvent) -> str:
    code = event.error.code if event.error else None
    happened = event.happened
    line = LoggedEvent(id=event.id, event=happened, code=code, at=event.happened_at, noticed_at=event.at)
    return line.model_dump_json(exclude_defaults=True)


def _score_of(created_at: datetime | None) -> int:
    return milliseconds(created_at) if created_at else 0


def _score(reply: Any) -> int:
    """Read the score of a ZRANGE of one member. RESP2 and RESP3 shape it differently."""
    first = reply[0]
    return int(float(first[1] if isinstance(first, list | tuple) else reply[1]))  # pyright: ignore[reportUnknownArgumentType]


def _flat(fields: Mapping[str, str | int]) -> list[str | int]:
    return [part for pair in fields.items() for part in pair]


def _fields(known: Discovery) -> dict[str, str | int]:
    def at(moment: datetime | None) -> str | int:
        return milliseconds(moment) if moment else ""

    return {
        "since": at(known.since),
        "unfinished": int(known.unfinished),
        "mark": at(known.mark.mark),
        "top": at(known.mark.top),
        "gap_from": at(known.mark.gap_from),
        "walked_at": at(known.walked_at),
        "pace_s": f"{known.pace_s:.1f}",
        "partial": int(known.partial),
        "listed": known.listed,
        "failures_only": int(known.failures_only),
        "blind_since": at(known.blind_since),
    }


def _discovery(fields: Mapping[str, str]) -> Discovery:
    def at(name: str) -> datetime | None:
        return instant(int(text)) if (text := fields.get(name)) else None

    return Discovery(
        since=at("since"),
        unfinished=fields.get("unfinished") == "1",
        mark=Mark(at("mark"), at("top"), at("gap_from")),
        floor=at("floor"),
        walked_at=at("walked_at"),
        pace_s=float(fields.get("pace_s") or Discovery().pace_s),
        partial=fields.get("partial") == "1",
        listed=int(fields.get("listed") or 0),
        failures_only=fields.get("failures_only") == "1",
        blind_since=at("blind_since"),
        down_since=at("down_since"),
    )
