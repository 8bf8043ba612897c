"""The services that need a copy of a watch: those it covers, and the owners of mirrored jobs. Pure."""

from collections.abc import Iterable

from bot.domain.service_key import Service
from bot.domain.watches import WatchSpec
from providers.mirrors import mirrors_of, owner
from providers.models import Job


def services_to_watch(spec: WatchSpec, services: Iterable[Service]) -> list[Service]:
    """Return the services whose events a watch may want."""
    return [(account, service) for account, service in services if _concerns(spec, account, service)]


def _concerns(spec: WatchSpec, account: str, service: str) -> bool:
    return any(spec.covers(account, name) for name in (service, *mirrors_of(service)))


def owns(job: Job, services: Iterable[Service]) -> bool:
    """Return whether a job's events belong to its own service, not to another configured one."""
    ref = owner(job)
    return ref.service == job.service or (ref.account, ref.service) not in services
