"""Followed jobs, service by service: as they were last seen, when to look next, and who follows them."""

import json
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Any, NamedTuple

from bot.absence import Absence
from bot.changes import fingerprint
from bot.elapsed import AHEAD, in_future
from bot.store.connection import Link, Part
from bot.store.keys import (
    CONFIGURED,
    DUE,
    JOBS,
    LOST,
    MINE,
    OUTBOX,
    PENDING,
    PLACES,
    REPLY,
    SUBSCRIPTIONS,
    SWEEP,
)
from bot.store.scripts import script
from providers.models import Job, JobRef

_ELSEWHERE = {"account", "service", "raw"}
_DETAILS = {"request_id", "console_url", "region", "attributes", "notes", "media", "input", "output", "updated_at"}
_LEFT_OUT = _ELSEWHERE | _DETAILS
"""What no card shows: a job is kept in about 300 bytes."""
_ABSENT = "?"
"""Begins the fingerprint of a job that was not found when it was last asked for."""
_ABSENCE = re.compile(r"\?(\d+)/(\d+)/(\d+)/(\d*)/(\d*)/([01])\?")

_OF_A_SERVICE = (JOBS, DUE, SUBSCRIPTIONS, PENDING, SWEEP)

Service = tuple[str, str]


class Due(NamedTuple):
    """A job that it is time to look at; `created_at` and `kind` are hints for the planner."""

    id: str
    checked_at: datetime
    created_at: datetime | None
    kind: str | None


class Kept(NamedTuple):
    """A followed job as last seen. `record` is how Redis keeps it.

    `checked_at` is the time of the last answer about it, `absence` why it is not found, None for a job that is.
    """

    job: Job
    checked_at: datetime
    absence: Absence | None
    record: str

    @property
    def missed(self) -> bool:
        """Whether the job is not found."""
        return self.absence is not None

    @property
    def seen(self) -> datetime:
        """When the job was found last."""
        return self.absence.seen if self.absence else self.checked_at


class Seen(NamedTuple):
    """What an answer says of a followed job, and when to look again if it is as it was."""

    id: str
    fingerprint: str
    next_at: datetime


class Step(NamedTuple):
    """A change to record: `found` is the record it was found against, `record` the new one; None ends the following.

    `entry` is what the followers are told, empty when it is nothing. `lost` is the record to keep of a job that may be
    found again, `quiet` says that cards look as before.
    """

    id: str
    found: str
    record: str | None
    next_at: datetime | None = None
    entry: str = ""
    lost: str = ""
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Tracked:
    """The followed jobs of every service. Raises StoreUnavailable."""

    link: Link

    async def due(self, service: Service, until: datetime, limit: int, *, multiple: int = 1) -> list[Due]:
        """Return the jobs to look at until then, the longest overdue first, in two round trips.

        Those that are due next make their number a `multiple`, in a third: a request that is sent anyway takes them
        along.
        """
        slot = "/".join(service)
        wanted = ("ZRANGE", DUE.of(slot), "-inf", milliseconds(until), "BYSCORE", "LIMIT", 0, limit)
        ids: list[str] = await self.link.ask(*wanted)
        if len(ids) < limit and (more := -len(ids) % multiple):
            ids = await self.link.ask("ZRANGE", DUE.of(slot), 0, len(ids) + more - 1)
        if not ids:
            return []
        records: list[str | None] = await self.link.ask("HMGET", JOBS.of(slot), *ids)
        return [_due(job_id, kept) for job_id, kept in zip(ids, records, strict=True) if kept]

    async def observe(
        self, service: Service, asked_at: datetime, seen: Iterable[Seen], *, now: datetime | None = None
    ) -> dict[str, Kept]:
        """Tick off the followed jobs that are as they were, and return those that are not; one round trip.

        Jobs that nobody follows are passed over, and so are those that a later question was answered about already:
        one asked later than `now`, where that is given, was asked by a wrong clock.
        """
        slot = "/".join(service)
        # One word of JSON: hundreds of words of a command take redis-py as long as it takes to read the jobs.
        told = json.dumps([part for each in seen for part in (each.id, each.fingerprint, milliseconds(each.next_at))])
        keys, latest = (JOBS.of(slot), DUE.of(slot)), milliseconds(now + AHEAD) if now else "inf"
        flat: list[str] = await self.link.ask("EVAL", script("observe"), 2, *keys, milliseconds(asked_at), told, latest)
        return {job_id: kept(service, record) for job_id, record in zip(flat[::2], flat[1::2], strict=True)}

    async def record(self, service: Service, steps: Sequence[Step]) -> dict[str, dict[str, str]]:
        """Record changes together with what their followers are to be told; one round trip.

        Returns the followers (place to card) of each job recorded. A job that somebody else recorded since it was
        found is left as it is: it will be seen again.
        """
        slot = "/".join(service)
        told = chain.from_iterable(
            (
                *(each.id, each.found, each.record or "", milliseconds(each.next_at) if each.next_at else ""),
                *(each.entry, each.lost),
            )
            for each in steps
        )
        keys = (JOBS.of(slot), DUE.of(slot), SUBSCRIPTIONS.of(slot), PENDING.of(slot))
        names = (OUTBOX.of(slot, ""), LOST.of(slot, ""), LOST.seconds)
        flat: list[str] = await self.link.ask("EVAL", script("record"), 4, *keys, *names, *told)
        return {job_id: json.loads(places) for job_id, places in zip(flat[::2], flat[1::2], strict=True)}

    async def subscribe(  # noqa: PLR0917  # what a subscription consists of
        self, job: Job, asked_at: datetime, next_at: datetime, place: str, card: str, entry: str, user: str
    ) -> tuple[str, bool]:
        """Follow a job in a place, in one step; return its card there, and whether it was not followed there before."""
        slot = f"{job.account}/{job.service}"
        await self.link.ask_all(
            [("SADD", PLACES.of(), place), ("SADD", MINE.of(user), place), ("EXPIRE", MINE.of(user), MINE.seconds)]
        )
        about: tuple[Part, ...] = (job.id, record(job, asked_at), milliseconds(next_at), place, card, entry)
        told = (*_keys(slot, place), LOST.of(slot, job.id), *about, REPLY.seconds)
        found, new = json.loads(await self.link.ask("EVAL", script("subscribe"), 7, *told))
        return found, bool(new)

    async def unsubscribe(self, ref: JobRef, place: str, entry: str) -> str | None:
        """Stop following a job in a place; return the card that followed it there, None when none did."""
        slot = f"{ref.account}/{ref.service}"
        told = (*_keys(slot, place), ref.id, place, entry, REPLY.seconds)
        return await self.link.ask("EVAL", script("unsubscribe"), 6, *told)

    async def read(self, refs: Iterable[JobRef]) -> dict[JobRef, tuple[Kept, datetime]]:
        """Return what is known of followed jobs, and when they are looked at next; one round trip."""
        refs = list(refs)
        asking: list[Sequence[Part]] = []
        for ref in refs:
            slot = f"{ref.account}/{ref.service}"
            asking += [("HGET", JOBS.of(slot), ref.id), ("ZSCORE", DUE.of(slot), ref.id)]
        told = await self.link.ask_all(asking) if asking else []
        found = zip(refs, told[::2], told[1::2], strict=True)
        return {
            ref: (kept((ref.account, ref.service), known), instant(float(score)))
            for ref, known, score in found
            if known and score is not None
        }

    async def postpone(self, service: Service, ids: Iterable[str], until: datetime) -> None:
        """Look at jobs again at this time, whatever was planned."""
        at = milliseconds(until)
        if pairs := [part for job_id in ids for part in (at, job_id)]:
            await self.link.ask("ZADD", DUE.of("/".join(service)), "XX", *pairs)

    async def pull_back(self, services: Sequence[Service], latest: datetime, now: datetime) -> None:
        """Look at those jobs now that are planned for later than `latest`."""
        slots = ["/".join(service) for service in services]
        late = [("ZRANGE", DUE.of(slot), f"({milliseconds(latest)}", "+inf", "BYSCORE") for slot in slots]
        found: list[list[str]] = await self.link.ask_all(late) if late else []
        for service, ids in zip(services, found, strict=True):
            await self.postpone(service, ids, now)

    async def cards(self, service: Service) -> set[tuple[str, str]]:
        """Return every card, as (place, card), that follows a job of a service."""
        kept = await self.link.ask("HVALS", SUBSCRIPTIONS.of("/".join(service)))
        return {pair for places in kept for pair in json.loads(places).items()}

    async def followers(self, ref: JobRef) -> dict[str, str]:
        """Return who follows a job: place to card."""
        found = await self.link.ask("HGET", SUBSCRIPTIONS.of(f"{ref.account}/{ref.service}"), ref.id)
        return json.loads(found) if found else {}

    async def places_of(self, user: str) -> set[str]:
        """Return every place where somebody subscribed, and their own direct messages."""
        return {user, *(await self.link.ask("SMEMBERS", MINE.of(user)))}

    async def forget(self, users: Iterable[str]) -> None:
        """Forget where people subscribed."""
        if commands := [("DEL", MINE.of(user)) for user in users]:
            await self.link.ask_all(commands)

    async def state(self, services: Sequence[Service]) -> list[tuple[int, datetime | None, set[str]]]:
        """Return for each service how many jobs are followed, when the next is due, and which places wait for news."""
        asking: list[Sequence[Part]] = []
        for service in services:
            slot = "/".join(service)
            asking += [("ZCARD", DUE.of(slot)), ("ZRANGE", DUE.of(slot), 0, 0, "WITHSCORES")]
            asking += [("SMEMBERS", PENDING.of(slot))]
        told = await self.link.ask_all(asking) if asking else []
        return [
            (number, _first_score(first), set(places))
            for number, first, places in zip(told[::3], told[1::3], told[2::3], strict=True)
        ]

    async def configured(self, mine: Iterable[Service], now: datetime) -> dict[Service, datetime]:
        """Note that these services are configured here; return when each service was configured somewhere last."""
        noted = [part for service in mine for part in ("/".join(service), milliseconds(now))]
        commands = [("HSET", CONFIGURED.of(), *noted)] if noted else []
        *_, told = await self.link.ask_all([*commands, ("HGETALL", CONFIGURED.of())])
        last = {slot: instant(int(at)) for slot, at in told.items()}
        for slot in [slot for slot, at in last.items() if in_future(at, now)]:
            last[slot] = now  # a wrong clock noted it
            await self.link.ask("HSET", CONFIGURED.of(), slot, milliseconds(now))
        return {_service(slot): at for slot, at in last.items()}

    async def purge(self, service: Service) -> None:
        """Forget a service, with all that waits to be told of it; its name last, so that this can be done again."""
        slot = "/".join(service)
        places = await self.link.ask("SMEMBERS", PENDING.of(slot))
        keys = (*(OUTBOX.of(slot, place) for place in places), *(key.of(slot) for key in _OF_A_SERVICE))
        await self.link.ask_all([("DEL", key) for key in keys])
        await self.link.ask("HDEL", CONFIGURED.of(), slot)


def record(job: Job, checked_at: datetime, absence: Absence | None = None, *, missed: bool = False) -> str:
    """Return how a job is kept: a line of what scripts and the planner want, then the job as JSON.

    `missed` without an absence is one miss at that time.
    """
    absence = absence or (Absence(checked_at, checked_at).missed(checked_at) if missed else None)
    created = milliseconds(job.created_at) if job.created_at else ""
    mark = f"{_written(absence) if absence else ''}{fingerprint(job)}"
    about = f"{milliseconds(checked_at)}|{created}|{_word(job.kind)}|{mark}"
    return f"{about}\n{job.model_dump_json(exclude=_LEFT_OUT, exclude_defaults=True)}"


def kept(service: Service, text: str) -> Kept:
    """Read a job as it is kept."""
    about, _, about_job = text.partition("\n")
    checked, _, _, mark = about.split("|", 3)
    fields: dict[str, Any] = {**json.loads(about_job), "account": service[0], "service": service[1]}
    checked_at = instant(int(checked))
    return Kept(Job.model_validate(fields), checked_at, _absence(mark, checked_at), text)


def _written(absence: Absence) -> str:
    """Return how an absence is kept, such as `?1795516864000/1795516864000/1/1795516864000//0?`."""
    seen, since, misses, missed_since, suspended, shown = absence
    late = [milliseconds(each) if each else "" for each in (missed_since, suspended)]
    parts = [milliseconds(seen), milliseconds(since), misses, *late, int(shown)]
    return f"{_ABSENT}{'/'.join(map(str, parts))}{_ABSENT}"


def _absence(mark: str, checked_at: datetime) -> Absence | None:
    """Read an absence; the sign alone, which earlier versions wrote, is one miss."""
    if not mark.startswith(_ABSENT):
        return None
    written = _ABSENCE.match(mark)
    if written is None:
        return Absence(checked_at, checked_at).missed(checked_at)
    seen, since, misses, missed_since, suspended, shown = written.groups()
    late = (instant(int(each)) if each else None for each in (missed_since, suspended))
    return Absence(instant(int(seen)), instant(int(since)), int(misses), *late, shown=shown == "1")


def milliseconds(moment: datetime) -> int:
    """Return a time as milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def instant(ms: float) -> datetime:
    """Return milliseconds since 1970 as a time."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def _service(slot: str) -> Service:
    account, _, service = slot.partition("/")
    return account, service


def _word(text: str | None) -> str:
    return (text or "").replace("|", " ").replace("\n", " ")


def _due(job_id: str, text: str) -> Due:
    checked, created, kind, _ = text.partition("\n")[0].split("|", 3)
    return Due(job_id, instant(int(checked)), instant(int(created)) if created else None, kind or None)


def _keys(slot: str, place: str) -> tuple[str, ...]:
    """The keys of a call; its reply has a name of its own, since redis-py may send a call that broke off once more."""
    beside = (JOBS.of(slot), DUE.of(slot), SUBSCRIPTIONS.of(slot), PENDING.of(slot))
    return (*beside, OUTBOX.of(slot, place), REPLY.of(slot, secrets.token_hex(8)))


def _first_score(found: Any) -> datetime | None:
    """Read the score of `ZRANGE … 0 0 WITHSCORES`, which RESP2 and RESP3 spell differently."""
    while isinstance(found, list) and len(found) == 1:  # pyright: ignore[reportUnknownArgumentType]
        found = found[0]  # pyright: ignore[reportUnknownVariableType]
    return instant(float(found[1])) if found else None  # pyright: ignore[reportUnknownArgumentType]
