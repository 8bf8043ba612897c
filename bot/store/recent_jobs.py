"""Jobs seen before, limited in number and age. Services that cannot list jobs show these instead."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, groupby
from typing import Any

from bot.store.redis.connection import Part, RedisLink
from bot.store.redis.keys import RECENT, RECENT_JOBS
from bot.store.shown_answers import TAKES_S
from providers.json_fields import readable
from providers.models import Job

KEPT = 500
"""The maximum of jobs of one service: those seen last."""

# An older response must not overwrite a newer one. A response without the reason of a failure keeps the known reason.
# The last part trims jobs by age and number.
_REMEMBER = """
local function with_known_reason(new, old)
  local readable, before = pcall(cjson.decode, old or '')
  if not readable or type(before) ~= 'table' or type(before.error) ~= 'table' then return new end
  local job = cjson.decode(new)
  job.error, job.unexplained = before.error, nil
  return cjson.encode(job)
end
local index, jobs = KEYS[1], KEYS[2]
local asked, oldest, kept, lifetime, wrong = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3]), ARGV[4], tonumber(ARGV[5])
for i = 6, #ARGV, 3 do
  local seen = redis.call('ZSCORE', index, ARGV[i])
  if not seen or tonumber(seen) <= asked or tonumber(seen) > asked + wrong then
    redis.call('ZADD', index, ARGV[1], ARGV[i])
    local job = ARGV[i + 1]
    if ARGV[i + 2] ~= '' then job = with_known_reason(job, redis.call('HGET', jobs, ARGV[i])) end
    redis.call('HSET', jobs, ARGV[i], job)
  end
end
local removed = redis.call('ZRANGEBYSCORE', index, '-inf', '(' .. oldest)
for _, id in ipairs(redis.call('ZRANGE', index, 0, -(kept + 1))) do removed[#removed + 1] = id end
for _, id in ipairs(removed) do
  redis.call('ZREM', index, id)
  redis.call('HDEL', jobs, id)
end
redis.call('EXPIRE', index, lifetime)
redis.call('EXPIRE', jobs, lifetime)
"""


@dataclass(frozen=True, slots=True)
class Recent:
    """The recent jobs of every account and service. Raises StoreUnavailable."""

    link: RedisLink

    async def remember(self, jobs: Iterable[Job], asked_at: datetime) -> None:
        """Store jobs of any services without their raw JSON, in one round trip.

        `asked_at` is the time of the request.
        """
        ordered = sorted(jobs, key=_service)
        if scripts := [
            _remembering(*service, group, asked_at.timestamp()) for service, group in groupby(ordered, key=_service)
        ]:
            await self.link.execute_many(scripts)

    async def recent(self, account: str, service: str, now: datetime | None = None) -> list[Job]:
        """Return the jobs of a service that were seen within 30 days, newest first."""
        oldest = (now or datetime.now(UTC)).timestamp() - RECENT.seconds
        reading = [
            ("ZRANGE", RECENT.of(account, service), "+inf", oldest, "BYSCORE", "REV"),
            ("HGETALL", RECENT_JOBS.of(account, service)),
        ]
        ids, kept = await self.link.execute_many(reading, atomic=True)
        jobs, _ = _read(kept[job_id] for job_id in ids if job_id in kept)
        return sorted(jobs, key=lambda job: job.created_at or datetime.min.replace(tzinfo=UTC), reverse=True)

    async def seen(self, account: str, service: str, now: datetime) -> list[tuple[Job, datetime]]:
        """Return the recent jobs of a service, newest first, with their last request times."""
        key, oldest = RECENT.of(account, service), now.timestamp() - RECENT.seconds
        jobs = await self.recent(account, service, now)
        scores: list[str | None] = await self.link.execute("ZMSCORE", key, *(job.id for job in jobs)) if jobs else []
        times = (float(score) if score is not None else oldest for score in scores)
        return [(job, min(now, datetime.fromtimestamp(at, UTC))) for job, at in zip(jobs, times, strict=True)]

    async def seen_since(self, account: str, service: str, moment: datetime) -> list[str]:
        """Return the ids of a service's jobs that were requested since then."""
        return await self.link.execute("ZRANGE", RECENT.of(account, service), moment.timestamp(), "+inf", "BYSCORE")

    async def kinds(self, account: str, service: str, ids: Sequence[str]) -> dict[str, str]:
        """Return the known kinds of these jobs, by id."""
        if not ids:
            return {}
        kept: list[str | None] = await self.link.execute("HMGET", RECENT_JOBS.of(account, service), *ids)
        jobs, _ = _read(text for text in kept if text is not None)
        return {job.id: job.kind for job in jobs if job.kind}


def _service(job: Job) -> tuple[str, str]:
    return job.account, job.service


def _remembering(account: str, service: str, jobs: Iterable[Job], asked_at: float) -> list[Part]:
    keys = (RECENT.of(account, service), RECENT_JOBS.of(account, service))
    records = [
        (job.id, job.model_dump_json(exclude={"raw"}, exclude_defaults=True), job.unexplained or "") for job in jobs
    ]
    limits = (asked_at, asked_at - RECENT.seconds, KEPT, RECENT.seconds, TAKES_S)
    return ["EVAL", _REMEMBER, 2, *keys, *limits, *chain.from_iterable(records)]


def _read(texts: Iterable[Any]) -> tuple[list[Job], int]:
    """Read records, and leave out those of other versions that this one cannot read."""
    return readable(texts, Job.model_validate_json)
