"""Polling followed jobs: few requests, no step back, and a service in trouble is left alone and reported."""

from collections.abc import Sequence
from datetime import timedelta
from math import ceil
from typing import Any

import pytest

from bench.kilobyte import kilobyte
from bot.delivery import next_step
from bot.domain.changes import EndReason, Kind
from bot.domain.outbox import InFlightPost, SubscribedEntry
from bot.domain.sweeps import MOST_S
from bot.polling.recorder import observe
from bot.polling.sweep import LEAST_S, SHARE
from bot.store import Store
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import PREFIX
from providers.base import NO_KINDS, Capabilities
from providers.errors import Unavailable
from providers.http.deadline import share
from providers.models import Job, JobError, JobRef, JobState, Lookup
from tests.bot.followed import World
from tests.bot.memory import LISTS, NOW, InMemory, failing
from tests.bot.samples import SERVICE, TERMS

DOWN = Unavailable("no answer in time", code="timeout")
TENS = Capabilities(lists=False, batch_max=10)


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
    before = len((await world.snapshot()).entries)
    await world.sweep()
    sent = count(world.store.link, monkeypatch)
    await world.sweep(15)
    assert sent.count("observe") == 1
    assert sent.count("record") == 0
    assert len((await world.snapshot()).entries) == before
    assert (await world.store.tracked.read([world.provider.jobs[0].ref])).popitem()[1][0].checked_at == world.now


def count(link: RedisLink, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the names of all scripts and commands sent from now on."""
    sent: list[str] = []
    ask = RedisLink.execute

    async def counting(self: RedisLink, *command: Any) -> Any:
        script = str(command[1]) if command[0] == "EVAL" else ""
        known = {"-- Compares followed": "observe", "-- Records changes": "record"}
        sent.append(next((name for text, name in known.items() if script.startswith(text)), str(command[0])))
        return await ask(self, *command)

    monkeypatch.setattr(RedisLink, "execute", counting)
    return sent


async def test_a_change_is_notified_and_a_finished_job_is_not_polled(world: World):
    await world.follow(world.provider.jobs)
    await world.sweep()
    assert await world.told() == []
    world.becomes(0, state=JobState.FAILED, error=JobError(code="E1"))
    world.becomes(1, raw_state="B")
    await world.sweep(15)
    ended, moved = sorted(await world.told(), key=lambda change: change.job.id)
    assert (ended.kind, ended.fate, ended.job.error) == (Kind.MOVED, EndReason.ENDED, JobError(code="E1"))
    assert (moved.kind, moved.fate, moved.at) == (Kind.MOVED, None, world.now)
    assert (await world.store.tracked.state([SERVICE]))[0][0] == 2


async def test_progress_is_drawn_but_not_notified(world: World):
    await world.follow(world.provider.jobs)
    world.becomes(0, progress=40)
    await world.sweep()
    assert await world.told() == []
    assert (await world.snapshot()).stale["card-job-0000"][:1] == "2"


async def test_every_destination_that_follows_a_job_is_notified(world: World):
    await world.follow(world.provider.jobs[:1], "C1")
    await world.follow(world.provider.jobs[:1], "C2")
    world.becomes(0, state=JobState.SUCCEEDED)
    await world.sweep()
    assert len(await world.told("C1")) == len(await world.told("C2")) == 1


async def test_an_older_answer_never_overwrites_a_newer_one(world: World):
    await world.follow(world.provider.jobs[:1])
    [old] = world.provider.jobs[:1]
    await observe(world.deps, world.provider, [old.model_copy(update={"progress": 9})], NOW + timedelta(seconds=2))
    end = old.model_copy(update={"state": JobState.FAILED})
    await observe(world.deps, world.provider, [end], NOW + timedelta(seconds=1))
    await observe(world.deps, world.provider, [end], NOW + timedelta(seconds=2))
    assert await world.told() == []
    await observe(world.deps, world.provider, [end], NOW + timedelta(seconds=3))
    assert [change.fate for change in await world.told()] == [EndReason.ENDED]


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

    async def test_a_failure_is_notified_even_without_its_reason(self, store: Store):
        world = await self.world(store)
        world.provider.trouble = failing(DOWN, since=2)
        await world.sweep()
        [change] = await world.told()
        assert (change.job.state, change.job.unexplained) == (JobState.FAILED, self.UNEXPLAINED)


class Terse(InMemory):
    """A service whose list shows no reasons."""

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
    monkeypatch.setattr("bot.polling.sweep.DUE_MAX", 2)
    world = World(store, InMemory(capabilities=TENS).filled(3))
    await world.follow(world.provider.jobs)
    assert await world.sweep() == LEAST_S
    await world.sweep(1)
    assert await world.store.tracked.due(SERVICE, world.now, 10) == []


def realistic(index: int) -> Job:
    """A job as the cloud returns it."""
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


@pytest.mark.heavy("measures the memory of a thousand jobs")
async def test_a_followed_job_with_one_subscription_takes_less_than_a_kilobyte(store: Store, link: RedisLink):
    world = World(store, InMemory(capabilities=LISTS))
    reference = await kilobyte(link)
    await link.execute("SET", f"{PREFIX}payload:first", "1", "EX", 60)  # the cost of the first key is not ours
    number = 1000
    for index in range(number):
        job = realistic(index)
        entry = SubscribedEntry(job=job.model_copy(update={"raw": None}), terms=TERMS).model_dump_json()
        card = f"{index:010x}"
        await store.tracked.subscribe(job, NOW, NOW, f"C{index % 20:08}", card, entry, "U1")
        await carded(world, f"C{index % 20:08}")
    names = [name for name in await link.execute("KEYS", "*") if ":told:" not in name]
    sizes = {name: await link.execute("MEMORY", "USAGE", name, "SAMPLES", 0) for name in names}
    each = sum(sizes.values()) / number
    print(f"{each:.0f} bytes of Redis for a followed job with one subscription, {reference:.0f} for a kilobyte")  # noqa: T201
    assert each < reference


async def carded(world: World, destination: str) -> None:
    """Post the cards of a destination, and bring them up to date."""
    snapshot = await world.snapshot(destination)
    while step := next_step.next_step(snapshot, world.now):
        assert isinstance(step, next_step.DeliveryStep)
        post = InFlightPost(
            id=f"p{len(snapshot.cards)}",
            at=world.now,
            card=step.notification.card.id if step.notification and step.notification.card else "",
            writes=tuple(step.writes),
            entries=step.by_slot,
        )
        assert (await world.store.outbox.begin(destination, post, 0.001, snapshot.turn)).ok
        await world.store.outbox.commit(destination, post.arrived(destination, "1795516864.328019"))
        await world.store.outbox.ack(destination, post.entries)
        await world.store.outbox.release(destination, post.id)
        snapshot = await world.snapshot(destination)
        for card, mark in snapshot.stale.items():
            await world.store.outbox.unmark(destination, card, mark)


def test_refs_with_slashes_are_whole():
    assert JobRef.parse("acme/video/a/b").id == "a/b"
