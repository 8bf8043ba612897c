"""Looking at followed jobs: few requests, no regress, and a service that is in trouble is left alone and told of."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import ceil
from typing import Any

import pytest

from bot import outgoing
from bot.accounts import check_accounts
from bot.cards import Card, Followed
from bot.changes import Change, Fate, Kind
from bot.drawing import shown
from bot.services import Services
from bot.store import Store
from bot.store.connection import Link
from bot.store.entries import ChangedEntry, SubscribedEntry
from bot.store.keys import PREFIX
from bot.store.outbox import Begun, Box
from bot.store.sweeps import Sweep
from bot.tracking import AFTER_MISS, BACK_OFF_MAX_S, LEAST_S, MOST_S, SHARE, observe, sweep
from providers.base import NO_KINDS, Capabilities
from providers.deadline import share
from providers.errors import Throttled, Unavailable
from providers.models import Job, JobError, JobRef, JobState, Lookup
from tests.bot.memory import LISTS, NOW, InMemory, failing
from tests.bot.samples import PLACE, SERVICE, SLOT, TERMS

DOWN = Unavailable("no answer in time", code="timeout")
TENS = Capabilities(lists=False, batch_max=10)


@dataclass
class World:
    """Services with a clock that moves, and one provider."""

    store: Store
    provider: InMemory
    now: datetime = NOW
    services: Services = field(init=False)

    def __post_init__(self) -> None:
        self.services = Services([self.provider], self.store, clock=lambda: self.now)

    async def follow(self, jobs: Sequence[Job], place: str = PLACE) -> None:
        """Follow jobs, each on a card of its own, that are due at once."""
        for job in jobs:
            entry = SubscribedEntry(job=job, terms=TERMS).model_dump_json()
            before = self.now - timedelta(seconds=10)
            await self.store.tracked.subscribe(job, before, self.now, place, f"card-{job.id}", entry, "U1")

    async def sweep(self, seconds: float = 0) -> float | None:
        """Let time pass, and look at what is due then."""
        self.now += timedelta(seconds=seconds)
        return await sweep(self.services, self.provider)

    async def box(self, place: str = PLACE) -> Box:
        return await self.store.outbox.read(place, [SLOT])

    async def told(self, place: str = PLACE) -> list[Change]:
        bodies = [entry.body for entry in (await self.box(place)).entries]
        return [body.change for body in bodies if isinstance(body, ChangedEntry)]

    async def last(self) -> Sweep:
        return (await self.store.sweeps.read([SERVICE]))[SERVICE]

    def becomes(self, index: int, **details: object) -> None:
        """Change one job at the provider."""
        jobs = list(self.provider.jobs)
        jobs[index] = jobs[index].model_copy(update=details)
        self.provider.jobs = jobs


@pytest.fixture
def world(store: Store) -> World:
    return World(store, InMemory().filled(3))


async def test_nothing_followed_costs_nothing(world: World):
    assert await world.sweep() is None
    assert world.provider.asked == []


@pytest.mark.parametrize("number", [1, 2, 100, 101, 250])
async def test_a_list_costs_a_request_a_hundred_jobs(store: Store, number: int):
    world = World(store, InMemory().filled(number))
    await world.follow(world.provider.jobs)
    await world.sweep()
    assert len(world.provider.asked) == ceil(number / 100)
    assert (await world.last())[2:4] == (number, ceil(number / 100))


@pytest.mark.parametrize("number", [1, 2, 100, 101, 250])
async def test_a_look_up_costs_a_request_for_as_many_ids_as_it_takes(store: Store, number: int):
    world = World(store, InMemory(capabilities=TENS).filled(number))
    await world.follow(world.provider.jobs)
    await world.sweep()
    asked = [ids for ids in world.provider.asked if isinstance(ids, tuple)]
    assert len(asked) == len(world.provider.asked)
    assert sum(ceil(len(ids) / TENS.batch_max) for ids in asked) == ceil(number / TENS.batch_max)
    assert sorted(job_id for ids in asked for job_id in ids) == [job.id for job in world.provider.jobs]


async def test_unchanged_jobs_cost_one_round_trip_and_no_record(world: World, monkeypatch: pytest.MonkeyPatch):
    await world.follow(world.provider.jobs)
    before = len((await world.box()).entries)
    await world.sweep()
    sent = count(world.store.link, monkeypatch)
    await world.sweep(15)
    assert sent.count("observe") == 1
    assert sent.count("record") == 0
    assert len((await world.box()).entries) == before
    assert (await world.store.tracked.read([world.provider.jobs[0].ref])).popitem()[1][0].checked_at == world.now


def count(link: Link, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Name every script and command that is sent from now on."""
    sent: list[str] = []
    ask = Link.ask

    async def counting(self: Link, *command: Any) -> Any:
        script = str(command[1]) if command[0] == "EVAL" else ""
        known = {"-- Looks at followed": "observe", "-- Records changes": "record"}
        sent.append(next((name for text, name in known.items() if script.startswith(text)), str(command[0])))
        return await ask(self, *command)

    monkeypatch.setattr(Link, "ask", counting)
    return sent


async def test_a_change_is_told_and_an_end_ends_the_looking(world: World):
    await world.follow(world.provider.jobs)
    await world.sweep()
    assert await world.told() == []
    world.becomes(0, state=JobState.FAILED, error=JobError(code="E1"))
    world.becomes(1, raw_state="B")
    await world.sweep(15)
    ended, moved = sorted(await world.told(), key=lambda change: change.job.id)
    assert (ended.kind, ended.fate, ended.job.error) == (Kind.MOVED, Fate.ENDED, JobError(code="E1"))
    assert (moved.kind, moved.fate, moved.at) == (Kind.MOVED, None, world.now)
    assert (await world.store.tracked.state([SERVICE]))[0][0] == 2


async def test_progress_is_drawn_but_not_told(world: World):
    await world.follow(world.provider.jobs)
    world.becomes(0, progress=40)
    await world.sweep()
    assert await world.told() == []
    assert (await world.box()).stale["card-job-0000"][:1] == "2"


async def test_every_place_that_follows_a_job_is_told(world: World):
    await world.follow(world.provider.jobs[:1], "C1")
    await world.follow(world.provider.jobs[:1], "C2")
    world.becomes(0, state=JobState.SUCCEEDED)
    await world.sweep()
    assert len(await world.told("C1")) == len(await world.told("C2")) == 1


async def test_an_older_answer_never_overwrites_a_newer_one(world: World):
    await world.follow(world.provider.jobs[:1])
    [old] = world.provider.jobs[:1]
    await observe(world.services, world.provider, [old.model_copy(update={"progress": 9})], NOW + timedelta(seconds=2))
    end = old.model_copy(update={"state": JobState.FAILED})
    await observe(world.services, world.provider, [end], NOW + timedelta(seconds=1))
    await observe(world.services, world.provider, [end], NOW + timedelta(seconds=2))
    assert await world.told() == []
    await observe(world.services, world.provider, [end], NOW + timedelta(seconds=3))
    assert [change.fate for change in await world.told()] == [Fate.ENDED]


class TestMissing:
    async def test_a_job_that_is_missing_once_is_looked_for_again(self, world: World):
        await world.follow(world.provider.jobs[:1])
        gone, world.provider.jobs = world.provider.jobs, []
        await world.sweep()
        assert await world.told() == []
        [(kept, next_at)] = (await world.store.tracked.read([gone[0].ref])).values()
        assert (kept.missed, kept.job.id, next_at) == (True, gone[0].id, world.now + AFTER_MISS)
        world.provider.jobs = gone
        await world.sweep(31)
        assert await world.told() == []
        assert not (await world.store.tracked.read([gone[0].ref]))[gone[0].ref][0].missed

    @pytest.mark.parametrize(
        ("retention", "minutes_old", "fate"),
        [
            (None, 600, Fate.GONE),
            (timedelta(minutes=30), 5, Fate.GONE),
            (timedelta(minutes=30), 29, Fate.EXPIRED),
            (timedelta(minutes=30), 45, Fate.EXPIRED),
            (timedelta(minutes=30), None, Fate.GONE),
        ],
    )
    async def test_a_job_that_is_missing_twice_is_lost(
        self, store: Store, retention: timedelta | None, minutes_old: float | None, fate: Fate
    ):
        provider = InMemory(capabilities=Capabilities(lists=False, retention=retention))
        world = World(store, provider)
        await world.follow([provider.job("a", minutes_old)])
        await world.sweep()
        await world.sweep(31)
        [change] = await world.told()
        assert (change.kind, change.fate, change.job.id) == (Kind.LOST, fate, "a")
        assert await world.sweep(31) is None

    async def test_missing_again_and_again_is_lost_only_in_a_row(self, world: World):
        await world.follow(world.provider.jobs[:1])
        jobs = world.provider.jobs
        for _ in range(3):
            world.provider.jobs = []
            await world.sweep(140)
            world.provider.jobs = jobs
            await world.sweep(140)
        assert await world.told() == []

    async def test_a_job_that_ends_while_it_was_missed_is_told_as_any_other(self, world: World):
        await world.follow(world.provider.jobs[:1])
        jobs, world.provider.jobs = world.provider.jobs, []
        await world.sweep()
        world.provider.jobs = [jobs[0].model_copy(update={"state": JobState.SUCCEEDED})]
        await world.sweep(31)
        assert [change.fate for change in await world.told()] == [Fate.ENDED]


class TestTrouble:
    async def test_what_is_not_answered_is_postponed(self, store: Store):
        world = World(store, InMemory(capabilities=TENS, unanswered={"job-0001": DOWN}).filled(3))
        await world.follow(world.provider.jobs)
        await world.sweep()
        assert (await world.last()).error is None
        world.provider.asked.clear()
        await world.sweep(5)
        assert world.provider.asked == []
        await world.sweep(26)
        assert "job-0001" in str(world.provider.asked)

    async def test_look_ups_that_fail_beside_a_list_that_does_not_are_postponed(self, store: Store):
        provider = InMemory(trouble=failing(DOWN, since=2)).filled(2)
        world = World(store, provider)
        await world.follow([*provider.jobs, provider.job("elsewhere")])
        assert (await world.sweep() or 0) > 8
        assert len(provider.asked) == 2
        await world.sweep(5)
        assert len(provider.asked) == 2, "not asked every second"
        due = [each.id for each in await store.tracked.due(SERVICE, world.now + timedelta(seconds=26), 10)]
        assert "elsewhere" in due

    async def test_a_budget_that_is_used_up_postpones_no_longer_than_it_asks(self, store: Store):
        busy = Throttled("budget", code="budget", retry_after=2)
        world = World(
            store, InMemory(capabilities=Capabilities(lists=False), trouble=failing(busy, since=2)).filled(150)
        )
        await world.follow(world.provider.jobs)
        assert await world.sweep() == pytest.approx(2)

    async def test_a_service_that_fails_is_asked_less_and_less_often(self, world: World):
        await world.follow(world.provider.jobs)
        world.provider.trouble = failing(DOWN)
        waits = [await world.sweep(300) for _ in range(8)]
        assert waits == [10, 20, 40, 80, 160, BACK_OFF_MAX_S, BACK_OFF_MAX_S, BACK_OFF_MAX_S]
        last = await world.last()
        assert (last.failures, last.at, last.error and last.error.kind) == (8, None, "unavailable")
        world.provider.trouble = lambda _: None
        await world.sweep(300)
        assert (await world.last())[4:] == (0, None, None)

    async def test_a_service_that_says_how_long_is_obeyed(self, world: World):
        await world.follow(world.provider.jobs)
        world.provider.trouble = failing(Throttled("slow down", retry_after=45))
        assert await world.sweep() == 45

    async def test_cards_say_so_after_two_minutes_and_when_it_is_over(self, world: World):
        await world.follow(world.provider.jobs)
        cards = {f"card-{job.id}" for job in world.provider.jobs}
        world.provider.trouble = failing(DOWN)
        for seconds, marked in [(0, set[str]()), (60, set[str]()), (60, cards), (60, set[str]())]:
            await world.sweep(seconds)
            assert set((await world.box()).stale) == marked
            await drawn(world)
        world.provider.trouble = lambda _: None
        await world.sweep(60)
        assert set((await world.box()).stale) == cards
        assert await world.told() == []

    async def test_a_card_tells_when_a_failing_service_is_really_asked_again(self, world: World):
        job = world.provider.jobs[0]
        await world.follow([job])
        await world.sweep()
        checked_at = world.now
        world.provider.trouble = failing(DOWN)
        wait = [await world.sweep(seconds) for seconds in (30, 10, 20, 40, 80)][-1]
        card = Card(id="one", place=PLACE, terms=TERMS, jobs={str(job.ref): Followed()})
        (check,) = (await shown(world.services, [card]))[0].checks.values()
        assert (check.at, check.next_at) == (checked_at, world.now + timedelta(seconds=wait or 0))
        assert (wait, check.failing_since) == (160, checked_at + timedelta(seconds=30))

    async def test_who_asks_about_a_failing_service_is_told_since_when_it_fails(self, world: World):
        await world.follow(world.provider.jobs)
        await world.sweep()
        world.provider.trouble = failing(DOWN)
        await world.sweep(30)
        began, answered = world.now, (await world.last()).at
        world.now += timedelta(minutes=1)
        (told,) = (await check_accounts(world.services)).services
        assert told.error
        assert (told.error.failing_since, told.last_ok_at) == (began, answered)
        world.provider.trouble = lambda _: None
        await world.sweep()
        assert (await world.store.health.read([SERVICE]))[SERVICE].failing_since is None

    async def test_a_service_that_hangs_is_in_trouble_too(self, world: World, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("bot.tracking.SWEEP_S", 0.05)
        await world.follow(world.provider.jobs)
        world.provider.hangs_from = 1
        await world.sweep()
        last = await world.last()
        assert (last.requests, last.error and last.error.code) == (1, "late")


async def drawn(world: World) -> None:
    """Let every card that needs it be edited."""
    for card, mark in (await world.box()).stale.items():
        await world.store.outbox.unmark(PLACE, card, mark)


class TestReasons:
    UNEXPLAINED = "the list does not tell the reason"

    async def world(self, store: Store) -> World:
        world = World(store, Terse().filled(3))
        await world.follow(world.provider.jobs)
        world.becomes(1, state=JobState.FAILED, unexplained=self.UNEXPLAINED)
        return world

    async def test_a_failure_without_a_reason_in_the_list_is_looked_up(self, store: Store):
        world = await self.world(store)
        await world.sweep()
        assert world.provider.asked[1:] == [("job-0001",)]
        [change] = await world.told()
        assert change.job.error == JobError(code="E7")
        assert change.job.raw is None

    async def test_that_it_failed_is_told_even_where_the_reason_is_not(self, store: Store):
        world = await self.world(store)
        world.provider.trouble = failing(DOWN, since=2)
        await world.sweep()
        [change] = await world.told()
        assert (change.job.state, change.job.unexplained) == (JobState.FAILED, self.UNEXPLAINED)


class Terse(InMemory):
    """A service whose list tells no reasons."""

    async def lookup(self, ids: Sequence[str], kinds: Any = NO_KINDS) -> Lookup:
        answer = await super().lookup(ids, kinds)
        told = {"unexplained": None, "error": JobError(code="E7"), "raw": {"Secret": "hunter2"}}
        return answer._replace(found=tuple(job.model_copy(update=told) for job in answer.found))


async def test_sweeps_have_a_share_of_the_budget(store: Store):
    seen: list[float] = []
    provider = InMemory(trouble=lambda _: seen.append(share())).filled(2)
    world = World(store, provider)
    await world.follow(provider.jobs)
    await world.sweep()
    assert seen == [SHARE]
    assert share() == 1


async def test_a_kind_that_is_known_spares_requests(store: Store):
    world = World(store, InMemory(capabilities=TENS).filled(1, kind="Transcode"))
    await world.follow(world.provider.jobs)
    await world.sweep()
    assert world.provider.kinds == {"job-0000": "Transcode"}


async def test_a_service_that_cannot_list_remembers_what_changed(store: Store):
    world = World(store, InMemory(capabilities=TENS).filled(1))
    await world.follow(world.provider.jobs)
    world.becomes(0, state=JobState.SUCCEEDED)
    await world.sweep()
    assert [job.state for job in await store.recent.recent(*SERVICE)] == [JobState.SUCCEEDED]


async def test_the_next_sweep_comes_when_the_next_job_is_due(world: World):
    young = world.provider.job("young", 0)
    world.provider.jobs = [young]
    await world.follow([young])
    wait = await world.sweep()
    assert wait is not None
    assert LEAST_S <= wait <= MOST_S
    assert wait - 2.01 <= (await world.sweep(2) or 0) <= wait
    assert len(world.provider.asked) == 1


async def test_more_jobs_than_one_sweep_looks_at_are_looked_at_next(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("bot.tracking.DUE_MAX", 2)
    world = World(store, InMemory(capabilities=TENS).filled(3))
    await world.follow(world.provider.jobs)
    assert await world.sweep() == LEAST_S
    await world.sweep(1)
    assert await world.store.tracked.due(SERVICE, world.now, 10) == []


def realistic(index: int) -> Job:
    """A job as the cloud tells it."""
    return Job(
        account="acme",
        service="video",
        id=f"3f2a9c{index:026x}",
        name=f"lecture-2026-11-{index:04}.mp4",
        kind="VideoTextRecognition",
        state=JobState.RUNNING,
        raw_state="PROCESSING",
        created_at=NOW - timedelta(minutes=index % 90),
        started_at=NOW - timedelta(minutes=index % 90) + timedelta(seconds=4),
        updated_at=NOW,
        progress=index % 100,
        media=f"obs://media-bucket/lectures/2026/lecture-{index:04}.mp4",
        input=f"media-bucket/lectures/2026/lecture-{index:04}.mp4",
        output=f"media-bucket/results/2026/{index:04}/",
        request_id="0f3c6f6a1f2d4e5f8a9b0c1d2e3f4a5b",
        region="cn-north-4",
        raw={"a": "b" * 2000},
    )


async def test_a_followed_job_with_one_subscription_takes_less_than_a_kilobyte(store: Store, link: Link):
    world = World(store, InMemory(capabilities=LISTS))
    await link.ask("SET", f"{PREFIX}payload:first", "1", "EX", 60)  # what the first key costs is not ours
    number = 1000
    for index in range(number):
        job = realistic(index)
        entry = SubscribedEntry(job=job.model_copy(update={"raw": None}), terms=TERMS).model_dump_json()
        card = f"{index:010x}"
        await store.tracked.subscribe(job, NOW, NOW, f"C{index % 20:08}", card, entry, "U1")
        await carded(world, f"C{index % 20:08}")
    names = [name for name in await link.ask("KEYS", "*") if ":told:" not in name]
    sizes = {name: await link.ask("MEMORY", "USAGE", name, "SAMPLES", 0) for name in names}
    each = sum(sizes.values()) / number
    print(f"{each:.0f} bytes of Redis for a followed job with one subscription")  # noqa: T201
    assert each < 1024


async def carded(world: World, place: str) -> None:
    """Have the cards of a place posted and up to date."""
    box = await world.box(place)
    while step := outgoing.next_step(box, world.now):
        post = Begun(
            id=f"p{len(box.cards)}",
            at=world.now,
            card=step.post.card.id if step.post and step.post.card else "",
            writes=tuple(step.writes),
            entries=step.by_slot,
        )
        assert (await world.store.outbox.begin(place, post, 0.001, box.turn)).ok
        await world.store.outbox.settle(place, post.arrived(place, "1795516864.328019"))
        await world.store.outbox.take_out(place, post.entries)
        await world.store.outbox.clear(place, post.id)
        box = await world.box(place)
        for card, mark in box.stale.items():
            await world.store.outbox.unmark(place, card, mark)


def test_refs_with_slashes_are_whole():
    assert JobRef.parse("acme/video/a/b").id == "a/b"
