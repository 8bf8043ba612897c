"""Jobs that two services of an account know: VOD's AI jobs are in `vod-jobs` as well as in `vod-ai`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from providers.models import Job, JobRef

AI_TYPE = "AI type"
"""The label under which `vod-jobs` tells what kind an AI job is of."""


class Mirror(NamedTuple):
    """The service that owns a job which another service shows as `kind`; not those of some `other_types`."""

    owner: str
    kind: str
    other_types: frozenset[str]


MIRRORS: Mapping[str, Mirror] = MappingProxyType(
    # ListAIJob knows nothing of automated reviews (provider API notes, section 5.5).
    {"vod-jobs": Mirror("vod-ai", "ai", frozenset({"aimediaaudit", "aivideocensor"}))}
)


def owner(job: Job) -> JobRef:
    """Return the address of a job in the service that its events are of."""
    mirror = MIRRORS.get(job.service)
    if mirror is None or job.kind != mirror.kind or job.attributes.get(AI_TYPE, "").casefold() in mirror.other_types:
        return job.ref
    return job.ref._replace(service=mirror.owner)


def mirrors_of(service: str) -> tuple[str, ...]:
    """Return the services that show jobs of a service as well."""
    return tuple(name for name, mirror in MIRRORS.items() if mirror.owner == service)


def views(job: Job) -> tuple[Job, ...]:
    """Return a job as each service shows it that knows it."""
    copies = (job.model_copy(update={"service": name, "kind": MIRRORS[name].kind}) for name in mirrors_of(job.service))
    return job, *copies


def own_job(job: Job) -> Job:
    """Return a job of which it is known that its own service owns it, so that `owner` says so too."""
    mirror = MIRRORS.get(job.service)
    if mirror is None or owner(job) == job.ref:
        return job
    return job.model_copy(update={"attributes": {**job.attributes, AI_TYPE: min(mirror.other_types)}})
