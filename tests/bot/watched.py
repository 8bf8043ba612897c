"""The model of watches: the steps that a destination wants, and people's acts in a story."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from bot.delivery import dispatcher
from bot.domain.cards import On
from bot.domain.failure_groups import GroupKind
from bot.domain.watches import FailureCode, Threshold, WatchSpec
from bot.polling import sweep
from bot.subscriptions.snooze import snooze_group
from bot.watches.copies import repair_copies
from bot.watches.mute import mute
from bot.watches.unwatch import rewatch, unwatch
from bot.watches.watch import watch
from providers.models import Job, JobError, JobState
from tests.bot.fragile_bot import FragileBot
from tests.bot.memory import InMemory
from tests.bot.promised import EVENTS, Modelled, Promises, Step, asks, key
from tests.bot.samples import SERVICE

LISTED = ("acme", "listed")
"""A service that lists its jobs, none of which is followed."""
HERE = ["C1", "C2"]
USERS = ["U1", "U2"]
CODES = ["A", "A", "B", None]
AT_ONCE = (JobState.FAILED, JobState.FAILED, JobState.RUNNING, JobState.PENDING, JobState.SUCCEEDED)
UNDO = timedelta(hours=1)
NOTICED_WITHIN = timedelta(seconds=123)
"""The precision with which a story can date a step: it looks twice."""

crashes = st.none() | st.tuples(st.integers(0, 40), st.booleans())
soon = st.none() | st.tuples(st.integers(0, 14), st.booleans())
"""A delivery has about so many steps."""
codes = st.sampled_from(CODES)
specs = st.sampled_from(
    [
        WatchSpec(),
        WatchSpec(on=frozenset({On.ANY})),
        WatchSpec(service="listed"),
        WatchSpec(service="listed", on=frozenset({On.DONE, On.STARTED})),
        WatchSpec(code="A"),
        WatchSpec(without=(("code", "A"),), on=frozenset({On.DONE}), to="dm"),
        WatchSpec(after=Threshold(count=2, window_s=600)),
        WatchSpec(after=Threshold(count=3, window_s=3600), code="B", to="dm"),
    ]
)


@dataclass
class ModelledWatch:
    """A watch as it should be. `gap` are the steps since its removal, `times` the failures that it counts.

    `in_batches` are the jobs of batches that took a step since then.
    """

    id: str
    place: str
    spec: WatchSpec
    removed: datetime | None = None
    gap: list[Step] = field(default_factory=list[Step])
    in_batches: set[str] = field(default_factory=set[str])
    times: dict[tuple[str, ...], list[tuple[datetime, Step]]] = field(
        default_factory=dict[tuple[str, ...], list[tuple[datetime, Step]]]
    )

    def wants(self, step: Step) -> bool:
        """Return whether it wants one of the events of a step, and its filters let the job through."""
        code = step.job.error.code if step.job.error else None
        return (
            any(asks(self.spec.on, event) for event in step.events)
            and self.spec.service in {None, step.job.service}
            and self.spec.code in {None, code}
            and ("code", code) not in self.spec.without
        )

    def counts(self, step: Step, now: datetime) -> list[Step]:
        """Count a failure. Return those that reach the threshold with it."""
        after = self.spec.after
        if after is None or after.count is None or step.events[-1] == "lost":
            return []  # the story cannot date the look that recorded the loss of a job
        mine = self.times.setdefault(reason(step), [])
        mine.append((now, step))
        window = timedelta(seconds=after.window_s) - NOTICED_WITHIN
        within = [each for at, each in mine if now - at <= window]
        return within if len(within) >= after.count else []


def reason(step: Step) -> tuple[str, ...]:
    """Return the reason of a failed job, which decides on its group."""
    code = step.job.error.code if step.job.error else None
    return (step.job.service, str(code), step.events[-1])


class WatchedStory(FragileBot):
    """People watch, mute and snooze. Unfollowed jobs appear and vanish."""

    def __init__(self) -> None:
        super().__init__()
        self.listed = InMemory(*LISTED)
        self.services = self._deps(self.provider, self.listed)
        self.number = 0
        self.promises = {each: Promises() for each in HERE + USERS}
        self.watches: dict[str, ModelledWatch] = {}
        self.muted: dict[tuple[str, str, str], datetime] = {}
        self.cards: dict[tuple[str, str], Modelled] = {}
        self.past: dict[str, tuple[int, set[str]]] = {}
        self.noticed: dict[str, Job] = {}
        self.nobody: dict[int, Job] = {}
        self.words: dict[str, str] = {}

    # What people do.

    @rule(spec=specs, here=st.sampled_from(HERE), user=st.sampled_from(USERS), crash=crashes)
    def watch(self, spec: WatchSpec, here: str, user: str, crash: Any) -> None:
        self._clocks_strike()
        place = user if spec.to == "dm" else here
        self._settle(place)
        self.until_done(lambda: watch(self.services, spec, here, user), crash)
        self._copied()
        for each in self.run(self.store.watches.read([place]))[0].rules.active:
            self.watches.setdefault(each.id, ModelledWatch(each.id, place, each.spec))

    @precondition(lambda self: self.watches)
    @rule(data=st.data(), crash=crashes)
    def unwatch(self, data: st.DataObject, crash: Any) -> None:
        self._clocks_strike()
        mine = data.draw(st.sampled_from(sorted(self.watches)))
        model = self.watches[mine]
        if model.removed:
            return
        self._settle(model.place)
        self.until_done(lambda: unwatch(self.services, [mine], model.place, model.place), crash)
        self._copied()
        model.removed = self.now

    @precondition(lambda self: any(each.removed for each in self.watches.values()))
    @rule(crash=crashes)
    def take_removal_back(self, crash: Any) -> None:
        self._clocks_strike()
        soon = UNDO - timedelta(minutes=10)
        for model in self.watches.values():
            if not model.removed or self.now - model.removed > soon:
                continue
            self.until_done(lambda model=model: rewatch(self.services, [model.id], model.place, model.place), crash)
            self._copied()
            if self.run(self.store.watches.read([model.place]))[0].rules.watch(model.id).removed:
                continue  # another one already asks for the same
            for step in model.gap:
                self.promises[model.place].surely(step)
            for (place, _), card in self.cards.items():
                card.watched = card.watched | (model.in_batches if place == model.place else set())
            model.removed, model.gap, model.in_batches = None, [], set()

    @rule(here=st.sampled_from(HERE + USERS), user=st.sampled_from(USERS), crash=crashes,
          service=st.sampled_from([SERVICE, LISTED]), code=st.sampled_from(["A", "B"]))  # fmt: skip
    def mute(self, here: str, user: str, crash: Any, service: tuple[str, str], code: str) -> None:
        self._clocks_strike()
        self._settle(here)
        self.until_done(lambda: mute(self.services, FailureCode(*service, None, code), here, user), crash)
        self.muted[here, service[1], code] = self.now + timedelta(days=7)

    @rule(here=st.sampled_from(HERE + USERS), hours=st.sampled_from([None, 1]), crash=crashes)
    def snooze_a_head(self, here: str, hours: int | None, crash: Any) -> None:
        """Its lines stop. The head still shows failures."""
        self._clocks_strike()
        until = self.now + timedelta(hours=hours) if hours else None
        groups = self.run(self.store.outbox.read(here, self._slots())).groups.values()
        for name in [each.id for each in groups if each.open and each.group is GroupKind.FAILURES][:1]:
            self.until_done(lambda name=name: snooze_group(self.services, name, here, here, until), crash)

    @precondition(lambda self: self.watches)
    @rule(number=st.integers(1, 8), code=codes, crash=soon, place=st.sampled_from(HERE + USERS))
    def many_fail_and_that_is_told(self, number: int, code: str | None, crash: Any, place: str) -> None:
        self.jobs_of_nobody([(slot, JobState.FAILED, code) for slot in range(number)], None)
        for destination in [place, *HERE]:
            self.survived(dispatcher.deliver(self.services, destination), crash)

    def _settle(self, destination: str) -> None:
        """Deliver what waits: changed rules decide about events from now on."""
        self.run(self.store.outbox.restore(destination))
        while (wait := self.run(dispatcher.deliver(self.services, destination))) is not None:
            self.now += timedelta(seconds=wait)

    def _copied(self) -> None:
        """Do the minute's work, and read what existed before a watch."""
        self.run(repair_copies(self.services, HERE + USERS))
        self._look_around(None)

    # What unfollowed jobs do.

    @precondition(lambda self: self.watches)
    @rule(changes=st.lists(st.tuples(st.integers(0, 5), st.sampled_from(AT_ONCE), codes), min_size=1, max_size=8),
          crash=crashes)  # fmt: skip
    def jobs_of_nobody(self, changes: list[tuple[int, JobState, str | None]], crash: Any) -> None:
        self._clocks_strike()
        for slot, state, code in changes:
            self.number += 1
            job = self.nobody.get(slot)
            if job is None or job.state.ended:
                job = self.listed.job(f"n{self.number}").model_copy(update={"created_at": self.now})
            self.nobody[slot] = self._moved(job, state, code)
            self._lists([self.nobody[slot], *(each for each in self.listed.jobs if each.id != job.id)])
        self._look_around(crash)

    def _lists(self, jobs: list[Job]) -> None:
        """List these jobs in the service, newest first."""
        created = {each.id: each.created_at or self.now for each in jobs}
        self.listed.jobs = sorted(jobs, key=lambda job: created[job.id], reverse=True)

    def _moved(self, job: Job, state: JobState, code: str | None = None) -> Job:
        error = JobError(code=code) if state is JobState.FAILED and code else None
        named = {"name": f"R{self.number}", "raw_state": f"R{self.number}"}
        return job.model_copy(update={"state": state, "error": error, **named})

    def _look_around(self, crash: Any) -> None:
        """Sweep the service that lists until all is seen. It is not polled without a watch."""
        self.now += timedelta(seconds=61)
        self.run(sweep.sweep(self.services, self.provider))
        if not self.run(self.store.routes.watched([LISTED]))[LISTED]:
            self.noticed = {}
            self.run(sweep.sweep(self.services, self.listed))
            return
        began = self.run(self.store.discovery.read(LISTED))[1].since is None
        self.until_done(lambda: sweep.sweep(self.services, self.listed), crash)
        self.now += timedelta(seconds=61)
        self.run(sweep.sweep(self.services, self.listed))
        for job in self.listed.jobs:
            before = self.noticed.get(job.id)
            self.noticed[job.id] = job
            if began:
                self.past[str(job.ref)] = (1, {"submitted", EVENTS[job.state]})
            elif before is None or before.state is not job.state:
                self._noticed(self._took(job, new=before is None))

    # Who wants to know.

    def _took(self, job: Job, end_reason: Any = None, *, new: bool = False) -> Step:
        """Return the news of a job that moved. Each event happens once in an attempt."""
        ref, event = str(job.ref), EVENTS[job.state]
        number, past = self.past.setdefault(ref, (1, set()))
        events = [each for each in (["submitted"] if new else []) + [event] if each not in past]
        events = list(dict.fromkeys(events))
        past.update(events)
        return self._of(job, number, events, end_reason)

    def _of(self, job: Job, number: int, events: list[str], end_reason: Any = None) -> Step:
        ids = tuple(f"{job.ref}#{number}/{event}" for event in events)
        step = Step(job, tuple(events), ids, end_reason)
        self.words |= {name: key(job, event) for name, event in zip(ids, events, strict=True)}
        return step

    def _noticed(self, step: Step, following: dict[str, str] | None = None) -> None:
        """Record a step. Each destination wants it because of a card, of which there may be one, or of a watch."""
        if not step.events and not step.end_reason:
            return
        for destination in HERE + USERS:
            card = (following or {}).get(destination)
            watched, maybe = self._watched(destination, step) if step.events else (False, False)
            if card:
                self.cards[destination, card].changed(step, watched=watched, maybe=maybe)
            elif watched:
                self.promises[destination].surely(step)
            elif maybe:
                self.promises[destination].perhaps(step)

    def _watched(self, destination: str, step: Step) -> tuple[bool, bool]:
        """Return whether a watch wants a step, and whether one may want it."""
        mine = [each for each in self.watches.values() if each.place == destination and each.wants(step)]
        code = step.job.error.code if step.job.error else ""
        until = self.muted.get((destination, step.job.service, code or ""))
        if step.failure and until and self.now < until:
            return False, len(step.events) > 1
        batch = self._in_batch(destination, step)
        at_once = [each for each in mine if not each.removed and (not each.spec.after or batch or not step.failure)]
        for each in mine:
            if each.removed and self.now - each.removed < UNDO:
                self._in_gap(each, step, batch=batch)
            elif each.spec.after and not each.removed and step.failure and not batch:
                for reached in each.counts(step, self.now):
                    self.promises[destination].surely(reached)
        return bool(at_once), bool(mine)

    def _in_gap(self, watch: ModelledWatch, step: Step, *, batch: bool) -> None:
        """Record a step after a watch was removed. It is found if that is undone, unless a card has it."""
        mine = [card for (place, _), card in self.cards.items() if place == watch.place and step.ref in card.jobs]
        for card in mine:
            card.told.append((step.words, False))  # delivered after the undo
        if batch:
            watch.in_batches.add(step.ref)
        elif not watch.spec.after if step.failure else not mine:
            watch.gap.append(step)

    def _in_batch(self, destination: str, step: Step) -> bool:
        return any(
            place == destination and card.batch and step.ref in card.jobs and not card.jobs[step.ref]
            for (place, _), card in self.cards.items()
        )

    def _slots(self) -> list[str]:
        return ["/".join(SERVICE), "/".join(LISTED)]

    def _clocks_strike(self) -> None:
        """End the snoozes that are over, or would end during the next action."""
        ends = [model.snoozed for model in self.cards.values() if model.snoozed]
        self.now = max([self.now, *(end for end in ends if end - self.now < timedelta(minutes=20))])
        for model in self.cards.values():
            if model.snoozed and model.snoozed <= self.now:
                model.wakes()
