"""Orders to the world: add a job, or end one."""

import hashlib
import uuid
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

from sandbox.clouds.jobs import Failure, Job, Plan, Stage, lay_out
from sandbox.clouds.raw_states import KINDS, Outcome
from sandbox.clouds.sample_texts import FAILURES
from sandbox.clouds.seed import gone_at

MANY = 10_000
"""The most jobs that one order can add or end."""


class JobOrder(BaseModel):
    """A job to add: created `created_ago_s` ago, pending for `wait_s`, then running for `run_s`.

    With `raw_state` the job stays in that state, even one that the vendor does not document. `count` adds several.
    Lists show the job from `listed_after_s` seconds after its creation; a look-up by id finds it immediately.
    """

    model_config = ConfigDict(extra="forbid")

    account: str
    service: str
    id: str | None = Field(default=None, min_length=1, max_length=64)
    name: str = Field(default="ordered-job.mp4", min_length=1)
    kind: str | None = None
    media: str | None = None
    created_ago_s: float = Field(default=0.0, ge=0)
    wait_s: float = Field(default=5.0, ge=0)
    run_s: float = Field(default=30.0, ge=0)
    outcome: Outcome = "succeeded"
    error_code: str | None = None
    error_message: str | None = None
    raw_state: str | None = None
    listed_after_s: float = Field(default=0.0, ge=0)
    count: int = Field(default=1, ge=1, le=MANY)

    @model_validator(mode="after")
    def _known(self) -> Self:
        if self.service not in KINDS:
            raise ValueError(f"service must be one of {', '.join(KINDS)}")
        if self.kind is not None and self.kind not in KINDS[self.service]:
            raise ValueError(f"kind must be one of {', '.join(KINDS[self.service])}")
        if self.count > 1 and self.id is not None:
            raise ValueError("only one job can have the id")
        return self


JobOrders = TypeAdapter(JobOrder | Annotated[list[JobOrder], Field(min_length=1, max_length=MANY)])
"""One order, or a list of them."""


class EndOrder(BaseModel):
    """How a job ends."""

    model_config = ConfigDict(extra="forbid")

    state: Outcome
    error_code: str | None = None
    error_message: str | None = None

    @property
    def failure(self) -> Failure:
        """Return the reason for a failure."""
        return Failure(self.error_code or "Sandbox.Ended", self.error_message or "Ended manually in the sandbox")


class EndOrders(EndOrder):
    """How many jobs end."""

    ids: Annotated[list[str], Field(min_length=1, max_length=MANY)]


def make(order: JobOrder, now: float) -> Job:
    """Return the ordered job. Instants are whole seconds, because the vendors' times are."""
    kind = order.kind or next(iter(KINDS[order.service]))
    created = int(now - order.created_ago_s)
    plan = Plan(created, order.wait_s, order.run_s, order.outcome)
    stages, started, finished = lay_out(KINDS[order.service][kind], plan, salt=1)
    if order.raw_state is not None:
        stages, finished = (Stage(created, order.raw_state),), None
    job_id = order.id or new_id(order.service)
    return Job(
        id=job_id,
        name=order.name,
        kind=kind,
        media=order.media or hashlib.md5(job_id.encode(), usedforsecurity=False).hexdigest(),
        created=created,
        stages=stages,
        started=started,
        finished=finished,
        failure=_failure(order) if order.outcome == "failed" else None,
        salt=1,
        gone=gone_at(order.service, created),
        listed=created + order.listed_after_s if order.listed_after_s else None,
    )


def _failure(order: JobOrder) -> Failure:
    usual = FAILURES[order.service][0]
    return Failure(order.error_code or usual.code, order.error_message or usual.message)


def new_id(service: str) -> str:
    """Return a new id in the service's form (provider API notes, section 7)."""
    fresh = uuid.uuid4()
    return str(fresh) if service in {"image-moderation", "digital-human"} else fresh.hex
