"""Tracked jobs of each service: their last known state, the time of the next check, and the subscriptions."""

import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from typing import Any

from pydantic import TypeAdapter, ValidationError

from bot.domain import record_formats
from bot.domain.attempts import Attempt, attempts_ended
from bot.domain.elapsed import AHEAD, in_future
from bot.domain.event_log import KEPT_MAX
from bot.domain.outbox import numbered
from bot.domain.record_formats import FORMATS, Kind, NewerFormatError, T, UnreadableError, readable_or
from bot.domain.routes import RulesChangedError
from bot.domain.service_key import Service
from bot.domain.tracked_jobs import Due, JobUpdate, Kept, Seen, due, instant, kept, milliseconds, planned, record
from bot.domain.unreadable_records import Counts, Location
from bot.store.decisions import DecisionBook
from bot.store.quarantine import Aside
from bot.store.redis.connection import Part, RedisLink
from bot.store.redis.keys import (
    CONFIGURED,
    DISCOVERY,
    DUE,
    EVENTS,
    JOBS,
    LOST,
    MINE,
    OUTBOX,
    OUTCOMES,
    PENDING,
    PLACES,
    REPLY,
    ROUTES,
    RULES,
    SEEN,
    SUBSCRIPTIONS,
    SWEEP,
)
from bot.store.redis.scripts import script
from providers.mirrors import owner
from providers.models import Job, JobRef, JobState

NEWER_AGAIN = timedelta(seconds=10)
"""A job recorded by a newer version is due again after this time, for workers of that version."""

_PLACES = TypeAdapter(dict[str, str])
_RECORDED = (JOBS, DUE, SUBSCRIPTIONS, PENDING, RULES, SEEN, EVENTS, OUTCOMES, DISCOVERY)
_OF_A_SERVICE = (JOBS, DUE, SUBSCRIPTIONS, PENDING, SWEEP, ROUTES, RULES, DISCOVERY, SEEN, EVENTS, OUTCOMES)


@dataclass(frozen=True, slots=True)
class Tracked:
    """The followed jobs of every service. Raises StoreUnavailable."""

    link: RedisLink

    async def due(self, service: Service, until: datetime, limit: int, *, multiple: int = 1) -> list[Due]:
        """Return the jobs due until then, the longest overdue first, in two round trips.

        A third round trip fills up the number to a `multiple` with the jobs due next: a request that is sent anyway
        covers them for free.
        """
        slot = "/".join(service)
        wanted = ("ZRANGE", DUE.of(slot), "-inf", milliseconds(until), "BYSCORE", "LIMIT", 0, limit)
        ids: list[str] = await self.link.execute(*wanted)
        if len(ids) < limit and (more := -len(ids) % multiple):
            ids = await self.link.execute("ZRANGE", DUE.of(slot), 0, len(ids) + more - 1)
        if not ids:
            return []
        records: list[str | None] = await self.link.execute("HMGET", JOBS.of(slot), *ids)
        texts = {job_id: text for job_id, text in zip(ids, records, strict=True) if text is not None}
        found = await self._readable(service, texts, due)
        await self.postpone(service, texts.keys() - found.keys(), until + NEWER_AGAIN)
        return list(found.values())

    async def observe(
        self, service: Service, asked_at: datetime, seen: Iterable[Seen], *, now: datetime | None = None
    ) -> dict[str, Kept]:
        """Reschedule the unchanged jobs, and return the changed ones, in one round trip.

        Skips untracked jobs, and jobs with a record of a later request. A record with a time after `now`, if given,
        comes from a wrong clock and does not count as later.
        """
        return await self.observed(service, await self.link.execute(*self.observing(service, asked_at, seen, now)))

    def observing(
        self, service: Service, asked_at: datetime, seen: Iterable[Seen], now: datetime | None
    ) -> Sequence[Part]:
        """Return the command of `observe`."""
        slot = "/".join(service)
        # One JSON argument: encoding hundreds of arguments takes redis-py as long as parsing the jobs.
        jobs = json.dumps([part for each in seen for part in (each.id, each.fingerprint, milliseconds(each.next_at))])
        keys, newest = (JOBS.of(slot), DUE.of(slot)), FORMATS[Kind.JOB]
        latest = milliseconds(now + AHEAD) if now else "inf"
        return ("EVAL", script("observe"), 2, *keys, milliseconds(asked_at), jobs, newest, latest)

    async def observed(self, service: Service, flat: Sequence[str]) -> dict[str, Kept]:
        """Read the reply to the command of `observe`."""
        return await self._readable(service, dict(zip(flat[::2], flat[1::2], strict=True)), partial(_kept, service))

    async def record(
        self, service: Service, steps: Sequence[JobUpdate], version: str = "", now: datetime | None = None
    ) -> dict[str, dict[str, str]]:
        """Record changes, with entries for the subscribed and the watching destinations, in one round trip.

        Returns the subscriptions (destination to card) of each job recorded. Skips a job that another process recorded
        first: the next sweep sees it again. `version` is that of the watches in `steps`.

        Raises:
            RulesChangedError: The watches have another version by now.
            StoreUnavailable: Redis is down.
        """
        slot = "/".join(service)
        arguments = chain.from_iterable(
            (
                *(each.id, each.found, each.record or "", milliseconds(each.next_at) if each.next_at else ""),
                *(numbered(each.entry), each.lost, each.more),
            )
            for each in steps
        )
        keys = [key.of(slot) for key in _RECORDED]
        names = (OUTBOX.of(slot, ""), LOST.of(slot, ""), LOST.seconds, FORMATS[Kind.LOST])
        kept = (milliseconds(now or datetime.now(UTC)), EVENTS.seconds, KEPT_MAX)
        flat = await self.link.execute("EVAL", script("record"), len(keys), *keys, *names, version, *kept, *arguments)
        if flat == -1:
            raise RulesChangedError
        return {job_id: json.loads(destinations) for job_id, destinations in zip(flat[::2], flat[1::2], strict=True)}

    async def subscribe(  # noqa: PLR0917  # what a subscription consists of
        self, job: Job, asked_at: datetime, next_at: datetime, destination: str, card: str, entry: str, user: str
    ) -> tuple[str, bool]:
        """Subscribe a destination to a job in one step; return the card there, and whether it is new."""
        slot = f"{job.account}/{job.service}"
        known = looking((job.account, job.service), [job], [job.created_at])
        _, flat = await self.link.execute_many([("SADD", PLACES.of(), destination), known])
        decided = await DecisionBook(self.link).read(destination, str(owner(job)))
        ended = max(found_attempts(flat).get(job.id, 0), attempts_ended(each.event for each in decided))
        attempt = Attempt.first(job)._replace(number=ended + 1)
        await self.note_destination(user, destination)
        about: tuple[Part, ...] = (
            job.id,
            record(job, asked_at, attempt=attempt),
            milliseconds(next_at),
            destination,
            card,
            numbered(entry),
        )
        arguments = (*_keys(slot, destination), LOST.of(slot, job.id), *about, REPLY.seconds, FORMATS[Kind.LOST])
        found, new = json.loads(await self.link.execute("EVAL", script("subscribe"), 7, *arguments))
        return found, bool(new)

    async def note_destination(self, user: str, destination: str) -> None:
        """Note that a person has a subscription or a watch in a destination."""
        await self.link.execute_many([("SADD", MINE.of(user), destination), ("EXPIRE", MINE.of(user), MINE.seconds)])

    async def unsubscribe(self, ref: JobRef, destination: str, entry: str) -> str | None:
        """End the subscription of a destination to a job; return its card there, or None without a subscription."""
        slot = f"{ref.account}/{ref.service}"
        keys = (*_keys(slot, destination), ROUTES.of(slot), DISCOVERY.of(slot))
        arguments = (ref.id, destination, numbered(entry), REPLY.seconds, FORMATS[Kind.JOB])
        return await self.link.execute("EVAL", script("unsubscribe"), len(keys), *keys, *arguments)

    async def read(self, refs: Iterable[JobRef]) -> dict[JobRef, tuple[Kept, datetime]]:
        """Return the records and the next checks of tracked jobs, in one round trip."""
        refs = list(refs)
        asking: list[Sequence[Part]] = []
        for ref in refs:
            slot = f"{ref.account}/{ref.service}"
            asking += [("HGET", JOBS.of(slot), ref.id), ("ZSCORE", DUE.of(slot), ref.id)]
        replies = await self.link.execute_many(asking) if asking else []
        records = dict(zip(refs, replies[::2], strict=True))
        texts: dict[Service, dict[str, str]] = {}
        for ref, text in records.items():
            if text is not None:
                texts.setdefault((ref.account, ref.service), {})[ref.id] = text
        found = {
            service: await self._readable(service, mine, partial(_kept, service)) for service, mine in texts.items()
        }
        return {
            ref: (known, planned(float(score)))
            for ref, score in zip(refs, replies[1::2], strict=True)
            if score is not None and (known := found.get((ref.account, ref.service), {}).get(ref.id))
        }

    async def corrupt_subscribers(self, services: Iterable[Service]) -> dict[JobRef, str]:
        """Return the jobs whose lists of subscribers are corrupt, with the text of each list."""
        found: dict[JobRef, str] = {}
        for service in services:
            kept = await self.link.execute("HGETALL", SUBSCRIPTIONS.of("/".join(service)))
            found |= {JobRef(*service, job_id): text for job_id, text in kept.items() if _destinations(text) is None}
        return found

    async def replace_subscribers(self, ref: JobRef, corrupt: str, destinations: Mapping[str, str]) -> None:
        """Replace a corrupt list of subscribers with `destinations` (destination to card)."""
        slot = f"{ref.account}/{ref.service}"
        location = Location(Kind.SUBSCRIBERS, slot, SUBSCRIPTIONS.of(slot))
        await Aside(self.link).move(location, corrupt, name=ref.id, instead=json.dumps(destinations))

    async def corrupt(self, services: Iterable[Service]) -> Counts:
        """Count the corrupt records of tracked jobs, by service."""
        found: Counts = Counter()
        for service in services:
            slot = "/".join(service)
            for text in await self.link.execute("HVALS", JOBS.of(slot)):
                try:
                    kept(service, text)
                except NewerFormatError:
                    continue
                except UnreadableError:
                    found[slot, Kind.JOB.value] += 1
        return found

    async def newer(self, refs: Iterable[JobRef]) -> bool:
        """Return whether a newer version recorded any of these jobs."""
        refs = list(refs)
        asking = [("HGET", JOBS.of(f"{ref.account}/{ref.service}"), ref.id) for ref in refs]
        texts = await self.link.execute_many(asking) if asking else []
        return any(text is not None and record_formats.is_newer(Kind.JOB, text) for text in texts)

    async def _readable(
        self, service: Service, texts: Mapping[str, str], parse: Callable[[str, str], T]
    ) -> dict[str, T]:
        """Read records by job id. Replaces corrupt records, and leaves out those of a newer format."""
        found: dict[str, T] = {}
        for job_id, text in texts.items():
            try:
                found[job_id] = parse(job_id, text)
            except NewerFormatError:
                continue
            except UnreadableError:
                if fresh := await self._start_over(service, job_id, text):
                    found[job_id] = parse(job_id, fresh)
        return found

    async def _start_over(self, service: Service, job_id: str, text: str) -> str:
        """Replace a corrupt record with one in an unknown state, and return it; empty if it has changed."""
        job = Job(account=service[0], service=service[1], id=job_id, state=JobState.UNKNOWN)
        fresh, slot = record(job, datetime.now(UTC)), "/".join(service)
        moved = await Aside(self.link).move(Location(Kind.JOB, slot, JOBS.of(slot)), text, name=job_id, instead=fresh)
        return fresh if moved else ""

    async def postpone(self, service: Service, ids: Iterable[str], until: datetime) -> None:
        """Set the time of the next check of these jobs."""
        at = milliseconds(until)
        if pairs := [part for job_id in ids for part in (at, job_id)]:
            await self.link.execute("ZADD", DUE.of("/".join(service)), "XX", *pairs)

    async def pull_back(self, services: Sequence[Service], latest: datetime, now: datetime) -> None:
        """Make all jobs due now whose next check is after `latest`."""
        slots = ["/".join(service) for service in services]
        late = [("ZRANGE", DUE.of(slot), f"({milliseconds(latest)}", "+inf", "BYSCORE") for slot in slots]
        found: list[list[str]] = await self.link.execute_many(late) if late else []
        for service, ids in zip(services, found, strict=True):
            await self.postpone(service, ids, now)

    async def cards(self, service: Service) -> set[tuple[str, str]]:
        """Return all cards of a service's jobs, as (destination, card)."""
        kept = await self.link.execute("HVALS", SUBSCRIPTIONS.of("/".join(service)))
        return {pair for destinations in kept for pair in (_destinations(destinations) or {}).items()}

    async def subscribed(self, destination: str, deps: Iterable[Service]) -> dict[JobRef, str]:
        """Return the jobs of these services that a destination follows, with their cards."""
        deps = list(deps)
        kept = await self.link.execute_many([("HGETALL", SUBSCRIPTIONS.of("/".join(service))) for service in deps])
        return {
            JobRef(*service, job_id): card
            for service, followed in zip(deps, kept, strict=True)
            for job_id, destinations in followed.items()
            if (card := (_destinations(destinations) or {}).get(destination))
        }

    async def with_subscribers(self, refs: Sequence[JobRef]) -> set[JobRef]:
        """Return the jobs with subscribers among these jobs of one service."""
        if not refs:
            return set()
        slot = f"{refs[0].account}/{refs[0].service}"
        found = await self.link.execute("HMGET", SUBSCRIPTIONS.of(slot), *(ref.id for ref in refs))
        return {ref for ref, text in zip(refs, found, strict=True) if text is not None}

    async def unfollowed(self, service: Service) -> dict[str, tuple[Due, str]]:
        """Return the tracked jobs of a service without subscribers, each with its record."""
        slot = "/".join(service)
        kept, followed = await self.link.execute_many([("HGETALL", JOBS.of(slot)), ("HKEYS", SUBSCRIPTIONS.of(slot))])
        mine = {job_id: text for job_id, text in kept.items() if job_id not in {*followed}}
        return {
            job_id: (planned, mine[job_id]) for job_id, planned in (await self._readable(service, mine, due)).items()
        }

    async def subscribed_cards(self, ref: JobRef) -> dict[str, str]:
        """Return the subscriptions to a job: destination to card."""
        found = await self.link.execute("HGET", SUBSCRIPTIONS.of(f"{ref.account}/{ref.service}"), ref.id)
        return _destinations(found or "{}") or {}

    async def destinations_of(self, user: str) -> set[str]:
        """Return the destinations where a person subscribed, and their direct messages."""
        return {user, *(await self.link.execute("SMEMBERS", MINE.of(user)))}

    async def purge_destinations(self, users: Iterable[str]) -> None:
        """Delete the lists of destinations where people subscribed."""
        if commands := [("DEL", MINE.of(user)) for user in users]:
            await self.link.execute_many(commands)

    async def state(self, services: Sequence[Service]) -> list[tuple[int, datetime | None, set[str]]]:
        """Return each service's number of tracked jobs, next due time and pending destinations."""
        asking: list[Sequence[Part]] = []
        for service in services:
            slot = "/".join(service)
            asking += [("ZCARD", DUE.of(slot)), ("ZRANGE", DUE.of(slot), 0, 0, "WITHSCORES")]
            asking += [("SMEMBERS", PENDING.of(slot))]
        replies = await self.link.execute_many(asking) if asking else []
        return [
            (number, first_score(first), set(destinations))
            for number, first, destinations in zip(replies[::3], replies[1::3], replies[2::3], strict=True)
        ]

    async def configured(self, mine: Iterable[Service], now: datetime) -> dict[Service, datetime]:
        """Note that these services are configured here; return when each service was last configured in any process."""
        noted = [part for service in mine for part in ("/".join(service), milliseconds(now))]
        commands = [("HSET", CONFIGURED.of(), *noted)] if noted else []
        *_, times = await self.link.execute_many([*commands, ("HGETALL", CONFIGURED.of())])
        last = {slot: readable_or(now, lambda at: instant(int(at)), at) for slot, at in times.items()}
        for slot in [slot for slot, at in last.items() if in_future(at, now)]:
            last[slot] = now  # a wrong clock noted it
            await self.link.execute("HSET", CONFIGURED.of(), slot, milliseconds(now))
        return {_service(slot): at for slot, at in last.items()}

    async def purge(self, service: Service) -> None:
        """Delete a service with its undelivered entries. Deletes its name last, so that a crash repeats this."""
        slot = "/".join(service)
        destinations = await self.link.execute("SMEMBERS", PENDING.of(slot))
        keys = (
            *(OUTBOX.of(slot, destination) for destination in destinations),
            *(key.of(slot) for key in _OF_A_SERVICE),
        )
        await self.link.execute_many([("DEL", key) for key in keys])
        await self.link.execute("HDEL", CONFIGURED.of(), slot)


def looking(service: Service, jobs: Sequence[Job], created: Sequence[datetime | None]) -> Sequence[Part]:
    """Return the command that finds untracked jobs, with the number of their ended attempts.

    It leaves out jobs that are known to have ended.
    """
    slot = "/".join(service)
    about = zip(jobs, created, strict=True)
    times = ((job, milliseconds(at) if at else 0) for job, at in about)
    listed = json.dumps([part for job, at in times for part in (job.id, int(job.state.ended), at)])
    keys = (JOBS.of(slot), SEEN.of(slot), DISCOVERY.of(slot))
    return ("EVAL", script("discover"), len(keys), *keys, listed)


def found_attempts(flat: Sequence[str]) -> dict[str, int]:
    """Read the reply to the command of `looking`."""
    return dict(zip(flat[::2], map(int, flat[1::2]), strict=True))


def _kept(service: Service, _: str, text: str) -> Kept:
    return kept(service, text)


def _destinations(text: str) -> dict[str, str] | None:
    """Read the subscriptions to a job, destination to card; None if the text is unreadable."""
    try:
        return _PLACES.validate_json(text)
    except ValidationError:
        return None


def _service(slot: str) -> Service:
    account, _, service = slot.partition("/")
    return account, service


def _keys(slot: str, destination: str) -> tuple[str, ...]:
    """Return the keys of a call. Its reply has its own random key, since redis-py may resend a call."""
    beside = (JOBS.of(slot), DUE.of(slot), SUBSCRIPTIONS.of(slot), PENDING.of(slot))
    return (*beside, OUTBOX.of(slot, destination), REPLY.of(slot, secrets.token_hex(8)))


def first_score(found: Any) -> datetime | None:
    """Read the score of `ZRANGE … 0 0 WITHSCORES`. RESP2 and RESP3 shape it differently."""
    while isinstance(found, list) and len(found) == 1:  # pyright: ignore[reportUnknownArgumentType]
        found = found[0]  # pyright: ignore[reportUnknownVariableType]
    return planned(float(found[1])) if found else None  # pyright: ignore[reportUnknownArgumentType]
