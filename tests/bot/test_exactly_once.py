"""Every wanted change is posted once, in order, in its destination, despite crashes and races.

Hypothesis writes stories of people who subscribe, watch, mute, snooze and leave, of jobs that move, finish and vanish,
of answers that come too late, of deliveries that cross, and of processes that die before or after any step in Redis or
Slack. A small model says what is promised: each event is found once, as a post, a member of a head or a count.

More stories: `CALLBOARD_STORIES=2000 pytest tests/bot/test_exactly_once.py`
"""

import os
from collections import Counter
from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from bot.delivery import card_editor, dispatcher, sender
from bot.domain.cards import On, SubscriptionOptions, To
from bot.domain.changes import EndReason
from bot.domain.slack_ids import is_user
from bot.domain.watches import WatchSpec
from bot.polling import recorder, sweep
from bot.store import slack_rate_limits
from bot.store.redis.keys import BEGUN, NUMBERS, RULES
from bot.subscriptions.snooze import snooze
from bot.subscriptions.subscribe import subscribe, unsubscribe
from bot.watches.copies import repair_copies
from bot.watches.unwatch import unwatch
from providers.models import Job, JobRef, JobState
from tests.bot import received as workspace
from tests.bot.promised import EVENTS, Modelled, Step
from tests.bot.samples import SERVICE
from tests.bot.watched import HERE, LISTED, USERS, WatchedStory, codes, crashes, soon, specs

STORIES = int(os.environ.get("CALLBOARD_STORIES", "40"))
STEPS = 20

IDS = ["a", "b", "c", "d"]
ENDS = [JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED]
STORED = ["lost", "slow", "internal_error!"]
REFUSED = ["internal_error", "ratelimited", "invalid_blocks", "is_archived", "token_revoked", "cannot_reply_to_message"]
troubles = st.lists(st.sampled_from([*STORED, *REFUSED, "a_code_that_nobody_knows", ""]), max_size=3)
states = st.sampled_from([JobState.RUNNING, None, JobState.RUNNING, JobState.FAILED, *ENDS])
Told = tuple[str, JobState | None, str | None]
changes = st.lists(st.tuples(st.sampled_from(IDS), states, codes), min_size=1, max_size=5)
orders = st.lists(st.tuples(st.integers(0, 1), st.integers(1, 15)), min_size=2, max_size=6).map(
    lambda turns: [who for who, steps in turns for _ in range(steps)]
)
"""Which task continues, and for how many steps."""
terms_of = st.tuples(
    st.sampled_from(USERS),
    st.sampled_from([On.ANY, On.FAILED, On.DONE, On.STARTED, On.ANY, On.DONE]),
    st.sampled_from([None, None, To.HERE, To.DM, To.THREAD]),
)


class Story(WatchedStory):
    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, Job] = {}
        self.known: dict[str, Job] = {}
        self.following: dict[tuple[str, str], str] = {}
        self.lost: Counter[str] = Counter()
        self.gone: dict[str, tuple[JobState, dict[str, str]]] = {}
        self.ids = {each: each for each in IDS}

    # What people do.

    @initialize(places=st.lists(st.tuples(st.sampled_from(HERE), terms_of), min_size=1, max_size=3),
                watched=st.lists(st.tuples(specs, st.sampled_from(HERE)), max_size=3))  # fmt: skip
    def some_are_followed(
        self, places: list[tuple[str, tuple[str, On, To | None]]], watched: list[tuple[WatchSpec, str]]
    ) -> None:
        for spec, here in watched:
            self.watch(spec, here, USERS[0], None)
        for here, wanted in places:
            self.subscribe(IDS[:2], here, wanted, None)
            self.subscribe(IDS[2:3], here, wanted, None)

    @rule(ids=st.lists(st.sampled_from(IDS), min_size=1, max_size=3, unique=True), here=st.sampled_from(HERE),
          wanted=terms_of, crash=crashes)  # fmt: skip
    def subscribe(self, ids: list[str], here: str, wanted: tuple[str, On, To | None], crash: Any) -> None:
        self._clocks_strike()
        user, on, to = wanted
        self._new_jobs(ids)
        options = SubscriptionOptions(user=user, at=self.now, on=frozenset({on}), to=to)
        self._subscribe([self.ids[each] for each in ids], here, options, None, crash)

    def _new_jobs(self, names: list[str]) -> None:
        """Add an unfinished job of each name. One that vanished exists again."""
        for name in names:
            if name not in self.jobs or self.jobs[name].state.ended:
                self.number += 1
                self.ids[name] = f"{name}{self.number}" if name in self.jobs else self.ids[name]
                job = self.provider.job(self.ids[name])
                self.jobs[name] = self._moved(job, JobState.PENDING if self.number % 2 else JobState.RUNNING)
        self._cloud()

    def _subscribe(self, ids: list[str], here: str, options: SubscriptionOptions, card: str | None, crash: Any) -> None:
        refs = [JobRef(*SERVICE, job_id) for job_id in ids]
        destination = options.user if options.to is To.DM else here
        self.until_done(lambda: subscribe(self.services, refs, here, options, card=card), crash)
        for ref in refs:
            self._found(str(ref))
        for ref in refs:
            mine = self.run(self.store.tracked.subscribed_cards(ref))[destination]
            assert self.following.setdefault((destination, str(ref)), mine) == mine, (
                "who follows already keeps the card"
            )
            model = self.cards.setdefault((destination, mine), Modelled(self.promises[destination]))
            model.followed(str(ref), options)
            job = self.known.setdefault(str(ref), self.jobs[ref.id[0]])
            self.past.setdefault(str(ref), (1, {"submitted", EVENTS[job.state]}))

    def _found(self, ref: str) -> None:
        """Follow a job again for its subscribers at the time of its loss. That starts another attempt."""
        if ref not in self.gone:
            return
        before, cards = self.gone.pop(ref)
        job = self.jobs[JobRef.parse(ref).id[0]]
        moved = [EVENTS[job.state]] if job.state is not before else []
        number, _ = self.past[ref]
        self.past[ref] = (number + 1, {"submitted", "reopened", EVENTS[job.state]})
        for destination, card in cards.items():
            self.cards[destination, card].found(ref)
            self.following[destination, ref] = card
        self._noticed(self._of(job, number + 1, ["reopened", *moved]), cards)

    @rule(here=st.sampled_from(HERE), crash=crashes, data=st.data())
    def take_unsubscription_back(self, here: str, crash: Any, data: st.DataObject) -> None:
        self._clocks_strike()
        soon = timedelta(minutes=30)
        left = [
            (card, JobRef.parse(ref).id)
            for (destination, card), model in self.cards.items()
            if destination == here and model.left_at and self.now - model.left_at < soon
            for ref, end_reason in model.jobs.items()
            if end_reason is EndReason.UNSUBSCRIBED and (job := self._there(ref)) and not job.state.ended
        ]
        if left:
            card, job_id = data.draw(st.sampled_from(left))
            options = self.cards[here, card].options
            self._subscribe([job_id], here, options.model_copy(update={"to": None, "at": self.now}), card, crash)

    @precondition(lambda self: self.following)
    @rule(here=st.sampled_from(HERE), user=st.sampled_from(USERS), job_id=st.sampled_from(IDS), crash=crashes)
    def unsubscribe(self, here: str, user: str, job_id: str, crash: Any) -> None:
        self._clocks_strike()
        ref = JobRef(*SERVICE, self.ids[job_id])
        self.until_done(lambda: unsubscribe(self.services, [ref], here, user), crash)
        for destination in (here, user):
            self._left(destination, str(ref))

    def _left(self, destination: str, ref: str) -> None:
        if card := self.following.pop((destination, ref), None):
            self.cards[destination, card].left(ref, self.now)
            self._forget(ref)

    def _forget(self, ref: str) -> None:
        if all(ref != followed for _, followed in self.following):
            self.known.pop(ref, None)

    @precondition(lambda self: self.slack.said)
    @rule(data=st.data())
    def somebody_deletes_a_message(self, data: st.DataObject) -> None:
        """Not a post in flight: its arrival could never be proven."""
        said = data.draw(st.sampled_from(self.slack.said))
        said.gone |= not self.run(self.link.execute("EXISTS", BEGUN.of(said.channel.removeprefix("D"))))

    @precondition(lambda self: self.cards)
    @rule(data=st.data(), hours=st.sampled_from([None, 1, 4]), user=st.sampled_from(USERS), crash=crashes)
    def snooze(self, data: st.DataObject, hours: int | None, user: str, crash: Any) -> None:
        """For some hours, or no longer (None)."""
        self._clocks_strike()
        open_ = [name for name, model in self.cards.items() if not model.over or model.held or model.held_final]
        if not open_:
            return
        destination, card = data.draw(st.sampled_from(open_))
        until = self.now + timedelta(hours=hours) if hours else None
        self.until_done(lambda: snooze(self.services, card, destination, user, until), crash)
        if until:
            self.cards[destination, card].snoozed = until
        else:
            self.cards[destination, card].wakes()

    # What jobs do, and how it is seen.

    def _there(self, ref: str) -> Job | None:
        """The job of this ref, if its service has it."""
        job = self.jobs.get(JobRef.parse(ref).id[0])
        return job if job and str(job.ref) == ref else None

    def _cloud(self) -> None:
        self.provider.jobs = [*self.jobs.values(), self.witness]

    @precondition(lambda self: self.known)
    @rule(changes=changes, crash=crashes)
    def jobs_change(self, changes: list[Told], crash: Any) -> None:
        """Another word, only progress (None), or a final state, with an older answer about each."""
        self._clocks_strike()
        for name, to, code in changes:
            ref = str(JobRef(*SERVICE, self.ids[name]))
            if ref in self.known:
                self._older(ref, crash)
            if ref in self.known and self._there(ref):
                self._changes(ref, to, code, crash)

    @rule(changes=changes | st.just([]), crash=soon, trouble=troubles)
    def changes_are_told(self, changes: list[Told], crash: Any, trouble: list[str]) -> None:
        self.jobs_change(changes, None)
        for destination in HERE + USERS:
            self.slack.trouble = list(trouble)
            self.survived(dispatcher.deliver(self.services, destination), crash)
            self.slack.trouble = []

    @precondition(lambda self: self.known)
    @rule(data=st.data(), asleep=changes, awake=changes, crash=soon)
    def nobody_is_told_before_a_snooze_is_over(
        self, data: st.DataObject, asleep: list[Told],
        awake: list[Told], crash: Any,
    ) -> None:  # fmt: skip
        """Events are posted as they were then, however late the delivery."""
        self.snooze(data, 1, USERS[0], None)
        self.jobs_change(asleep, None)
        self.time_passes(4000, None)
        self.changes_are_told(awake, crash, [])

    @rule(changes=changes, crash=soon, order=orders, trouble=troubles)
    def changes_are_told_by_two(self, changes: list[Told], crash: Any, order: list[int], trouble: list[str]) -> None:
        self.jobs_change(changes, None)
        for destination in HERE:
            self.slack.trouble = list(trouble)
            work = (dispatcher.deliver(self.services, destination) for _ in range(2))
            self.survived(self.turns.run(cycle(order), *work), crash)
            self.slack.trouble = []

    def _changes(self, ref: str, to: JobState | None, code: str | None, crash: Any) -> None:
        self.number += 1
        name = JobRef.parse(ref).id[0]
        old = self.jobs[name]
        new = self._moved(old, to, code) if to else old.model_copy(update={"progress": self.number % 100})
        self.jobs[name] = new
        self._cloud()
        self._seen(ref, crash)

    def _seen(self, ref: str, crash: Any) -> None:
        job = self.jobs[JobRef.parse(ref).id[0]]
        self.until_done(lambda: recorder.observe(self.services, self.provider, [job], self.now), crash)
        before, self.known[ref] = self.known[ref], job
        if before.state is not job.state:
            self._changed(self._took(job, EndReason.ENDED if job.state.ended else None))

    def _changed(self, step: Step) -> None:
        mine = {destination: card for (destination, ref), card in self.following.items() if ref == step.ref}
        self._noticed(step, mine)
        if step.end_reason:
            del self.known[step.ref]
            for destination in mine:
                del self.following[destination, step.ref]

    def _older(self, ref: str, crash: Any) -> None:
        """An answer to an old question arrives."""
        old = self.known[ref].model_copy(update={"state": JobState.FAILED, "raw_state": "OLD"})
        long_ago = self.now - timedelta(days=2)
        self.until_done(lambda: recorder.observe(self.services, self.provider, [old], long_ago), crash)

    @precondition(lambda self: self.known)
    @rule(data=st.data(), crash=crashes)
    def a_job_vanishes(self, data: st.DataObject, crash: Any) -> None:
        self._clocks_strike()
        ref = data.draw(st.sampled_from(sorted(self.known)))
        for each in list(self.known):  # what the sweep sees on its way
            if each != ref and self._there(each):
                self._seen(each, None)
        self.jobs.pop(JobRef.parse(ref).id[0], None)
        self._cloud()
        job = self.known[ref]
        self.run(self.store.recent.remember([self.witness], self.now))
        # The last look has no crash: another search for a witness would have to wait.
        for each in [crash] * 6 + [None]:
            self.now += timedelta(seconds=140)
            self.until_done(lambda: sweep.sweep(self.services, self.provider), each)
        assert not self.run(self.store.tracked.subscribed_cards(JobRef.parse(ref)))
        cards = {destination: card for (destination, followed), card in self.following.items() if followed == ref}
        self.gone[ref] = (job.state, cards)
        for destination, card in cards.items():
            told_alone = not is_user(destination)
            self.lost[card] += len(self.cards[destination, card].asked) if told_alone else 0
        self._changed(self._of(job, self.past[ref][0], ["lost"], EndReason.NOT_FOUND))

    # What Callboard does.

    @rule(destination=st.sampled_from(HERE + USERS), crash=soon, order=orders)
    def cards_are_edited_while_others_deliver(self, destination: str, crash: Any, order: list[int]) -> None:
        work = (dispatcher.deliver(self.services, destination), card_editor.edit_cards(self.services, destination))
        self.survived(self.turns.run(cycle(order), *work), crash)

    @rule(seconds=st.sampled_from([1, 20, 400, 4000]), restored=st.none() | st.sampled_from(HERE))
    def time_passes(self, seconds: int, restored: str | None) -> None:
        self.now += timedelta(seconds=seconds)
        if restored:
            self.run(self.store.outbox.restore(restored))

    # Invariants at the finish.

    def teardown(self) -> None:
        try:
            self.slack.trouble = []
            self._clocks_strike()
            self.run(self._drain())
            self._all_told()
            self.now += timedelta(hours=5)
            self._clocks_strike()
            self.run(self._drain())
            self._all_told(settled=True)
            for destination, ref in list(self.following):
                self.run(unsubscribe(self.services, [JobRef.parse(ref)], destination, destination))
                self._left(destination, ref)
            self.run(self._drain())
            self._all_told(settled=True)
            self.run(self._forgotten())
            left = set(self.run(self._without_lifetime()))
            assert left <= {NUMBERS.of(""), *map(RULES.of, self._slots())}, (
                f"{left} is kept, and not only what ids were given"
            )
        finally:
            self.run(self.redis.aclose())
            self.runner.close()

    async def _forgotten(self) -> None:
        """Remove the watches, and advance the clock past the lifetime of everything kept."""
        for watch in self.watches.values():
            await unwatch(self.services, [watch.id], watch.place, watch.place)
        for days in (1, 8, card_editor.LOST_KEPT.days):
            self.now += timedelta(days=days)
            await repair_copies(self.services, HERE + USERS)
            for provider in (self.provider, self.listed):
                await sweep.sweep(self.services, provider)
            await self._drain()

    async def _drain(self) -> None:
        """Visit every destination that a worker would find, until none is left."""
        for destination in HERE + USERS:
            await self.store.outbox.restore(destination)
        for destination in sorted(await self._places()):
            for _ in range(200):
                wait = await dispatcher.deliver(self.services, destination)
                if wait is None:
                    break
                self.now += timedelta(seconds=wait)
            else:
                raise AssertionError(f"{destination} is never done")
            while (wait := await card_editor.edit_cards(self.services, destination)) is not None:
                self.now += timedelta(seconds=wait)
        if await self._left_over():
            await self._drain()

    async def _places(self) -> set[str]:
        states = await self.store.tracked.state([SERVICE, LISTED])
        return {each for _, _, pending in states for each in pending} | await self.store.outbox.destinations()

    async def _left_over(self) -> bool:
        snapshots = [await self.store.outbox.read(destination, self._slots()) for destination in HERE + USERS]
        return any(snapshot.entries or snapshot.in_flight or snapshot.stale for snapshot in snapshots)

    def _all_told(self, *, settled: bool = False) -> None:
        """Check what every destination received. `settled` says that nothing is held."""
        workspace.check_cards(self.slack.said, self.cards, self.lost)
        for destination in HERE + USERS:
            here = self.run(workspace.received(self.store, destination, self.slack.said, self._slots()))
            workspace.check_groups(here, self.slack.said)
            workspace.check_storms(here)
            workspace.check_found(here, self.promises[destination].steps, self.words, settled=settled)
            workspace.check_decisions(here, settled=settled)
            workspace.check_order(
                here, {card: model for (place, card), model in self.cards.items() if place == destination}
            )

    async def _without_lifetime(self) -> list[str]:
        return [name for name in await self.link.execute("KEYS", "*") if await self.link.execute("TTL", name) == -1]


def test_every_change_is_posted_exactly_once(redis_process: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    monkeypatch.setattr(sender, "draw", workspace.draw)
    monkeypatch.setattr(card_editor, "draw_card", workspace.draw_card)
    monkeypatch.setattr(card_editor, "draw_group", workspace.draw_group)
    monkeypatch.setattr(slack_rate_limits, "EDITS_A_MINUTE", 100_000)
    monkeypatch.setattr(slack_rate_limits, "POSTS_A_MINUTE", 100_000)
    print(f"{STORIES} stories; for more: CALLBOARD_STORIES=2000 pytest {__file__}")  # noqa: T201
    story = type("Story", (Story,), {"url": redis_process})
    health = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    bounds = settings(max_examples=STORIES, stateful_step_count=STEPS, suppress_health_check=health)
    run_state_machine_as_test(story, settings=bounds)
