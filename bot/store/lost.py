"""Jobs that were lost, for as long as their subscriptions are restored when they are found again."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from bot.store.connection import Link
from bot.store.keys import DUE, JOBS, LOST, OUTBOX, PENDING, SUBSCRIPTIONS
from bot.store.scripts import script
from bot.store.tracked import Kept, Service, kept, milliseconds
from providers.models import JobRef


class Lost(NamedTuple):
    """A job as it was when it was lost, at `kept.checked_at`; `places` (place to card) followed it until then.

    `text` is how Redis keeps it.
    """

    kept: Kept
    places: Mapping[str, str]
    text: str


class Restored(NamedTuple):
    """What becomes of a lost job: `places` follow it again as `record`, None for a job that has ended by now."""

    places: Mapping[str, str]
    record: str | None
    next_at: datetime
    entry: str


@dataclass(frozen=True, slots=True)
class LostJobs:
    """The lost jobs of every service; `record.lua` adds them. Raises StoreUnavailable."""

    link: Link

    async def read(self, service: Service, ids: Iterable[str]) -> list[Lost]:
        """Return those of these jobs that were lost; one round trip."""
        keys = [LOST.of("/".join(service), job_id) for job_id in ids]
        found: list[str | None] = await self.link.ask("MGET", *keys) if keys else []
        return [_lost(service, text) for text in found if text]

    async def restore(self, lost: Lost, restored: Restored) -> bool:
        """Follow a lost job again and put the entry into the outbox of each place; False when it is too late."""
        job = lost.kept.job
        slot = f"{job.account}/{job.service}"
        keys = (JOBS.of(slot), DUE.of(slot), SUBSCRIPTIONS.of(slot), PENDING.of(slot), LOST.of(slot, job.id))
        followed = (restored.record or "", milliseconds(restored.next_at))
        arguments = (lost.text, job.id, json.dumps(restored.places), *followed, OUTBOX.of(slot, ""), restored.entry)
        return bool(await self.link.ask("EVAL", script("restore"), 5, *keys, *arguments))

    async def leave(self, ref: JobRef, place: str) -> None:
        """Have nothing restored in a place when a job is found again."""
        await self.link.ask("EVAL", script("leave_lost"), 1, LOST.of(f"{ref.account}/{ref.service}", ref.id), place)


def _lost(service: Service, text: str) -> Lost:
    fields = json.loads(text)
    return Lost(kept(service, fields["record"]), fields["places"], text)
