"""Lost jobs. If a job is found again within 30 days, its subscriptions are restored."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple

from bot.domain import record_formats
from bot.domain.event_log import KEPT_MAX
from bot.domain.outbox import numbered
from bot.domain.record_formats import FORMATS, Kind, NewerFormatError, UnreadableError
from bot.domain.routes import RulesChangedError
from bot.domain.service_key import Service
from bot.domain.tracked_jobs import AttemptMark, Kept, kept, milliseconds
from bot.domain.unreadable_records import Location
from bot.store.quarantine import Aside
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import DISCOVERY, DUE, EVENTS, JOBS, LOST, OUTBOX, PENDING, RULES, SEEN, SUBSCRIPTIONS
from bot.store.redis.scripts import script
from providers.models import JobRef


class Lost(NamedTuple):
    """A job at the time of its loss, `kept.checked_at`. `cards` are its cards at that time, by destination.

    `text` is its record in Redis.
    """

    kept: Kept
    cards: Mapping[str, str]
    text: str


class Restored(NamedTuple):
    """The restore of a lost job: `cards` (by destination) show it again as `record`, None for an ended job.

    `watches` (by destination) match the event, as of `version` of the rules. `lines` and `mark` are as in `JobUpdate`.
    """

    cards: Mapping[str, str]
    record: str | None
    next_at: datetime
    entry: str
    version: str = ""
    watches: Mapping[str, str] = {}
    lines: Sequence[str] = ()
    mark: AttemptMark | None = None


@dataclass(frozen=True, slots=True)
class LostJobs:
    """The lost jobs of every service; `record.lua` adds them. Raises StoreUnavailable."""

    link: RedisLink

    async def read(self, service: Service, ids: Iterable[str]) -> list[Lost]:
        """Return the lost jobs among these, in one round trip."""
        slot = "/".join(service)
        command = self.reading(service, ids)
        keys = command[1:]
        texts: list[str | None] = await self.link.execute(*command) if keys else []
        found: list[Lost] = []
        for key, text in zip(keys, texts, strict=True):
            try:
                if text is not None:
                    found.append(record_formats.read(Kind.LOST, text, partial(_lost, service)))
            except NewerFormatError:
                continue
            except UnreadableError:
                await Aside(self.link).move(Location(Kind.LOST, slot, key), text or "")
        return found

    def reading(self, service: Service, ids: Iterable[str]) -> list[str]:
        """Return the command that reads the lost jobs among these."""
        begins = LOST.of("/".join(service), "")
        return ["MGET", *(begins + job_id for job_id in ids)]

    async def restore(self, lost: Lost, restored: Restored) -> bool:
        """Follow a lost job again, and add the entry to the outbox of each destination.

        Returns False if another process was faster. Raises RulesChangedError if the watches changed since `version`.
        """
        job = lost.kept.job
        slot = f"{job.account}/{job.service}"
        keys = (JOBS.of(slot), DUE.of(slot), SUBSCRIPTIONS.of(slot), PENDING.of(slot), LOST.of(slot, job.id))
        keys += (RULES.of(slot), DISCOVERY.of(slot), EVENTS.of(slot), SEEN.of(slot))
        followed = (restored.record or "", milliseconds(restored.next_at))
        arguments = (
            lost.text,
            job.id,
            json.dumps(restored.cards),
            *followed,
            OUTBOX.of(slot, ""),
            numbered(restored.entry),
            *(restored.version, json.dumps(restored.watches), json.dumps(restored.lines), EVENTS.seconds, KEPT_MAX),
            *((restored.mark.name, restored.mark.created_ms) if restored.mark and restored.mark.ends else ("", 0)),
            milliseconds(restored.next_at),
        )
        done = await self.link.execute("EVAL", script("restore"), len(keys), *keys, *arguments)
        if done < 0:
            raise RulesChangedError
        return bool(done)

    async def purge(self, ref: JobRef, destination: str) -> None:
        """Remove a destination from a lost job: nothing is restored there when the job is found again."""
        key = LOST.of(f"{ref.account}/{ref.service}", ref.id)
        await self.link.execute("EVAL", script("purge_lost"), 1, key, destination, FORMATS[Kind.LOST])


def _lost(service: Service, text: str) -> Lost:
    fields = json.loads(text)
    destinations = {str(destination): str(card) for destination, card in fields["places"].items()}
    return Lost(kept(service, fields["record"]), destinations, text)
