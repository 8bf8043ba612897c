"""The context of a VOD request, and the errors for bad parameters."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sandbox.clouds.calls import Call, Refused
from sandbox.clouds.jobs import Job
from sandbox.clouds.store import JobStore

HALF_A_YEAR_S = 183 * 86_400
IDS_MAX = 10
ACCOUNT_OWNER = 1391090000084930
"""The account's UserId. It identifies the account, so it must not reach a person."""


class Desk(NamedTuple):
    """One account's jobs by service, at the instant of the request."""

    stores: Mapping[str, JobStore]
    now: float

    def job(self, service: str, job_id: str) -> Job | None:
        """Return a job of the last six months by its id."""
        store = self.stores.get(service)
        job = store.get(job_id, self.now) if store else None
        return job if job and job.created >= self.now - HALF_A_YEAR_S else None

    def of_media(self, media: str) -> list[Job]:
        """Return the jobs on a media asset in the last six months, of every service."""
        jobs = [job for store in self.stores.values() for job in store.of_media(media, self.now)]
        return [job for job in jobs if job.created >= self.now - HALF_A_YEAR_S]


def required(call: Call, name: str) -> str:
    """Return a required parameter."""
    value = call.query.get(name, "").strip()
    if not value:
        raise Refused(400, f"Missing{name}", f"{name} is mandatory for this action.")
    return value


def some_of(call: Call, name: str, allowed: Collection[str]) -> str:
    """Return a required parameter, which must be one of the allowed words."""
    value = required(call, name)
    if value not in allowed:
        raise Refused(400, f"Invalid{name}", f"The specified parameter {name} is not valid.")
    return value


def ids_of(call: Call, name: str) -> list[str]:
    """Return up to 10 unique ids from a comma-separated list."""
    ids = list(dict.fromkeys(part.strip() for part in required(call, name).split(",") if part.strip()))
    if len(ids) > IDS_MAX:
        raise Refused(400, "InvalidParameter", f"{name} may hold {IDS_MAX} ids at most.")
    return ids
