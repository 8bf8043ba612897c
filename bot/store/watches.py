"""Watches and mutes of destinations, their earlier versions, and the counters of a workspace."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Literal

from bot.domain import outbox, watches
from bot.domain.outbox import NoteEntry, OutboxSnapshot
from bot.domain.record_formats import Kind, NewerFormatError, UnreadableError
from bot.domain.slack_ids import workspace_of
from bot.domain.tracked_jobs import instant, milliseconds
from bot.domain.unreadable_records import Broken, Location
from bot.domain.watches import PER_WORKSPACE, Mute, Rules, Watch
from bot.store.redis.connection import Part, RedisLink
from bot.store.redis.keys import (
    CONFIGURED_WATCHES,
    NUMBERS,
    OUTBOX,
    PENDING,
    PLACES,
    RULES_LOG,
    RULES_VERSION,
    TURN,
    WATCHED,
    WATCHES,
)
from bot.store.redis.scripts import script

VERSIONS_MAX = 1000
"""Versions of a destination's rules that are kept (approximate limit). People make fewer in 30 days."""


@dataclass(frozen=True, slots=True)
class WatchBook:
    """The watches and mutes of every destination. Raises StoreUnavailable."""

    link: RedisLink

    async def read(self, destinations: Sequence[str]) -> list[OutboxSnapshot]:
        """Return the rules of destinations, with the unreadable records, in one round trip."""
        asking = [command for each in destinations for command in commands(each)]
        replies = await self.link.execute_many(asking) if asking else []
        snapshots = [OutboxSnapshot(each) for each in destinations]
        for snapshot, version, records in zip(snapshots, replies[::2], replies[1::2], strict=True):
            add_rules(snapshot, version, records)
        return snapshots

    async def change(
        self,
        destination: str,
        before: Rules,
        records: Mapping[str, Watch | Mute | None],
        now: datetime,
        entry: NoteEntry | None = None,
    ) -> int | None:
        """Write or delete (None) records of a destination, and add a note to its outbox.

        Returns the new version of the rules. Returns None and writes nothing if they have changed since `before`.
        """
        keys = [key.of(destination) for key in (WATCHES, RULES_VERSION, RULES_LOG, TURN)]
        keys += [OUTBOX.of(destination, destination), PENDING.of(destination)]
        so_far = (str(before.version), watches.written(before), milliseconds(now))
        kept = (VERSIONS_MAX, RULES_LOG.seconds, secrets.token_hex(8), TURN.seconds)
        line = (destination, outbox.numbered(entry.model_dump_json()) if entry else "")
        texts = (part for name, each in records.items() for part in (name, watches.written(each) if each else ""))
        known = ("SADD", PLACES.of(), destination)
        _, version, _ = await self.link.execute_many(
            [known, ("EVAL", script("rules"), len(keys), *keys, *so_far, *kept, *line, *texts), known]
        )
        return version

    async def at(self, destination: str, now: Rules, moment: datetime) -> Rules | None:
        """Return the rules of a destination at a moment; None if that version is not kept.

        `now` are the current rules. `why` and dry runs explain events by the rules of their time.
        """
        for until, rules in await self._versions(destination):
            if moment < until:
                return rules
        return now

    async def version(self, destination: str, now: Rules, number: int) -> Rules | None:
        """Return one version of a destination's rules; None if it is no longer kept."""
        if number == now.version:
            return now
        found = [rules for _, rules in await self._versions(destination) if rules and rules.version == number]
        return found[0] if found else None

    async def former(self, destination: str, now: Rules) -> dict[str, Watch]:
        """Return the last version of watches that were removed within 30 days. `now` are the current rules."""
        versions = [rules for _, rules in await self._versions(destination) if rules]
        found = {watch.id: watch for rules in versions for watch in rules.watches}
        return {name: watch for name, watch in found.items() if now.watch(name) is None}

    async def _versions(self, destination: str) -> list[tuple[datetime, Rules | None]]:
        """Return the replaced versions, oldest first, and until when each was in force."""
        stream = await self.link.execute("XRANGE", RULES_LOG.of(destination), "-", "+")
        return [(instant(int(fields["until"])), _rules_or_none(fields["rules"])) for _, fields in stream]

    async def number(self, destination: str, kind: Literal["g", "m"]) -> str:
        """Return the next id of a group or a mute in a workspace.

        No id is used twice. Example: `m3`.
        """
        numbers = NUMBERS.of(workspace_of(destination))
        return f"{kind}{await self.link.execute('HINCRBY', numbers, kind, 1)}"

    async def group_numbers(self, destination: str, count: int) -> Sequence[int]:
        """Return `count` new numbers of groups in a workspace."""
        last = await self.link.execute("HINCRBY", NUMBERS.of(workspace_of(destination)), "g", count)
        return range(last - count + 1, last + 1)

    async def number_watch(self, destination: str) -> str | None:
        """Return the id of a new watch, and count it; None if its workspace has the maximum."""
        workspace = workspace_of(destination)
        keys = (NUMBERS.of(workspace), WATCHED.of(workspace))
        number = await self.link.execute("EVAL", script("number_watch"), 2, *keys, "w", destination, PER_WORKSPACE)
        return f"w{number}" if number else None

    async def count(self, destination: str, watches: int) -> None:
        """Note how many watches a destination has."""
        key = WATCHED.of(workspace_of(destination))
        await self.link.execute(*(("HSET", key, destination, watches) if watches else ("HDEL", key, destination)))

    async def counted(self, workspace: str) -> dict[str, int]:
        """Return how many watches each destination of a workspace has."""
        kept = await self.link.execute("HGETALL", WATCHED.of(workspace))
        return {destination: int(number) for destination, number in kept.items()}

    async def purge(self, destination: str) -> None:
        """Delete all watches, mutes and versions of a destination."""
        keys = [key.of(destination) for key in (WATCHES, RULES_VERSION, RULES_LOG)]
        await self.link.execute_many([("DEL", key) for key in keys])
        await self.count(destination, 0)

    async def purge_workspace(self, workspace: str) -> None:
        """Delete the numbers of a workspace."""
        await self.link.execute_many([("DEL", key.of(workspace)) for key in (NUMBERS, WATCHED)])

    async def configures(self, digest: str) -> None:
        """Store the digest of the configured watches in force: those of the process that started last."""
        await self.link.execute("SET", CONFIGURED_WATCHES.of(), digest)

    async def configured(self) -> str:
        """Return the digest of the configured watches in force; empty if no process stored one."""
        return await self.link.execute("GET", CONFIGURED_WATCHES.of()) or ""


def commands(destination: str) -> tuple[Sequence[Part], Sequence[Part]]:
    """Return the commands that read the rules of a destination."""
    # Read the version first: a write after a change in between is then refused, and the caller decides again.
    return ("GET", RULES_VERSION.of(destination)), ("HGETALL", WATCHES.of(destination))


def add_rules(snapshot: OutboxSnapshot, version: str | None, records: Mapping[str, str]) -> None:
    """Add the rules of a destination to its snapshot, with the unreadable records."""
    destination = snapshot.destination
    location = Location(Kind.WATCH, destination, WATCHES.of(destination))
    read = [
        snapshot.read(Broken(location, destination, text, name), partial(_own, destination, name))
        for name, text in sorted(records.items(), key=lambda record: (len(record[0]), record[0]))
    ]
    found = tuple(each for each in read if isinstance(each, Watch))
    mutes = tuple(each for each in read if isinstance(each, Mute))
    snapshot.rules = Rules(version=int(version or 0), watches=found, mutes=mutes)


def _own(destination: str, name: str, text: str) -> Watch | Mute:
    """Read a record, and check that it belongs to this id and destination."""
    record = watches.read(text)
    if record.id != name or (isinstance(record, Watch) and record.place != destination):
        raise UnreadableError(Kind.WATCH)
    return record


def _rules_or_none(text: str) -> Rules | None:
    try:
        return watches.read_rules(text)
    except (NewerFormatError, UnreadableError):
        return None
