"""The driver's view of Redis: who is subscribed to a job, what is pending, what a digest counts."""

import json
from collections.abc import AsyncGenerator, Collection, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple, cast

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ConstantBackoff

from bot.domain.slack_ids import bare_id
from bot.store.redis.keys import (
    CARDS,
    DIGEST,
    DISCOVERY,
    GROUP_JOBS,
    OUTBOX,
    PREFIX,
    SUBSCRIPTIONS,
    SUSPENDED,
    WATCHES,
)

WAITS = ("outbox", "begun", "stale", "jobs", "pending", "suspended")
"""Keys that exist only while some work is left."""
HELD = (SUBSCRIPTIONS.of("*"), CARDS.of("*"), OUTBOX.of("*", "*"), DIGEST.of("*"), GROUP_JOBS.of("*", "*"))
"""Keys that name unfinished jobs, and the counts of digests' buttons."""
EMPTY = """
local held = {}
for _, pattern in ipairs(ARGV) do
  for _, key in ipairs(redis.call('KEYS', pattern)) do
    local type = redis.call('TYPE', key).ok
    if type == 'hash' then held[#held + 1] = {key, redis.call('HGETALL', key)}
    elseif type == 'zset' then held[#held + 1] = {key, redis.call('ZRANGE', key, 0, -1)}
    elseif type == 'stream' then held[#held + 1] = {key, redis.call('XRANGE', key, '-', '+')}
    else held[#held + 1] = {key, redis.call('GET', key)} end
  end
end
redis.call('FLUSHALL')
return held
"""
"""Deletes everything, and returns the values of some keys, atomically."""


class Member(NamedTuple):
    """One change that a digest counts."""

    card: str
    ref: str
    state: str
    ended: bool


class Memory:
    """A connection to Redis that retries while it is down."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._lost_digests: dict[str, str] = {}
        self._lost_records: dict[str, dict[str, str]] = {}
        self._lost_members: dict[str, list[str]] = {}

    async def followers(self, refs: Iterable[str]) -> dict[str, dict[str, str]]:
        """Return the subscriptions of each job: channel or person to card."""
        found: dict[str, dict[str, str]] = {}
        for ref in refs:
            service, _, job = ref.rpartition("/")
            kept = await self._ask("HGET", SUBSCRIPTIONS.of(service), job)
            places: dict[str, str] = json.loads(kept) if kept else {}
            found[ref] = {bare_id(place): card for place, card in places.items()}
        return found

    async def waiting(self, ended: Collection[str] = ()) -> list[str]:
        """Return the keys of pending work.

        For watched services that means the jobs that have `ended` and were not seen.
        """
        keys: list[str] = await self._ask("KEYS", f"{PREFIX}*")
        left = [key for key in keys if any(f"}}:{word}" in key for word in WAITS)]
        return sorted([key for key in left if not key.endswith("}:jobs") or await self._unseen(key, ended)])

    async def _unseen(self, key: str, ended: Collection[str]) -> bool:
        followed = await self._ask("EXISTS", SUBSCRIPTIONS.of(_place(key)))
        jobs: list[str] = await self._ask("HKEYS", key)
        return bool(followed) or any(f"{_place(key)}/{job}" in ended for job in jobs)

    async def suspended(self) -> list[str]:
        """Return the destinations that are suspended because Slack refused their posts."""
        keys: list[str] = await self._ask("KEYS", SUSPENDED.of("*"))
        return [bare_id(key.removeprefix(PREFIX).partition("}")[0].removeprefix("{")) for key in keys]

    async def empty(self) -> set[tuple[str, str]]:
        """Delete everything; return the jobs with pending work, as (destination, ref)."""
        held: list[tuple[str, Any]] = await self._ask("EVAL", EMPTY, "0", *HELD)
        digest = DIGEST.of("")
        self._lost_digests |= {key.removeprefix(digest): value for key, value in held if key.startswith(digest)}
        self._lost_records |= {
            _place(key): dict(zip(value[::2], value[1::2], strict=True))
            for key, value in held
            if key.endswith("}:cards")
        }
        self._lost_members |= {key: value for key, value in held if "}:group:" in key}
        return {pair for key, value in held for pair in _followed(key, value)}

    async def watched(self, channel: str) -> int:
        """Return the number of watches of a channel."""
        keys: list[str] = await self._ask("KEYS", WATCHES.of(f"*{channel}"))
        return sum([await self._ask("HLEN", key) for key in keys])

    async def discovers(self, services: Iterable[str]) -> bool:
        """Return whether each service has a baseline, after which new jobs are discovered."""
        known = [await self._ask("HMGET", DISCOVERY.of(f"media-cn/{each}"), "since", "unfinished") for each in services]
        return all(since and unfinished == "1" for since, unfinished in known)

    def lost_members(self, channel: str, group: str) -> list[str] | None:
        """Return the jobs of a head or a storm message from before Redis was emptied; None if it had none."""
        place = next((each for each in self._lost_records if bare_id(each) == channel), None)
        if place is None or group not in self._lost_records[place]:
            return None
        record = json.loads(self._lost_records[place][group])
        kept = [self._lost_members.get(GROUP_JOBS.of(place, each), []) for each in (group, *record.get("groups", ()))]
        return [member.partition("\t")[0] for members in kept for member in members]

    async def digest(self, key: str) -> list[Member]:
        """Return what the digest of a "See all" button counts."""
        kept = await self._ask("GET", DIGEST.of(key)) or self._lost_digests.get(key)
        told: list[dict[str, Any]] = json.loads(kept)["told"] if kept else []
        return [_member(each) for each in told]

    async def _ask(self, *command: str) -> Any:
        return cast("Any", await self._redis.execute_command(*command))


def _followed(key: str, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the jobs in a record of subscriptions, cards or an outbox, with their destinations."""
    slot, _, family = key.removeprefix(PREFIX).removeprefix("{").partition("}:")
    if family == "subscriptions":
        for job, places in zip(value[::2], value[1::2], strict=True):
            yield from ((bare_id(place), f"{slot}/{job}") for place in json.loads(places))
    elif family == "cards":
        for card in value[1::2]:
            yield from ((bare_id(slot), ref) for ref in json.loads(card).get("jobs", ()))
    elif family.startswith("outbox:"):
        for _, fields in value:
            entry = json.loads(dict(zip(fields[::2], fields[1::2], strict=True))["entry"])
            if job := entry.get("job") or entry.get("change", {}).get("job"):
                yield bare_id(family.removeprefix("outbox:")), _ref(job)


def _place(key: str) -> str:
    return key.removeprefix(PREFIX).removeprefix("{").partition("}")[0]


def _ref(job: dict[str, Any]) -> str:
    return f"{job['account']}/{job['service']}/{job['id']}"


def _member(told: dict[str, Any]) -> Member:
    change = told["change"]
    job = change["job"]
    return Member(told["card"]["id"], _ref(job), job["state"], change.get("fate") == "ended")


@asynccontextmanager
async def memory(url: str) -> AsyncGenerator[Memory]:
    """Connect to Redis during the block; each request waits up to half a minute for it."""
    retry = Retry(ConstantBackoff(0.1), 300)
    async with Redis.from_url(url, decode_responses=True, retry=retry, socket_timeout=5) as redis:
        yield Memory(redis)
