"""The result of the last sweep of each service."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.answers import ServiceError
from bot.domain.record_formats import readable_or
from bot.domain.service_key import Service
from bot.domain.sweeps import Sweep
from bot.domain.tracked_jobs import instant, milliseconds
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import SWEEP
from providers.redact import scrub


@dataclass(frozen=True, slots=True)
class Sweeps:
    """The last sweep of every service. Raises StoreUnavailable."""

    link: RedisLink

    async def write(self, service: Service, sweep: Sweep) -> None:
        """Store the result of a sweep."""
        key = SWEEP.of("/".join(service))
        error = sweep.error.model_copy(update={"message": scrub(sweep.error.message)}) if sweep.error else None
        fields = {
            "at": milliseconds(sweep.at) if sweep.at else "",
            "tried_at": milliseconds(sweep.tried_at) if sweep.tried_at else "",
            "jobs": sweep.jobs,
            "requests": sweep.requests,
            "failures": sweep.failures,
            "failing_since": milliseconds(sweep.failing_since) if sweep.failing_since else "",
            "error": error.model_dump_json() if error else "",
        }
        flat = [part for pair in fields.items() for part in pair]
        await self.link.execute_many([("HSET", key, *flat), ("EXPIRE", key, SWEEP.seconds)], atomic=True)

    async def read(self, services: Sequence[Service]) -> dict[Service, Sweep]:
        """Return the last sweep of each of these services, in one round trip."""
        if not services:
            return {}
        replies = await self.link.execute_many([("HGETALL", SWEEP.of("/".join(service))) for service in services])
        return {service: readable_or(Sweep(), _sweep, each) for service, each in zip(services, replies, strict=True)}


def _sweep(fields: dict[str, str]) -> Sweep:
    def moment(name: str) -> datetime | None:
        return instant(int(text)) if (text := fields.get(name)) else None

    error = fields.get("error")
    return Sweep(
        at=moment("at"),
        tried_at=moment("tried_at"),
        jobs=int(fields.get("jobs", 0)),
        requests=int(fields.get("requests", 0)),
        failures=int(fields.get("failures", 0)),
        failing_since=moment("failing_since"),
        error=ServiceError.model_validate_json(error) if error else None,
    )
