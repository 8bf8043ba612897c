"""Jobs that two services of an account list: VOD's AI jobs are in `vod-jobs` and in `vod-ai`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from providers.models import Job, JobRef

AI_TYPE = "AI type"
"""The label under which `vod-jobs` gives the type of an AI job."""


class Mirror(NamedTuple):
    """The owner of jobs that another service lists as `kind`, except those of `other_types`."""

    owner: str
    kind: str
    other_types: frozenset[str]


MIRRORS: Mapping[str, Mirror] = MappingProxyType(
    # ListAIJob does not have automated reviews (provider API notes, section 5.5).
    {"vod-jobs": Mirror("vod-ai", "ai", frozenset({"aimediaaudit", "aivideocensor"}))}
)


def owner(job: Job) -> JobRef:
    """Return the ref of a job in the service that owns it. Events of the job use this ref."""
    mirror = MIRRORS.get(job.service)
    if mirror is None or job.kind != mirror.kind or job.attributes.get(AI_TYPE, "").casefold() in mirror.other_types:
        return job.ref
    return job.ref._replace(service=mirror.owner)


def mirrors_of(service: str) -> tuple[str, ...]:
    """Return the services that also list the jobs of a service."""
    return tuple(name for name, mirror in MIRRORS.items() if mirror.owner == service)


def views(job: Job) -> tuple[Job, ...]:
    """Return a job once for each service that lists it, as that service shows it."""
    copies = (job.model_copy(update={"service": name, "kind": MIRRORS[name].kind}) for name in mirrors_of(job.service))
    return job, *copies


def own_job(job: Job) -> Job:
    """Return a job marked as owned by its own service, which `owner` then returns."""
    mirror = MIRRORS.get(job.service)
    if mirror is None or owner(job) == job.ref:
        return job
    return job.model_copy(update={"attributes": {**job.attributes, AI_TYPE: min(mirror.other_types)}})
