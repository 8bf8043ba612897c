"""A storm: many jobs of a service that fail within a short time, for a few causes."""

from random import Random
from typing import Annotated, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox.clouds.failure_causes import CAUSES, CAUSES_MAX
from sandbox.clouds.job_orders import MANY, new_id
from sandbox.clouds.jobs import Failure, Job, Plan, lay_out
from sandbox.clouds.raw_states import KINDS
from sandbox.clouds.seed import gone_at

WITHIN_MAX_S = 7 * 86_400
LIFE_MAX_S = 60.0
"""A job of a storm lasts half of the storm's time, and at most this many seconds."""


class StormOrder(BaseModel):
    """A storm on services (`ACCOUNT/SERVICE`), which take its jobs in turn.

    It has `failures` within `within_s` seconds from now, for `causes` causes in each service; `succeeding` is the share
    of jobs that succeed. `{n}` in the name is the number of the job. With `same_time` all jobs are created in this
    second. `late_share` of the jobs appear in lists `listed_after_s` seconds after their creation.
    """

    model_config = ConfigDict(extra="forbid")

    services: Annotated[list[str], Field(min_length=1)]
    failures: int = Field(default=100, ge=1, le=MANY)
    causes: int = Field(default=3, ge=1, le=CAUSES_MAX)
    within_s: float = Field(default=60.0, gt=0, le=WITHIN_MAX_S)
    succeeding: float = Field(default=0.0, ge=0, le=0.99)
    kind: str | None = None
    name: str = Field(default="storm-{n}.mp4", min_length=1, max_length=90)
    same_time: bool = False
    listed_after_s: float = Field(default=0.0, ge=0)
    late_share: float = Field(default=1.0, ge=0, le=1)

    @model_validator(mode="after")
    def _known(self) -> Self:
        for _, service in self.targets:
            if service not in KINDS:
                raise ValueError(f"each service must be ACCOUNT/SERVICE, with one of {', '.join(KINDS)}")
            if self.kind is not None and self.kind not in KINDS[service]:
                raise ValueError(f"kind must be one of {', '.join(KINDS[service])}")
        if self.jobs > MANY:
            raise ValueError(f"{self.jobs} jobs are too many: the maximum is {MANY}")
        return self

    @property
    def targets(self) -> list[tuple[str, str]]:
        """Return the account and service of each target."""
        parts = (each.partition("/") for each in dict.fromkeys(self.services))
        return [(account, service) for account, _, service in parts]

    @property
    def jobs(self) -> int:
        """Return how many jobs there are in all."""
        return round(self.failures / (1 - self.succeeding))


class StormJob(NamedTuple):
    """A job of a storm, with its account and service."""

    account: str
    service: str
    job: Job

    @property
    def ref(self) -> str:
        """`ACCOUNT/SERVICE/ID`."""
        return f"{self.account}/{self.service}/{self.job.id}"


def storm(order: StormOrder, now: float) -> list[StormJob]:
    """Return the storm's jobs in finishing order, evenly spread over its time."""
    random = Random()  # noqa: S311  # simulation, not a secret
    fails = [True] * order.failures + [False] * (order.jobs - order.failures)
    random.shuffle(fails)
    failed = 0
    made: list[StormJob] = []
    for number, fail in enumerate(fails):
        turn = failed if fail else number
        account, service = order.targets[turn % len(order.targets)]
        cause = CAUSES[service][turn // len(order.targets) % order.causes]
        end = now + order.within_s * (number + 1) / order.jobs
        failure = cause.failure(random, end) if fail else None
        made.append(StormJob(account, service, _job(order, service, _Part(number, now, end, failure), random)))
        failed += fail
    return made


class _Part(NamedTuple):
    number: int
    now: float
    end: float
    failure: Failure | None


def _job(order: StormOrder, service: str, part: _Part, random: Random) -> Job:
    """Return a job created in a whole second, not before the storm.

    The vendors' times are whole seconds.
    """
    kind = order.kind or next(iter(KINDS[service]))
    life_s = random.uniform(0.4, 1) * min(LIFE_MAX_S, order.within_s / 2)
    created = int(part.now if order.same_time else max(part.now, part.end - life_s))
    wait_s = (part.end - created) / 4
    plan = Plan(created, wait_s, part.end - created - wait_s, "failed" if part.failure else "succeeded")
    stages, started, finished = lay_out(KINDS[service][kind], plan, salt=1)
    late = order.listed_after_s > 0 and random.random() < order.late_share
    return Job(
        id=new_id(service),
        name=order.name.replace("{n}", str(part.number + 1)),
        kind=kind,
        media=f"{random.getrandbits(128):032x}",
        created=created,
        stages=stages,
        started=started,
        finished=finished,
        failure=part.failure,
        salt=1,
        gone=gone_at(service, created),
        listed=created + order.listed_after_s if late else None,
    )
