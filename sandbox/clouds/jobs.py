"""A simulated job: plain data, from which its state at any instant follows."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import NamedTuple

from sandbox.clouds.provider_clock import RIGHT, ProviderClock
from sandbox.clouds.raw_states import Outcome, RawStates
from sandbox.clouds.timestamps import iso


class Stage(NamedTuple):
    """A raw state, and the instant (seconds since 1970) at which it starts."""

    at: float
    word: str


class Failure(NamedTuple):
    """Why a job failed, in the vendor's words."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Job:
    """One job, from its creation to its finish. Instants are true seconds since 1970; future ones are plans.

    `salt` is the job's own number, which varies its replies. `listed` is when lists start to show the job (None:
    immediately), `clock` is the provider's clock, and `created_reading` is what it showed at the job's creation.
    """

    id: str
    name: str
    kind: str
    media: str
    created: float
    stages: tuple[Stage, ...]
    started: float | None = None
    finished: float | None = None
    failure: Failure | None = None
    salt: int = 0
    gone: float = inf
    """When the cloud deletes the job."""
    listed: float | None = None
    clock: ProviderClock = field(default=RIGHT, compare=False, repr=False)
    created_reading: float | None = field(default=None, compare=False, repr=False)

    def reading(self, instant: float) -> float:
        """Return what the provider's clock showed at a true instant of this job."""
        if self.created_reading is not None and instant == self.created:
            return self.created_reading
        return self.clock.reading(instant)

    def stamp(self, instant: float) -> str:
        """Return a true instant as the provider writes it."""
        return iso(self.reading(instant))

    def stamp_or(self, instant: float | None, otherwise: str | None) -> str | None:
        """Return an instant as the provider writes it, or `otherwise` for an unknown one."""
        return otherwise if instant is None else self.stamp(instant)

    def stage(self, now: float) -> Stage:
        """Return the job's current stage."""
        for stage in reversed(self.stages):
            if stage.at <= now:
                return stage
        return self.stages[0]

    def word(self, now: float) -> str:
        """Return the raw state."""
        return self.stage(now).word

    def settled(self, now: float) -> bool:
        """Return True if the job has reached its last stage."""
        return self.stages[-1].at <= now

    def started_by(self, now: float) -> float | None:
        """Return when the job started, if it has."""
        return self.started if self.started is not None and self.started <= now else None

    def finished_by(self, now: float) -> float | None:
        """Return when the job finished, if it has."""
        return self.finished if self.finished is not None and self.finished <= now else None

    def failure_by(self, now: float) -> Failure | None:
        """Return why the job failed, if it has."""
        return self.failure if self.finished_by(now) is not None else None

    def progress(self, now: float) -> int:
        """Return the completed part of the run in percent, 0 to 100."""
        if self.started is None or self.finished is None:
            return 0
        return int(100 * min(1.0, max(0.0, (now - self.started) / max(1.0, self.finished - self.started))))


class Plan(NamedTuple):
    """When a job is created, how many seconds it waits and runs, and its outcome."""

    created: float
    wait_s: float
    run_s: float
    outcome: Outcome


def lay_out(words: RawStates, plan: Plan, salt: int = 0) -> tuple[tuple[Stage, ...], float | None, float]:
    """Return the stages of a planned job, its start (None: never) and its finish."""
    start = plan.created + (plan.wait_s if words.pending else 0)
    end_word = words.ending(plan.outcome, salt)
    pending = _spread(words.pending, plan.created, start)
    if end_word == words.cancelled and words.stopping is None:
        return (*pending, Stage(start, end_word)), None, start
    end = start + plan.run_s
    return (*pending, *_run(words, start, end, end_word, salt), Stage(end, end_word)), start, end


def end_now(job: Job, words: RawStates, now: float, outcome: Outcome, failure: Failure | None = None) -> Job:
    """Return the same job, finished at this instant.

    Raises:
        ValueError: The job has already finished, or cannot finish with this outcome.
    """
    if job.finished_by(now) is not None:
        raise ValueError(f"{job.id} has already finished: it is {job.word(now)}")
    if outcome == "cancelled" and words.cancelled is None:
        raise ValueError(f"a job of kind {job.kind} cannot be canceled")
    past = tuple(stage for stage in job.stages if stage.at <= now)
    return replace(
        job,
        stages=(*past, Stage(now, words.ending(outcome))),
        started=job.started_by(now) or (now if outcome != "cancelled" else None),
        finished=now,
        failure=failure if outcome == "failed" else None,
    )


def _spread(names: Sequence[str], begin: float, end: float) -> tuple[Stage, ...]:
    return tuple(Stage(begin + (end - begin) * i / len(names), name) for i, name in enumerate(names))


def _run(words: RawStates, start: float, end: float, end_word: str, salt: int) -> tuple[Stage, ...]:
    """Return the stages of a run: the first word briefly, the last for the rest. About one run in 40 has a detour."""
    *openings, steady = words.running
    moment = min(3.0, (end - start) / 4)
    stages = [Stage(start + i * moment / len(openings), name) for i, name in enumerate(openings)]
    stages.append(Stage(start + moment if openings else start, steady))
    if words.detours and salt % 40 == 0:
        detour = words.detours[salt // 40 % len(words.detours)]
        stages += [Stage(start + (end - start) * 0.5, detour), Stage(start + (end - start) * 0.7, steady)]
    if end_word == words.cancelled:
        stages += [Stage(end - min(2.0, (end - start) / 5), name) for name in words.stopping or ()]
    return tuple(stages)
