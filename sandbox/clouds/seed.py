"""Which jobs a service has. The seed decides: two worlds with one seed are equal."""

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from math import inf
from operator import attrgetter
from random import Random

from sandbox.clouds.example_jobs import known_jobs
from sandbox.clouds.jobs import Job, Plan, lay_out
from sandbox.clouds.raw_states import KINDS, Outcome
from sandbox.clouds.sample_texts import failure_for, name_for

HISTORY_S = 5 * 86_400
"""How far back the jobs of a new world go, in seconds."""
MODERATION_HISTORY_S = 28 * 60
MODERATION_BATCH_S = (14 * 60, 26 * 60)
"""Most of a new world's moderation jobs have an age in this range, in seconds: one upload of a whole archive."""
ARRIVAL_S = 75.0
"""Seconds between new jobs. At this pace the ten newest jobs of three services show several states."""
MODERATION_KEPT_S = 30 * 60
"""Seconds until the cloud deletes batch moderation jobs: 30 minutes at most (provider API notes, section 5.3)."""
JOBS_PER_MEDIA = 4


@dataclass(frozen=True, slots=True)
class Shape:
    """How many jobs a service starts with, and the seconds between new ones (0: none)."""

    jobs: int = 300
    arrival_s: float = ARRIVAL_S


def jobs_of(service: str, seed: str, start: float, shape: Shape) -> Iterator[Job]:
    """Yield a service's jobs in order of creation: the known ones, the history before `start`, and future ones."""
    random = Random(f"{seed}/{service}")  # noqa: S311  # a repeatable world, not a secret
    ages = _moderation_ages(random, shape) if service == "image-moderation" else _ages(random, shape)
    times = _creation_times(random, start, ages, shape.arrival_s)
    made = (_make(service, random, number, created) for number, created in enumerate(times))
    return merge(known_jobs(service, start), made, key=attrgetter("created"))


def gone_at(service: str, created: float) -> float:
    """Return when a cloud deletes a job."""
    return created + MODERATION_KEPT_S if service == "image-moderation" else inf


def media_id(number: int) -> str:
    """Return the media asset with this number. All services of an account work on the same ones."""
    return hashlib.md5(f"media/{number}".encode(), usedforsecurity=False).hexdigest()


def _ages(random: Random, shape: Shape) -> list[float]:
    """Return ages, oldest first: recent jobs at the pace of new ones, older jobs increasingly far apart."""
    recent = min(shape.arrival_s * shape.jobs, HISTORY_S)
    places = ((place + random.random()) / shape.jobs for place in reversed(range(shape.jobs)))
    return [recent * place + (HISTORY_S - recent) * place**3 for place in places]


def _moderation_ages(random: Random, shape: Shape) -> list[float]:
    """Return ages, oldest first, at most half an hour: jobs at the usual pace, and the rest in one batch."""
    steady = min(shape.jobs, int(MODERATION_HISTORY_S / shape.arrival_s)) if shape.arrival_s else shape.jobs
    ages = [(place + random.random()) / steady * MODERATION_HISTORY_S for place in range(steady)]
    ages += [random.uniform(*MODERATION_BATCH_S) for _ in range(shape.jobs - steady)]
    return sorted(ages, reverse=True)


def _creation_times(random: Random, start: float, ages: Iterable[float], arrival_s: float) -> Iterator[int]:
    yield from (int(start - age) for age in ages)
    tick = start
    while arrival_s > 0:
        tick += arrival_s
        yield int(tick - random.uniform(0, arrival_s))


def _make(service: str, random: Random, number: int, created: int) -> Job:
    salt = random.getrandbits(31)
    kind = _kind(service, number)
    outcome = _outcome(random.random())
    wait_s, run_s = random.randint(2, 15), _run_s(service, random)
    stages, started, finished = lay_out(KINDS[service][kind], Plan(created, wait_s, run_s, outcome), salt)
    failed = outcome != "succeeded" and stages[-1].word in KINDS[service][kind].failed
    return Job(
        id=_id(service, random, salt),
        name=name_for(salt, created),
        kind=kind,
        media=media_id(number // JOBS_PER_MEDIA),
        created=created,
        stages=stages,
        started=started,
        finished=finished,
        failure=failure_for(service, salt) if failed else None,
        salt=salt,
        gone=gone_at(service, created),
    )


def _kind(service: str, number: int) -> str:
    """Return a job's kind. Each media asset gets one job of each kind, two of the first where there is room."""
    kinds = list(KINDS[service])
    if service == "vod-jobs":
        return (kinds[0], kinds[1], kinds[2], kinds[0] if number % 12 < 8 else kinds[3])[number % 4]
    return kinds[1] if len(kinds) > 1 and number % 3 == 2 else kinds[0]


def _outcome(chance: float) -> Outcome:
    return "succeeded" if chance < 0.72 else "failed" if chance < 0.92 else "cancelled"


def _run_s(service: str, random: Random) -> int:
    """Return a run's length. Most take one or two minutes, short enough to watch; one in ten takes far longer."""
    if service == "image-moderation":
        return random.randint(15, 120)
    return random.randint(300, 2700) if random.random() < 0.1 else random.randint(20, 110)


def _id(service: str, random: Random, salt: int) -> str:
    """Return an id in the service's form (provider API notes, section 7)."""
    bits = random.getrandbits(128)
    if service in {"image-moderation", "digital-human"}:
        return str(uuid.UUID(int=bits, version=4))
    if service == "video-ocr" and salt % 12 == 0:
        return "task" + "".join("0123456789abcdefghijklmnopqrstuv"[bits >> 5 * i & 31] for i in range(8))
    return f"{bits:032x}"
