"""The last response of each service of each account."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from bot.domain.answers import ServiceError
from bot.domain.record_formats import readable_or
from bot.store.redis.connection import Part, RedisLink
from bot.store.redis.keys import HEALTH
from providers.json_fields import instant
from providers.redact import scrub

# One script call for each service, since each key may be on another server. Further errors keep the time of the first.
_RECORD = """
local key, lifetime, at, latency, error = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if error == '' then
  redis.call('HSET', key, 'last_ok_at', at, 'latency_s', latency)
  redis.call('HDEL', key, 'failing_since')
else
  redis.call('HSET', key, 'last_error', error, 'last_error_at', at)
  local since = redis.call('HGET', key, 'failing_since')
  if not since or since > at then redis.call('HSET', key, 'failing_since', at) end  -- a wrong clock wrote a later one
end
redis.call('EXPIRE', key, lifetime)
return redis.call('HGET', key, 'failing_since')
"""


class Outcome(NamedTuple):
    """The result of one request to a service. `latency_s` is that of its last HTTP call; `error` is None on success."""

    account: str
    service: str
    latency_s: float
    error: ServiceError | None = None


class Health(NamedTuple):
    """The health of a service. None means "never". `last_error` stays after the service has recovered."""

    last_ok_at: datetime | None = None
    latency_s: float | None = None
    error: ServiceError | None = None
    failing_since: datetime | None = None
    last_error: ServiceError | None = None
    last_error_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HealthBook:
    """The health of every service. Raises StoreUnavailable."""

    link: RedisLink

    async def record(self, outcomes: Sequence[Outcome], at: datetime) -> dict[tuple[str, str], datetime]:
        """Store outcomes of `at` in one round trip; return since when each failing service fails."""
        commands = [_recording(outcome, at.astimezone(UTC).isoformat()) for outcome in outcomes]
        since = await self.link.execute_many(commands) if commands else []
        kept = zip(outcomes, since, strict=True)
        return {(outcome.account, outcome.service): instant(text) or at for outcome, text in kept if text}

    async def read(self, services: Sequence[tuple[str, str]]) -> dict[tuple[str, str], Health]:
        """Return the health of these (account, service) pairs, in one round trip."""
        kept = await self.link.execute_many([("HGETALL", HEALTH.of(*service)) for service in services])
        return {service: readable_or(Health(), _health, each) for service, each in zip(services, kept, strict=True)}


def _recording(outcome: Outcome, at: str) -> Sequence[Part]:
    """Return the command that stores an outcome, and replies since when the service fails."""
    error = ""
    if outcome.error:
        # Providers scrub vendors' messages when they raise them. Scrub again, so that no secret is stored.
        scrubbed = outcome.error.model_copy(update={"message": scrub(outcome.error.message)})
        error = scrubbed.model_dump_json(exclude={"failing_since", "waited"})
    key = HEALTH.of(outcome.account, outcome.service)
    return "EVAL", _RECORD, 1, key, HEALTH.seconds, at, outcome.latency_s, error


def _health(fields: Mapping[str, str]) -> Health:
    since = _instant(fields.get("failing_since"))
    latency, last_error = fields.get("latency_s"), fields.get("last_error")
    error = ServiceError.model_validate_json(last_error) if last_error else None
    return Health(
        last_ok_at=_instant(fields.get("last_ok_at")),
        latency_s=None if latency is None else float(latency),
        error=error.model_copy(update={"failing_since": since}) if error and since else None,
        failing_since=since,
        last_error=error,
        last_error_at=_instant(fields.get("last_error_at")),
    )


def _instant(text: str | None) -> datetime | None:
    return instant(text)
