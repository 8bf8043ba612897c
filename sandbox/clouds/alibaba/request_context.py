"""What VOD has before it when it answers, and its refusals of bad parameters."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from sandbox.clouds.calls import Call, Refused
from sandbox.clouds.jobs import Job
from sandbox.clouds.store import JobStore

HALF_A_YEAR_S = 183 * 86_400
IDS_MAX = 10
ACCOUNT_OWNER = 1391090000084930
"""UserId: it identifies the account, so it must not reach a person."""


class Desk(NamedTuple):
    """One account's jobs of each service, at the instant of the request."""

    stores: Mapping[str, JobStore]
    now: float

    def job(self, service: str, job_id: str) -> Job | None:
        """A job of the last six months, by its id."""
        store = self.stores.get(service)
        job = store.get(job_id, self.now) if store else None
        return job if job and job.created >= self.now - HALF_A_YEAR_S else None

    def of_media(self, media: str) -> list[Job]:
        """The jobs on a media asset in the last six months, whichever service lists them."""
        jobs = [job for store in self.stores.values() for job in store.of_media(media, self.now)]
        return [job for job in jobs if job.created >= self.now - HALF_A_YEAR_S]


def required(call: Call, name: str) -> str:
    """A parameter that has to be there."""
    value = call.query.get(name, "").strip()
    if not value:
        raise Refused(400, f"Missing{name}", f"{name} is mandatory for this action.")
    return value


def some_of(call: Call, name: str, allowed: Collection[str]) -> str:
    """A required parameter that is one of a set of words."""
    value = required(call, name)
    if value not in allowed:
        raise Refused(400, f"Invalid{name}", f"The specified parameter {name} is not valid.")
    return value


def ids_of(call: Call, name: str) -> list[str]:
    """Up to 10 ids, separated by commas, each once."""
    ids = list(dict.fromkeys(part.strip() for part in required(call, name).split(",") if part.strip()))
    if len(ids) > IDS_MAX:
        raise Refused(400, "InvalidParameter", f"{name} may hold {IDS_MAX} ids at most.")
    return ids
