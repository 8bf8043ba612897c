"""Which services have to know of a watch: those that it covers, and those that own the jobs which these show. Pure."""

from collections.abc import Iterable

from bot.domain.service_key import Service
from bot.domain.watches import WatchSpec
from providers.mirrors import mirrors_of, owner
from providers.models import Job


def services_to_watch(spec: WatchSpec, services: Iterable[Service]) -> list[Service]:
    """Return those of these services whose events a watch may want."""
    return [(account, service) for account, service in services if _concerns(spec, account, service)]


def _concerns(spec: WatchSpec, account: str, service: str) -> bool:
    return any(spec.covers(account, name) for name in (service, *mirrors_of(service)))


def owns(job: Job, services: Iterable[Service]) -> bool:
    """Whether the events of a job are those of its own service, and not of another one that is configured too."""
    ref = owner(job)
    return ref.service == job.service or (ref.account, ref.service) not in services
