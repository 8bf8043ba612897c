"""The model of promises: cards and watches as they should be, and the events of each destination.

The changes of a job in one look are a step. A destination finds it once: as a separate post, as a member of the head of
a group, or as a count of a storm message. The name of a job changes with its state, so that it names the step.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from bot.domain.cards import On, SubscriptionOptions, To
from bot.domain.changes import EndReason
from providers.models import Job, JobState

EVENTS = {
    JobState.PENDING: "submitted",
    JobState.RUNNING: "started",
    JobState.SUCCEEDED: "succeeded",
    JobState.FAILED: "failed",
    JobState.CANCELLED: "cancelled",
}
FAILURES = frozenset({"failed", "lost"})
ENDS = frozenset({"succeeded", "failed", "cancelled", "lost"})
_ALWAYS = frozenset({"lost", "reopened"})
"""What every subscription notifies."""
_ASKED = {On.FAILED: FAILURES, On.DONE: ENDS, On.STARTED: frozenset({"started"})}


def asks(on: Iterable[On], event: str) -> bool:
    """Return whether one of the words of `on:` asks for an event of a job."""
    return any(each is On.ANY or event in _ASKED.get(each, ()) for each in on)


class Step(NamedTuple):
    """The changes of a job in one look: events with their ids, in their order, and why the subscription ended."""

    job: Job
    events: tuple[str, ...]
    ids: tuple[str, ...]
    end_reason: EndReason | None = None

    @property
    def ref(self) -> str:
        return str(self.job.ref)

    @property
    def failure(self) -> bool:
        return self.events[-1] in FAILURES

    @property
    def words(self) -> str:
        return key(self.job, self.events[-1])

    def after(self, earlier: "Step | None") -> "Step":
        """Return the step with an earlier one of the same job that was held."""
        return self._replace(events=(*earlier.events, *self.events)) if earlier else self


def key(job: Job, event: str) -> str:
    """Return the words of a step, by which it is compared. Those of a failure are the words of the group's member."""
    return f"{job.ref} {'failure' if event in FAILURES else event} {job.name}"


@dataclass
class Promises:
    """Steps that a destination finds once (True), or at most once (False), by their words."""

    steps: dict[str, bool] = field(default_factory=dict[str, bool])

    def surely(self, step: Step) -> None:
        self.steps[step.words] = True

    def perhaps(self, step: Step) -> None:
        """Any of its events, where a rule may want one and not the other."""
        for event in step.events:
            self.steps.setdefault(key(step.job, event), False)


@dataclass
class Modelled:
    """A card as it should be.

    `left_at` is when it was last unsubscribed from, `posts` how often it may be posted. The replies in its thread are
    in their order, each with whether it surely comes. The result of a batch is "final". `snoozed` is until when
    notifications are held. They are `held` by job. `watched` are the jobs whose last event a watch of the same
    destination wants.
    """

    promises: Promises
    asked: dict[str, SubscriptionOptions] = field(default_factory=dict[str, SubscriptionOptions])
    jobs: dict[str, EndReason | None] = field(default_factory=dict[str, EndReason | None])
    left_at: datetime | None = None
    posts: int = 1
    told: list[tuple[str, bool]] = field(default_factory=list[tuple[str, bool]])
    ends: dict[str, Step] = field(default_factory=dict[str, Step])
    snoozed: datetime | None = None
    held: dict[str, Step] = field(default_factory=dict[str, Step])
    held_final: bool = False
    watched: set[str] = field(default_factory=set[str])

    @property
    def options(self) -> SubscriptionOptions:
        """Return options that cover all subscribers."""
        each = list(self.asked.values())
        return each[0].model_copy(update={"on": frozenset(on for one in each for on in one.on)})

    @property
    def batch(self) -> bool:
        return len(self.jobs) > 1

    @property
    def over(self) -> bool:
        return all(self.jobs.values())

    def _in_thread(self) -> bool:
        """Return whether failures are replies too. They are where all subscribers want them in the thread."""
        return not self.batch and all(each.to is To.THREAD for each in self.asked.values())

    def changed(self, step: Step, *, watched: bool, maybe: bool = False) -> None:
        """Record a step of a job on the card.

        A watch of the destination wants it (`watched`), or may want it (`maybe`).
        """
        self.jobs[step.ref] = step.end_reason
        if step.end_reason:
            self.ends[step.ref] = step
        self.watched = self.watched | {step.ref} if watched else self.watched - {step.ref}
        if self.batch and self.over:
            self._final()
        elif step.events and self._wants(step):
            self._tell(step, watched=watched and not self.batch)
        elif step.events and watched and (step.failure or not self.batch):
            self._tell(step, watched=not self.batch, mine=False)
        elif step.events and (watched or maybe):
            self.promises.perhaps(step)

    def _wants(self, step: Step) -> bool:
        """Return whether the options want a reply about a step, or its job on a head."""
        wanted = any(event in _ALWAYS or asks(self.options.on, event) for event in step.events)
        if self.batch and not step.failure:
            return wanted and On.ANY in self.options.on and step.events[-1] not in ENDS
        return wanted

    def _tell(self, step: Step, *, watched: bool, mine: bool = True) -> None:
        """Post it now, or after the snooze. Of each job only the last is posted."""
        if not self.snoozed:
            self._say(step, in_thread=mine and self._in_thread())
        elif watched:
            self._say(step, in_thread=False)
        else:
            before = self.held.get(step.ref)
            self.held[step.ref] = step.after(before)
            if step.failure or (before and before.failure):
                self.promises.perhaps(step)  # an open group takes it in

    def _say(self, step: Step, *, in_thread: bool) -> None:
        self.promises.surely(step)
        if not step.failure or in_thread:
            self.told.append((step.words, True))

    def wakes(self) -> None:
        """End the snooze. What the options still want is posted."""
        self.snoozed = None
        held, self.held = self.held, {}
        if self.held_final:
            self.held_final = False
            self.told.append(("final", True))
            return
        for step in held.values():
            self._woken(step)

    def _woken(self, step: Step) -> None:
        if self._was_lost(step):
            self.promises.perhaps(step)
            self.told.append((step.words, False))
        elif self._wants(step):
            self._say(step, in_thread=self._in_thread())
        elif step.ref in self.watched:
            self.promises.perhaps(step)

    def _was_lost(self, step: Step) -> bool:
        """Return whether a job was lost, and found again, during the snooze."""
        return "lost" in step.events[:-1]

    def followed(self, ref: str, options: SubscriptionOptions) -> None:
        """Follow a job with these options.

        A batch is no longer finished then, and a job that exists again is no longer lost.
        """
        self.posts += self.over and bool(self.jobs)
        self.held_final = False
        if ref in self.held and self.held[ref].events[-1] == "lost":
            del self.held[ref]
        self.asked[options.user], self.jobs[ref] = options, None

    def found(self, ref: str) -> None:
        """Find a lost job again, which is followed as before."""
        self.held_final, self.jobs[ref] = False, None

    def left(self, ref: str, at: datetime) -> None:
        went_on = not self.over
        self.jobs[ref], self.left_at = EndReason.UNSUBSCRIBED, at
        self.held.pop(ref, None)
        if self.batch and self.over and went_on:
            self._final()

    def _final(self) -> None:
        """Finish a batch. This is posted once, with the results of all its jobs."""
        ends = {ref: step for ref, step in self.ends.items() if self.jobs[ref] is not EndReason.UNSUBSCRIBED}
        mine = any(step.events[-1] == "lost" or asks(self.options.on, step.events[-1]) for step in ends.values())
        for step in ends.values():
            self.promises.steps[step.words] = False  # the result of the batch says it too
        if not mine and not self.watched & ends.keys():
            return
        if self.snoozed:
            self.held_final = True
        else:
            self.told.append(("final", mine))
