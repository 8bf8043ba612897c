"""The event log of each service for 24 hours: each failure and loss, and counts of other outcomes."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import ValidationError

from bot.domain.cards import ENDS
from bot.domain.changes import EventKind
from bot.domain.event_log import KEPT_FOR, KEPT_MAX, WITH_LINES, LoggedEvent, LogPage, OutcomeCount
from bot.domain.service_key import Service
from bot.domain.tracked_jobs import instant, milliseconds
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import DISCOVERY, EVENTS, OUTCOMES
from providers.models import JobRef

PAGE = 2_000
"""Lines in one read, so that a long log does not block the event loop."""


@dataclass(frozen=True, slots=True)
class EventLog:
    """The event logs of all services, which `record.lua` writes. Raises StoreUnavailable."""

    link: RedisLink

    async def read(self, service: Service, since: datetime, now: datetime) -> LogPage:
        """Return the events and the counts since a time, oldest first."""
        slot = "/".join(service)
        asking = (
            ("HGETALL", OUTCOMES.of(slot)),
            ("HGET", DISCOVERY.of(slot), "since"),
            ("XLEN", EVENTS.of(slot)),
            ("XRANGE", EVENTS.of(slot), "-", "+", "COUNT", 1),
        )
        counts, watched_since, number, first = await self.link.execute_many(asking)
        events = tuple([line async for text in self._texts(slot, since) if (line := _line(text))])
        return LogPage(events, tuple(_counts(counts, since)), _complete(watched_since, number, first, now))

    async def ended_since(self, service: Service, since: datetime) -> int:
        """Return how many jobs ended since the minute of a time. Reads the counts only, not the log."""
        counts = await self.link.execute("HGETALL", OUTCOMES.of("/".join(service)))
        first, ends = int(since.timestamp()) // 60, {WITH_LINES, *ENDS}
        fields = ((field.split("|", 2), number) for field, number in counts.items())
        return sum(int(number) for (minute, event, _), number in fields if int(minute) >= first and event in ends)

    async def of_job(self, service: Service, ref: JobRef, since: datetime) -> list[LoggedEvent]:
        """Return the logged events of one job since a time, oldest first.

        The log is that of `service`: the job's own service, or another one that lists the job.
        """
        begins = f"{ref}#"
        written = json.dumps(begins, ensure_ascii=False)[:-1]
        texts = [text async for text in self._texts("/".join(service), since) if written in text]
        return [line for text in texts if (line := _line(text)) and line.id.startswith(begins)]

    async def _texts(self, slot: str, since: datetime) -> AsyncIterator[str]:
        """Yield the stored lines of a log, oldest first."""
        begin = str(milliseconds(since))
        while begin:
            lines = await self.link.execute("XRANGE", EVENTS.of(slot), begin, "+", "COUNT", PAGE)
            for _, fields in lines:
                yield fields.get("event", "")
            begin = f"({lines[-1][0]}" if len(lines) == PAGE else ""


def _line(text: str) -> LoggedEvent | None:
    """Read a line; None for an unreadable line of another version."""
    try:
        return LoggedEvent.model_validate_json(text)
    except ValidationError:
        return None


def _counts(fields: Mapping[str, str], since: datetime) -> Iterator[OutcomeCount]:
    for field, number in fields.items():
        minute, event, kind = field.split("|", 2)
        if event == WITH_LINES:
            continue
        at = datetime.fromtimestamp(int(minute) * 60, UTC)
        if at >= since.replace(second=0, microsecond=0):
            yield OutcomeCount(at, EventKind(event), kind, int(number))


def _complete(
    watched_since: str | None, number: int, first: list[tuple[str, object]], now: datetime
) -> datetime | None:
    """Return since when the log is complete: since the watch started, within the log's age and number of lines."""
    if not watched_since:
        return None
    full = instant(int(first[0][0].split("-")[0])) if number >= KEPT_MAX and first else None
    return max(instant(int(watched_since)), now - KEPT_FOR, *([full] if full else []))
