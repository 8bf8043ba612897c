"""The outbox of each destination, and its post in flight. Together they make posts exactly-once."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bot.domain import failure_groups, outbox, record_formats, suspensions
from bot.domain.cards import Card
from bot.domain.failure_groups import JOBS_MAX, POSTS_ID, FailureGroup, is_group_id
from bot.domain.outbox import Body, InFlightPost, OutboxSnapshot, Urgency, check_write, read_record
from bot.domain.record_formats import Kind, NewerFormatError, UnreadableError
from bot.domain.suspensions import Suspension
from bot.domain.tracked_jobs import instant, milliseconds
from bot.domain.unreadable_records import Broken, Location
from bot.store import decisions, group_jobs, watches
from bot.store.quarantine import unreadable_key
from bot.store.redis.connection import Part, RedisLink
from bot.store.redis.keys import (
    BEGUN,
    CARDS,
    DECIDED,
    DECISIONS,
    EDITED,
    GROUP_JOBS,
    GROUPS,
    ONCE,
    OUTBOX,
    PENDING,
    PLACES,
    POST_INTERVAL,
    REFUSED,
    STALE,
    SUSPENDED,
    TOLD,
    TURN,
)
from bot.store.redis.scripts import script

READ_MAX = 1000
"""The maximum of entries in one read of an outbox."""


class Answer(NamedTuple):
    """The reply of Redis to the start of a post. `wait` is in seconds."""

    ok: bool
    suspended: bool = False
    in_flight: InFlightPost | None = None
    wait: float = 0


@dataclass(frozen=True, slots=True)
class Outbox:
    """The outboxes of all destinations. `services` are the slots (`ACCOUNT/SERVICE`) with possible outboxes.

    Raises StoreUnavailable.
    """

    link: RedisLink

    async def read(self, destination: str, services: Iterable[str]) -> OutboxSnapshot:
        """Return a destination's entries, cards, rules and post in flight, in one round trip."""
        slots = [*services, destination]
        # Read the turn first: if another step changes the later replies in between, the turn differs at the write.
        asking: list[Sequence[Part]] = [("GET", key.of(destination)) for key in (TURN, BEGUN, SUSPENDED)]
        asking += [("HGETALL", CARDS.of(destination)), ("HGETALL", STALE.of(destination))]
        asking += watches.commands(destination)
        asking += [("XRANGE", OUTBOX.of(slot, destination), "-", "+", "COUNT", READ_MAX) for slot in slots]
        turn, begun, suspended, cards, stale, version, records, *streams = await self.link.execute_many(asking)
        snapshot = OutboxSnapshot(destination, records=cards, stale=stale, turn=turn or "")
        mark, suspension = (Location(kind, destination, key.of(destination)) for kind, key in _KINDS)
        for name, text in cards.items():
            _add_record(snapshot, name, text)
        snapshot.in_flight = snapshot.read(Broken(mark, destination, begun), read_mark) if begun is not None else None
        if suspended is not None:
            snapshot.suspension = snapshot.read(Broken(suspension, destination, suspended), suspensions.read)
        watches.add_rules(snapshot, version, records)
        for slot, stream in zip(slots, streams, strict=True):
            _sort(snapshot, slot, stream or [])
        snapshot.entries.sort(key=lambda entry: entry.order)
        return snapshot

    async def begin(self, destination: str, in_flight: InFlightPost, interval_s: float, turn: str) -> Answer:
        """Mark a post, decided on in this turn, as in flight; return whether it may be sent now."""
        cards = (part for write in in_flight.writes for part in (write.id, write.before))
        keys = [key.of(destination) for key in (BEGUN, POST_INTERVAL, SUSPENDED, CARDS, TURN)]
        about = (mark_text(in_flight), max(1, round(interval_s * 1000)), turn)
        reply: list[str] = await self.link.execute("EVAL", script("begin"), 5, *keys, *about, *cards)
        match reply:
            case ["ok"]:
                return Answer(ok=True)
            case ["suspended"]:
                return Answer(ok=False, suspended=True)
            case ["in_flight", other]:
                return _under_way(other)
            case ["pace", wait]:
                return Answer(ok=False, wait=int(wait) / 1000)
            case _:
                return Answer(ok=False)

    async def commit(self, destination: str, in_flight: InFlightPost) -> bool:
        """Record that a post arrived, and write its cards; return False if another process has taken it over."""
        return await self._apply(destination, in_flight, "post", "")

    async def apply(self, destination: str, step: InFlightPost, turn: str) -> bool:
        """Write the cards of a step without a post; return False and write nothing if this turn is over."""
        return await self._apply(destination, step, "", turn)

    async def _apply(self, destination: str, step: InFlightPost, kind: str, turn: str) -> bool:
        keys = [key.of(destination) for key in (BEGUN, CARDS, STALE, TURN)]
        keys += [TOLD.of(destination, step.id), GROUPS.of(destination)]
        mark = mark_text(step.model_copy(update={"writes": (), "members": {}, "decisions": ()}))
        arguments = (step.id, mark, TOLD.seconds, kind, turn, *_recorded(destination, step))
        # Add the destination before, in case this process dies after the script, and again after it, in case another
        # process drops the still empty destination in between.
        known = ("SADD", PLACES.of(), destination)
        taken = [("DEL", REFUSED.of(destination))] if kind == "post" else []
        commands = [known, ("EVAL", script("apply"), len(keys), *keys, *arguments), known, *taken]
        _, done, *_ = await self.link.execute_many(commands)
        return bool(done)

    async def ack(self, destination: str, done: Mapping[str, Sequence[str]]) -> None:
        """Remove delivered entries (ids by slot): they are posted, or shown on a card."""
        if commands := [
            ("EVAL", script("ack"), 2, OUTBOX.of(slot, destination), PENDING.of(slot), destination, *ids)
            for slot, ids in done.items()
            if ids
        ]:
            await self.link.execute_many(commands)

    async def release(self, destination: str, post: str) -> None:
        """End a post that is recorded, or that was never sent."""
        await self.link.execute("EVAL", script("release"), 1, BEGUN.of(destination), post)

    async def renew(self, destination: str, in_flight: InFlightPost) -> bool:
        """Update the mark of a post; return False if the post has ended, is recorded, or was taken over."""
        key, record = BEGUN.of(destination), mark_text(in_flight)
        return bool(await self.link.execute("EVAL", script("renew"), 1, key, in_flight.id, record))

    async def was_notified(self, destination: str, post: str) -> bool:
        """Return whether any process has recorded a post."""
        return bool(await self.link.execute("EXISTS", TOLD.of(destination, post)))

    async def refresh(self, cards: Iterable[tuple[str, str]], urgency: Urgency = Urgency.PROGRESS) -> None:
        """Request an edit of cards or heads, given as (destination, id).

        An earlier request of higher urgency keeps its urgency.
        """
        mark = f"{urgency}:{secrets.token_hex(4)}"
        marked: dict[str, list[str]] = {}
        for destination, card in cards:
            marked.setdefault(destination, []).append(card)
        if marked:
            marks = [
                ("EVAL", script("mark"), 1, STALE.of(destination), mark, *ids) for destination, ids in marked.items()
            ]
            await self.link.execute_many([("SADD", PLACES.of(), *marked), *marks])

    async def unmark(self, destination: str, card: str, mark: str, *, drop: str = "") -> None:
        """Remove the mark of an edited card. `drop` is the record of a card that is over, to delete."""
        keys = (STALE.of(destination), CARDS.of(destination), BEGUN.of(destination))
        await self.link.execute("EVAL", script("unmark"), 3, *keys, card, mark, drop)

    async def edited(self, destination: str, group: str, now: datetime) -> None:
        """Note that a head was edited."""
        key = EDITED.of(destination)
        await self.link.execute_many([("HSET", key, group, milliseconds(now)), ("EXPIRE", key, EDITED.seconds)])

    async def last_edits(self, destination: str) -> dict[str, datetime]:
        """Return when each head of a destination was edited last, within the last hour."""
        edits = await self.link.execute("HGETALL", EDITED.of(destination))
        return {group: instant(int(ms)) for group, ms in edits.items()}

    async def put(self, destination: str, entry: Body, once: str, card: str = "") -> bool:
        """Add an entry to a destination's own outbox, once for each value of `once`.

        `card` is the id of the card that the entry concerns, if any.
        """
        keys = (OUTBOX.of(destination, destination), PENDING.of(destination), ONCE.of(destination, once))
        arguments = (destination, card, outbox.numbered(entry.model_dump_json()), ONCE.seconds)
        known = ("SADD", PLACES.of(), destination)
        _, new, _ = await self.link.execute_many([known, ("EVAL", script("put"), 3, *keys, *arguments), known])
        return bool(new)

    async def suspend(self, destination: str, suspension: Suspension) -> None:
        """Hold all posts to a destination until it is restored. An existing suspension stays as it is."""
        refused = await self.link.execute("GET", REFUSED.of(destination))
        before = suspensions.last(refused) or suspension
        first = (before.first or before.since) if before.reason == suspension.reason else suspension.since
        text = suspensions.written(suspension.model_copy(update={"first": first}))
        # Write this one first: the notification to subscribers, which follows the suspension, reads it.
        kept = [
            ("SET", REFUSED.of(destination), text, "EX", REFUSED.seconds),
            ("SET", SUSPENDED.of(destination), text, "NX"),
        ]
        await self.link.execute_many(kept)

    async def suspensions(self, destinations: Sequence[str]) -> dict[str, str]:
        """Return why Slack refuses posts, for each suspended destination among these."""
        asking = [("GET", SUSPENDED.of(each)) for each in destinations]
        texts = await self.link.execute_many(asking) if asking else []
        read = {each: suspensions.last(text) for each, text in zip(destinations, texts, strict=True)}
        return {each: suspension.reason for each, suspension in read.items() if suspension}

    async def subscribers_notified(self, destination: str, suspension: Suspension) -> None:
        """Note that the subscribers were notified of a suspension. Does not suspend a restored destination again."""
        notified = suspension.model_copy(update={"told": True})
        await self.link.execute("SET", SUSPENDED.of(destination), suspensions.written(notified), "XX")

    async def restore(self, destination: str) -> bool:
        """Resume deliveries to a destination; return whether it was suspended."""
        return bool(await self.link.execute("DEL", SUSPENDED.of(destination)))

    async def depth(self, slots: Sequence[str], destinations: Iterable[str]) -> int:
        """Return the number of undelivered entries in these slots for these destinations."""
        lengths = [("XLEN", OUTBOX.of(slot, destination)) for destination in destinations for slot in slots]
        return sum(await self.link.execute_many(lengths)) if lengths else 0

    async def open_cards(self, destination: str, most: int) -> list[str]:
        """Return the cards of a destination that are not over; none if it has more than `most` cards."""
        names: list[str] = await self.link.execute("HKEYS", CARDS.of(destination))
        cards = [name for name in names if name != POSTS_ID and not is_group_id(name)]
        if not 0 < len(cards) <= most:
            return []
        snapshot = OutboxSnapshot(destination)
        for name, text in zip(cards, await self.link.execute("HMGET", CARDS.of(destination), *cards), strict=True):
            _add_record(snapshot, name, text or "")
        return [card_id for card_id, card in snapshot.cards.items() if not card.over]

    async def destinations(self) -> set[str]:
        """Return all destinations with cards, watches or own entries."""
        return set(await self.link.execute("SMEMBERS", PLACES.of()))

    async def purge(self, destination: str, services: Iterable[str]) -> None:
        """Delete all data of a destination. Deletes its name last, so that a crash repeats this."""
        slots = [*services, destination]
        whole = [key.of(destination) for key in (BEGUN, CARDS, STALE, EDITED, SUSPENDED, REFUSED, POST_INTERVAL, TURN)]
        keys = (*whole, *(OUTBOX.of(slot, destination) for slot in slots))
        gone = [("DEL", name) for key in keys for name in (key, unreadable_key(key))]
        await self.link.execute_many([*gone, *(("SREM", PENDING.of(slot), destination) for slot in slots)])
        await self.drop_destination(destination)

    async def drop_destination(self, destination: str) -> None:
        """Delete the name of a destination without data."""
        await self.link.execute("SREM", PLACES.of(), destination)


_KINDS = ((Kind.MARK, BEGUN), (Kind.SUSPENSION, SUSPENDED))


def _add_record(snapshot: OutboxSnapshot, name: str, text: str) -> None:
    """Add a card, a group or the times of the last posts to a snapshot."""
    kind = Kind.GROUP if name == POSTS_ID or is_group_id(name) else Kind.CARD
    broken = Broken(Location(kind, snapshot.destination, CARDS.of(snapshot.destination)), snapshot.destination, text)
    broken = broken._replace(name=name, card=name)
    if name == POSTS_ID:
        snapshot.posts = snapshot.read(broken, failure_groups.read_posts) or ()
        return
    match snapshot.read(broken, lambda text: _own_record(snapshot.destination, name, text)):
        case Card() as card:
            snapshot.cards[name] = card
        case FailureGroup() as group:
            snapshot.groups[name] = group
        case None:
            pass


def _own_record(destination: str, name: str, text: str) -> Card | FailureGroup:
    """Read a card or a group, and check its id and destination."""
    record = read_record(name, text)
    if (record.place, record.id) != (destination, name):
        raise UnreadableError
    return record


def _recorded(destination: str, step: InFlightPost) -> list[Part]:
    """Return the records, jobs and decisions of a step as arguments of apply.lua."""
    token = secrets.token_hex(4)
    marks = [f"{each.urgency}:{token}" if each.urgency else "" for each in step.writes]
    written = zip(step.writes, marks, strict=True)
    records = [part for each, mark in written for part in (each.id, each.before, each.after, mark)]
    jobs, decided = group_jobs.parts(step.members), decisions.parts(destination, step.decisions)
    prefixes = (GROUP_JOBS.of(destination, ""), DECISIONS.of(destination, ""))
    kept = (decisions.LINES_MAX, decisions.BYTES_MAX, decisions.JOBS_MAX, DECIDED.seconds)
    numbers = (len(step.writes), len(jobs) // 3)
    return [*prefixes, JOBS_MAX, GROUP_JOBS.seconds, *kept, *numbers, *records, *jobs, *decided]


def mark_text(in_flight: InFlightPost) -> str:
    """Return the stored text of a mark."""
    return record_formats.numbered(Kind.MARK, in_flight.model_dump_json())


def read_mark(text: str) -> InFlightPost:
    """Read a mark, and check its records, which are written after the post has arrived.

    Raises:
        NewerFormatError: A newer version wrote the mark.
        UnreadableError: The mark, or a record in it, is corrupt.
    """
    in_flight = record_formats.read(Kind.MARK, text, InFlightPost.model_validate_json)
    for write in in_flight.writes:
        check_write(write)
    return in_flight


def _under_way(mark: str) -> Answer:
    """Return that another post is in flight, even if its mark is unreadable."""
    try:
        return Answer(ok=False, in_flight=read_mark(mark))
    except (NewerFormatError, UnreadableError):
        return Answer(ok=False)


def _sort(snapshot: OutboxSnapshot, slot: str, stream: Sequence[tuple[str, dict[str, str]]]) -> None:
    """Add the entries of one outbox to the snapshot."""
    snapshot.full = snapshot.full or len(stream) >= READ_MAX
    for entry_id, fields in stream:
        location = Location(Kind.ENTRY, snapshot.destination, OUTBOX.of(slot, snapshot.destination))
        broken = Broken(location, slot, name=entry_id, card=fields.get("card", ""))
        if entry := snapshot.read(broken, lambda _, name=entry_id, read=fields: outbox.read(slot, name, read)):
            snapshot.entries.append(entry)
