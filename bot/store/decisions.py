"""Decisions about the events of jobs in each destination: one list for each job, which `/jobs why` reads."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.domain.decisions import Decided, Decision
from bot.domain.record_formats import readable_or
from bot.domain.slack_ids import bare_id
from bot.domain.tracked_jobs import milliseconds
from bot.store.redis.connection import Part, RedisLink
from bot.store.redis.keys import DECIDED, DECISIONS

LINES_MAX = 50
"""The newest decisions about one job that are kept for a destination."""
BYTES_MAX = 1_600
"""The maximum of bytes in such a list, about a dozen decisions. The list then takes 2 KiB in Redis at most."""
JOBS_MAX = 20_000
"""Jobs of a service with decisions for a destination: those with the newest decisions."""
_TIMES = ("at", "until")


@dataclass(frozen=True, slots=True)
class DecisionBook:
    """The decisions of each destination, for 30 days. Raises StoreUnavailable."""

    link: RedisLink

    async def read(self, destination: str, ref: str) -> list[Decision]:
        """Return the decisions about the events of a job or a service, oldest first.

        Example of a ref: `vod/ocr/8f14e45f`.
        """
        [found] = await self.read_all([(destination, ref)])
        return found

    async def read_all(self, wanted: Sequence[tuple[str, str]]) -> list[list[Decision]]:
        """Return the decisions for pairs of a destination and a job, in one round trip."""
        asking = [("LRANGE", DECISIONS.of(*each), 0, -1) for each in wanted]
        replies = await self.link.execute_many(asking) if asking else []
        return [_readable(*each, lines) for each, lines in zip(wanted, replies, strict=True)]

    async def newest(self, destination: str, services: Sequence[str], most: int) -> list[Decided]:
        """Return the newest decisions, about the last `most` jobs of each service, newest first."""
        asking = [("ZREVRANGE", DECIDED.of(destination, each), 0, most - 1) for each in services]
        replies = await self.link.execute_many(asking) if asking else []
        refs = [ref for found in replies for ref in found]
        read = await self.read_all([(destination, ref) for ref in refs])
        decided = [Decided(ref, each) for ref, found in zip(refs, read, strict=True) for each in found]
        return sorted(decided, key=lambda each: each.decision.at, reverse=True)

    async def purge(self, destination: str, services: Iterable[str]) -> None:
        """Delete all decisions of a destination."""
        indexes = [DECIDED.of(destination, service) for service in services]
        refs = await self.link.execute_many([("ZRANGE", index, 0, -1) for index in indexes]) if indexes else []
        lists = [DECISIONS.of(destination, ref) for found in refs for ref in found]
        if keys := [*lists, *indexes]:
            await self.link.execute_many([("DEL", key) for key in keys])


def _readable(destination: str, ref: str, lines: Iterable[str]) -> list[Decision]:
    found = [readable_or(None, lambda text: _read(destination, ref, text), line) for line in lines]
    return [decision for decision in found if decision]


def parts(destination: str, decisions: Sequence[Decided]) -> list[Part]:
    """Return decisions as arguments of apply.lua: the index, the job, the time and the line of each."""
    return [part for each in decisions for part in _parts(destination, each)]


def _parts(destination: str, decided: Decided) -> tuple[Part, ...]:
    ref, decision = decided
    index = DECIDED.of(destination, "/".join(ref.split("/")[:2]))
    return index, ref, milliseconds(decision.at), _line(destination, ref, decision)


def _line(destination: str, ref: str, decision: Decision) -> str:
    """Return the stored line of a decision. To save memory, it leaves out what its key contains."""
    fields: dict[str, Any] = decision.model_dump(mode="json", exclude_defaults=True)
    fields |= {name: milliseconds(at) for name in _TIMES if (at := getattr(decision, name))}
    fields["event"] = decision.event.removeprefix(ref)
    if decision.channel == bare_id(destination):
        del fields["channel"]
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def _read(destination: str, ref: str, line: str) -> Decision:
    fields: Mapping[str, Any] = json.loads(line)
    event = str(fields["event"])
    whole = f"{ref}{event}" if event.startswith("#") else event
    times = {name: fields[name] / 1000 for name in _TIMES if name in fields}
    channel = fields.get("channel", bare_id(destination) if "ts" in fields else "")
    return Decision.model_validate({**fields, **times, "event": whole, "channel": channel})
