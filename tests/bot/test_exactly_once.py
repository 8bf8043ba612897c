"""Every change that was asked for is told once, in its order, in its place: whatever crashes, and whoever is at it.

Hypothesis writes stories of people who subscribe, snooze and leave, of jobs that move, end and vanish, of answers that
come too late, of deliveries that cross, and of processes that die before or after any step in Redis or Slack. A small
model says what is to be told. More stories: `CALLBOARD_STORIES=2000 pytest tests/bot/test_exactly_once.py`
"""

import json
import os
from collections import Counter
from datetime import timedelta
from itertools import cycle
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule, run_state_machine_as_test

from bot.delivery import card_editor, dispatcher, rendering, sender
from bot.deps.deps import Deps
from bot.domain.cards import Card, On, SubscriptionOptions, To
from bot.domain.changes import EndReason
from bot.domain.notifications import Notification
from bot.domain.slack_ids import is_user
from bot.polling import recorder, sweep
from bot.store import slack_rate_limits
from bot.store.redis.keys import BEGUN
from bot.subscriptions.snooze import snooze
from bot.subscriptions.subscribe import subscribe, unsubscribe
from bot.views.slack.block_kit import Message
from providers.models import Job, JobRef, JobState
from tests.bot.fragile_bot import FragileBot
from tests.bot.promised import Modelled, drawn, written
from tests.bot.samples import SERVICE

STORIES = int(os.environ.get("CALLBOARD_STORIES", "40"))
STEPS = 20


async def draw(deps: Deps, notification: Notification) -> Message:
    real = await rendering.draw(deps, notification)
    return Message(json.dumps(written(notification)), real.blocks)


async def draw_card(deps: Deps, card: Card) -> Message:
    real = await rendering.draw_card(deps, card)
    return Message(json.dumps(drawn(card)), real.blocks)


IDS = ["a", "b", "c", "d"]
HERE = ["C1", "C2"]
USERS = ["U1", "U2"]
ENDS = [JobState.SUCCEEDED, JobState.FAILED, JobState.CANCELLED]
STORED = ["lost", "slow", "internal_error!"]
REFUSED = ["internal_error", "ratelimited", "invalid_blocks", "is_archived", "token_revoked", "cannot_reply_to_message"]
troubles = st.lists(st.sampled_from([*STORED, *REFUSED, "a_code_that_nobody_knows", ""]), max_size=3)
crashes = st.none() | st.tuples(st.integers(0, 40), st.booleans())
soon = st.none() | st.tuples(st.integers(0, 14), st.booleans())
"""A delivery has about so many steps."""
states = st.sampled_from([JobState.RUNNING, None, JobState.RUNNING, *ENDS])
changes = st.lists(st.tuples(st.sampled_from(IDS), states), min_size=1, max_size=5)
orders = st.lists(st.tuples(st.integers(0, 1), st.integers(1, 15)), min_size=2, max_size=6).map(
    lambda turns: [who for who, steps in turns for _ in range(steps)]
)
"""Who goes on, and for how many steps."""
terms_of = st.tuples(
    st.sampled_from(USERS), st.sampled_from([On.ANY, *On]), st.sampled_from([None, None, To.HERE, To.DM])
)


class Story(FragileBot):
    def __init__(self) -> None:
        super().__init__()
        self.jobs: dict[str, Job] = {}
        self.known: dict[str, Job] = {}
        self.following: dict[tuple[str, str], str] = {}
        self.cards: dict[tuple[str, str], Modelled] = {}
        self.lost: Counter[str] = Counter()
        self.gone: dict[str, dict[str, str]] = {}
        self.number = 0

    # What people do.

    @initialize(places=st.lists(st.tuples(st.sampled_from(HERE), terms_of), min_size=1, max_size=3))
    def some_are_followed(self, places: list[tuple[str, tuple[str, On, To | None]]]) -> None:
        for here, wanted in places:
            self.subscribe(IDS[:2], here, wanted, None)
            self.subscribe(IDS[2:3], here, wanted, None)

    @rule(ids=st.lists(st.sampled_from(IDS), min_size=1, max_size=3, unique=True), here=st.sampled_from(HERE),
          wanted=terms_of, crash=crashes)  # fmt: skip
    def subscribe(self, ids: list[str], here: str, wanted: tuple[str, On, To | None], crash: Any) -> None:
        self._clocks_strike()
        user, on, to = wanted
        for job_id in ids:
            if job_id not in self.jobs or self.jobs[job_id].state.ended:
                self.number += 1
                self.jobs[job_id] = self.provider.job(job_id, raw_state=f"R{self.number}")
        self._cloud()
        self._subscribe(ids, here, SubscriptionOptions(user=user, at=self.now, on=frozenset({on}), to=to), None, crash)

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
            model = self.cards.setdefault((destination, mine), Modelled())
            model.followed(str(ref), options)
            self.known.setdefault(str(ref), self.jobs[ref.id])

    def _found(self, ref: str) -> None:
        """Whoever followed a job until it was lost follows it again."""
        for destination, card in self.gone.pop(ref, {}).items():
            self.cards[destination, card].found(ref, self.jobs[JobRef.parse(ref).id])
            self.following[destination, ref] = card

    @rule(here=st.sampled_from(HERE), crash=crashes, data=st.data())
    def take_unsubscription_back(self, here: str, crash: Any, data: st.DataObject) -> None:
        self._clocks_strike()
        soon = timedelta(minutes=30)
        left = [
            (card, JobRef.parse(ref).id)
            for (destination, card), model in self.cards.items()
            if destination == here and model.left_at and self.now - model.left_at < soon
            for ref, end_reason in model.jobs.items()
            if end_reason is EndReason.UNSUBSCRIBED and JobRef.parse(ref).id in self.jobs
            if not self.jobs[JobRef.parse(ref).id].state.ended
        ]
        if left:
            card, job_id = data.draw(st.sampled_from(left))
            options = self.cards[here, card].options
            self._subscribe([job_id], here, options.model_copy(update={"to": None, "at": self.now}), card, crash)

    @precondition(lambda self: self.following)
    @rule(here=st.sampled_from(HERE), user=st.sampled_from(USERS), job_id=st.sampled_from(IDS), crash=crashes)
    def unsubscribe(self, here: str, user: str, job_id: str, crash: Any) -> None:
        self._clocks_strike()
        ref = JobRef(*SERVICE, job_id)
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
        """Not one that is still under way: nobody could ever know that it arrived."""
        said = data.draw(st.sampled_from(self.slack.said))
        said.gone |= not self.run(self.link.execute("EXISTS", BEGUN.of(said.channel.removeprefix("D"))))

    @precondition(lambda self: self.cards)
    @rule(data=st.data(), hours=st.sampled_from([None, 1, 4]), user=st.sampled_from(USERS), crash=crashes)
    def snooze(self, data: st.DataObject, hours: int | None, user: str, crash: Any) -> None:
        """For some hours, or no longer (None)."""
        self._clocks_strike()
        open_ = [name for name, model in self.cards.items() if not model.over or model.held]
        if not open_:
            return
        destination, card = data.draw(st.sampled_from(open_))
        until = self.now + timedelta(hours=hours) if hours else None
        self.until_done(lambda: snooze(self.services, card, destination, user, until), crash)
        if until:
            self.cards[destination, card].snoozed = until
        else:
            self.cards[destination, card].wakes()

    def _clocks_strike(self) -> None:
        """End the snoozes whose time is over, or would be in the middle of what comes next."""
        ends = [model.snoozed for model in self.cards.values() if model.snoozed]
        self.now = max([self.now, *(end for end in ends if end - self.now < timedelta(minutes=20))])
        for model in self.cards.values():
            if model.snoozed and model.snoozed <= self.now:
                model.wakes()

    # What jobs do, and how it is seen.

    def _cloud(self) -> None:
        self.provider.jobs = [*self.jobs.values(), self.witness]

    @precondition(lambda self: self.known)
    @rule(changes=changes, crash=crashes)
    def jobs_change(self, changes: list[tuple[str, JobState | None]], crash: Any) -> None:
        """Another word, progress alone (None), or an end; and an older answer comes about each."""
        self._clocks_strike()
        for job_id, to in changes:
            ref = str(JobRef(*SERVICE, job_id))
            if ref in self.known:
                self._older(ref, crash)
            if ref in self.known and job_id in self.jobs:
                self._changes(ref, to, crash)

    @rule(changes=changes | st.just([]), crash=soon, trouble=troubles)
    def changes_are_told(self, changes: list[tuple[str, JobState | None]], crash: Any, trouble: list[str]) -> None:
        self.jobs_change(changes, None)
        for destination in HERE + USERS:
            self.slack.trouble = list(trouble)
            self.survived(dispatcher.deliver(self.services, destination), crash)
            self.slack.trouble = []

    @precondition(lambda self: self.known)
    @rule(data=st.data(), asleep=changes, awake=changes, crash=soon)
    def nobody_is_told_before_a_snooze_is_over(
        self, data: st.DataObject, asleep: list[tuple[str, JobState | None]],
        awake: list[tuple[str, JobState | None]], crash: Any,
    ) -> None:  # fmt: skip
        """What happened then is told by what it was then, not by when somebody comes to tell it."""
        self.snooze(data, 1, USERS[0], None)
        self.jobs_change(asleep, None)
        self.time_passes(4000, None)
        self.changes_are_told(awake, crash, [])

    @rule(changes=changes, crash=soon, order=orders, trouble=troubles)
    def changes_are_told_by_two(
        self, changes: list[tuple[str, JobState | None]], crash: Any, order: list[int], trouble: list[str]
    ) -> None:
        self.jobs_change(changes, None)
        for destination in HERE:
            self.slack.trouble = list(trouble)
            work = (dispatcher.deliver(self.services, destination) for _ in range(2))
            self.survived(self.turns.run(cycle(order), *work), crash)
            self.slack.trouble = []

    def _changes(self, ref: str, to: JobState | None, crash: Any) -> None:
        job_id = JobRef.parse(ref).id
        self.number += 1
        old = self.jobs[job_id]
        new = {"progress": self.number % 100} if to is None else {"state": to, "raw_state": f"R{self.number}"}
        self.jobs[job_id] = old.model_copy(update=new)
        self._cloud()
        self._seen(ref, crash)

    def _seen(self, ref: str, crash: Any) -> None:
        job = self.jobs[JobRef.parse(ref).id]
        self.until_done(lambda: recorder.observe(self.services, self.provider, [job], self.now), crash)
        before, self.known[ref] = self.known[ref], job
        if (before.state, before.raw_state) != (job.state, job.raw_state):
            self._changed(ref, job, "moved", EndReason.ENDED if job.state.ended else None)

    def _changed(self, ref: str, job: Job, kind: str, end_reason: EndReason | None) -> None:
        for (destination, followed), card in list(self.following.items()):
            if followed == ref:
                self.cards[destination, card].changed(job, kind, end_reason)
                told_alone = end_reason is EndReason.NOT_FOUND and not is_user(destination)
                self.lost[card] += len(self.cards[destination, card].asked) if told_alone else 0
                if end_reason:
                    del self.following[destination, followed]
        if end_reason:
            del self.known[ref]

    def _older(self, ref: str, crash: Any) -> None:
        """An answer comes to a question that was asked long ago."""
        old = self.known[ref].model_copy(update={"state": JobState.FAILED, "raw_state": "OLD"})
        long_ago = self.now - timedelta(days=2)
        self.until_done(lambda: recorder.observe(self.services, self.provider, [old], long_ago), crash)

    @precondition(lambda self: self.known)
    @rule(data=st.data(), crash=crashes)
    def a_job_vanishes(self, data: st.DataObject, crash: Any) -> None:
        self._clocks_strike()
        ref = data.draw(st.sampled_from(sorted(self.known)))
        for each in list(self.known):  # what the sweep will see on its way
            if each != ref and JobRef.parse(each).id in self.jobs:
                self._seen(each, None)
        self.jobs.pop(JobRef.parse(ref).id, None)
        self._cloud()
        job = self.known[ref]
        self.run(self.store.recent.remember([self.witness], self.now))
        # The last look has no crash: a witness is not asked for again at once.
        for each in [crash] * 6 + [None]:
            self.now += timedelta(seconds=140)
            self.until_done(lambda: sweep.sweep(self.services, self.provider), each)
        assert not self.run(self.store.tracked.subscribed_cards(JobRef.parse(ref)))
        self.gone[ref] = {
            destination: card for (destination, followed), card in self.following.items() if followed == ref
        }
        self._changed(ref, job, "lost", EndReason.NOT_FOUND)

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

    # What is to be true in the end.

    def teardown(self) -> None:
        try:
            self.slack.trouble = []
            self._clocks_strike()
            self.run(self._drain())
            self._all_told()
            self.now += timedelta(hours=5)
            self._clocks_strike()
            self.run(self._drain())
            self._all_told()
            for destination, ref in list(self.following):
                self.run(unsubscribe(self.services, [JobRef.parse(ref)], destination, destination))
                self._left(destination, ref)
            self.run(self._drain())
            self._all_told()
            self.now += card_editor.LOST_KEPT + timedelta(days=1)
            self.run(self._drain())
            assert self.run(self._without_lifetime()) == []
        finally:
            self.run(self.redis.aclose())
            self.runner.close()

    async def _drain(self) -> None:
        """Visit whatever place a worker would find, until none is left to be visited."""
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
            assert await card_editor.edit_cards(self.services, destination) is None
        if await self._left_over():
            await self._drain()

    async def _places(self) -> set[str]:
        [(_, _, pending)] = await self.store.tracked.state([SERVICE])
        return pending | await self.store.outbox.destinations()

    async def _left_over(self) -> bool:
        snapshots = [await self.store.outbox.read(destination, ["/".join(SERVICE)]) for destination in HERE + USERS]
        return any(snapshot.entries or snapshot.in_flight or snapshot.stale for snapshot in snapshots)

    def _all_told(self) -> None:
        notes: Counter[str] = Counter()
        told: dict[tuple[str, str], list[str]] = {}
        posts: Counter[tuple[str, str]] = Counter()
        for said in sorted(self.slack.said, key=lambda said: float(said.ts)):
            if said.taken_back:
                continue
            text, destination = json.loads(said.text), said.channel.removeprefix("D")
            if "card" in text:
                posts[destination, text["card"]] += 1
                if said.there:
                    fates = {
                        ref: end_reason or "" for ref, end_reason in self.cards[destination, text["card"]].jobs.items()
                    }
                    again = self.cards[destination, text["card"]].posts > 1
                    assert again or text["jobs"] == fates, "a card is as it should be"
            for card, words in json.loads(said.posted).get("told", ()):  # an edit notifies of nothing
                told.setdefault((destination, card), []).append(words)
            if text.get("note") == "LostJob":
                notes[text["about"]] += 1
        assert told == {name: model.told for name, model in self.cards.items() if model.told}
        assert set(posts) == set(self.cards)
        assert all(1 <= number <= self.cards[name].posts for name, number in posts.items())
        assert +notes == +self.lost

    async def _without_lifetime(self) -> list[str]:
        return [name for name in await self.link.execute("KEYS", "*") if await self.link.execute("TTL", name) == -1]


def test_every_change_is_told_exactly_once(redis_process: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    monkeypatch.setattr(sender, "draw", draw)
    monkeypatch.setattr(card_editor, "draw_card", draw_card)
    monkeypatch.setattr(slack_rate_limits, "EDITS_A_MINUTE", 100_000)
    monkeypatch.setattr(slack_rate_limits, "POSTS_A_MINUTE", 100_000)
    print(f"{STORIES} stories; for more: CALLBOARD_STORIES=2000 pytest {__file__}")  # noqa: T201
    story = type("Story", (Story,), {"url": redis_process})
    health = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    bounds = settings(max_examples=STORIES, stateful_step_count=STEPS, suppress_health_check=health)
    run_state_machine_as_test(story, settings=bounds)
