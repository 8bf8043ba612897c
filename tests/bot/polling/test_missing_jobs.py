"""Tracked jobs that are not found: a wrong answer of a gateway never ends a subscription."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from bot.delivery.shown_cards import shown
from bot.domain.absence import Absence
from bot.domain.cards import Card, CardJob
from bot.domain.changes import Change, EndReason, Kind
from bot.store import Store
from bot.subscriptions.subscribe import restore
from providers.base import NO_KINDS, Capabilities
from providers.errors import NotOffered, ProviderError, Rejected, Unavailable
from providers.models import Job, JobState, Lookup
from tests.bot.followed import World
from tests.bot.memory import NOW, InMemory, failing
from tests.bot.samples import DESTINATION, SERVICE, TERMS

NO_SUCH_API = NotOffered("no such api", code="InvalidAction.NotFound")
NO_RESOURCE = Rejected("The service or resource does not exist.", code="IVA.0005")
DOWN = Unavailable("no answer in time", code="timeout")
BY_ID = Capabilities(lists=False, batch_max=10)
HOUR, DAY = 3600, 24 * 3600


@pytest.fixture
def world(store: Store) -> World:
    return World(store, InMemory(capabilities=BY_ID).filled(1))


async def looks(world: World, minutes: int) -> None:
    """Advance the clock, and look every minute."""
    for _ in range(minutes):
        await world.sweep(60)


async def vanished(world: World) -> Job:
    """Follow the job, and delete it."""
    [job] = world.provider.jobs
    await world.follow([job])
    world.provider.jobs = []
    await world.sweep()
    return job


async def absence_of(world: World, job: Job) -> Absence | None:
    return (await world.store.tracked.read([job.ref]))[job.ref][0].absence


async def drawn(world: World, job: Job) -> tuple[Mapping[str, Absence], bool]:
    """Return the absences on a card, and whether it was due for an edit. Edit it."""
    card = Card(id=f"card-{job.id}", place=DESTINATION, terms=TERMS, jobs={str(job.ref): CardJob()})
    [found] = await shown(world.deps, [card])
    stale = (await world.snapshot()).stale
    for name, mark in stale.items():
        await world.store.outbox.unmark(DESTINATION, name, mark)
    return found.absences, bool(stale)


def kinds(changes: Sequence[Change]) -> list[Kind]:
    return [change.kind for change in changes]


class TestMisses:
    async def test_a_job_that_vanishes_beside_a_remembered_one_is_lost_after_ten_minutes(self, world: World):
        witness = world.provider.job("witness")
        await world.store.recent.remember([witness], NOW - timedelta(hours=23))
        job = await vanished(world)
        world.provider.jobs = [witness]
        await looks(world, 9)
        assert await world.told() == []
        await looks(world, 3)
        [change] = await world.told()
        assert (change.kind, change.fate, change.job.id) == (Kind.LOST, EndReason.NOT_FOUND, job.id)
        assert change.since == NOW - timedelta(seconds=10), "when it was found last"
        assert await world.sweep(60) is None

    @pytest.mark.parametrize("followed", [1, 3])
    async def test_jobs_that_are_all_missed_together_are_not_lost(self, store: Store, followed: int):
        """A wrong address finds nothing at all."""
        world = World(store, InMemory(capabilities=BY_ID).filled(3))
        jobs = world.provider.jobs
        await store.recent.remember(jobs, NOW)
        await world.follow(jobs[:followed])
        world.provider.jobs = []
        await looks(world, 30)
        world.provider.jobs = [jobs[0].model_copy(update={"state": JobState.FAILED}), *jobs[1:]]
        await looks(world, 3)
        assert [(change.job.id, change.fate) for change in await world.told()] == [(jobs[0].id, EndReason.ENDED)]

    async def test_a_job_that_the_service_lists_is_a_witness(self, store: Store):
        world = World(store, InMemory().filled(2))
        gone, other = world.provider.jobs
        await world.follow([gone])
        world.provider.jobs = [other]
        await looks(world, 13)
        assert [change.fate for change in await world.told()] == [EndReason.NOT_FOUND]

    async def test_an_empty_list_is_no_witness(self, store: Store):
        world = World(store, InMemory().filled(1))
        await vanished(world)
        await looks(world, 30)
        assert await world.told() == []

    async def test_a_job_that_is_listed_and_not_found_by_its_id_continues(self, store: Store):
        world = World(store, OnlyListed().filled(2))
        await world.follow(world.provider.jobs[:1])
        await looks(world, 30)
        assert await world.told() == []

    async def test_a_job_seen_longer_than_a_day_ago_is_no_witness(self, world: World):
        witness = world.provider.job("witness")
        await world.store.recent.remember([witness], NOW - timedelta(hours=25))
        await vanished(world)
        world.provider.jobs = [witness]
        await looks(world, 30)
        assert await world.told() == []
        assert ("witness",) not in world.provider.asked

    async def test_a_witness_costs_at_most_one_request_a_minute(self, store: Store):
        world = World(store, InMemory(capabilities=BY_ID).filled(5))
        await store.recent.remember([world.provider.job("deleted")], NOW)
        await world.follow(world.provider.jobs)
        world.provider.jobs = []
        for _ in range(180):
            await world.sweep(10)
        assert 8 <= sum(asked == ("deleted",) for asked in world.provider.asked) <= 20

    async def test_a_witness_that_cannot_be_asked_for_is_none(self, world: World):
        await world.store.recent.remember([world.provider.job("witness")], NOW)
        job = await vanished(world)
        world.provider.trouble = lambda number: DOWN if world.provider.asked[number - 1] == ("witness",) else None
        await looks(world, 30)
        assert await world.told() == []
        assert await absence_of(world, job)

    async def test_another_process_has_the_witness(self, store: Store):
        world = World(store, InMemory(capabilities=BY_ID).filled(2))
        gone, other = world.provider.jobs
        await world.follow([gone, other])
        world.provider.jobs = [other]
        await looks(world, 9)
        await store.tracked.unsubscribe(other.ref, DESTINATION, "{}")
        second = World(store, InMemory(capabilities=BY_ID), world.now)
        await looks(second, 3)
        assert [change.fate for change in await second.told()] == [EndReason.NOT_FOUND]

    async def test_a_witness_of_another_region_is_none(self, store: Store):
        world = World(store, InMemory(capabilities=BY_ID).filled(2))
        gone, other = world.provider.jobs
        await world.follow([gone, other])
        world.provider.jobs = [other]
        await looks(world, 9)
        await store.tracked.unsubscribe(other.ref, DESTINATION, "{}")
        second = World(store, InMemory(capabilities=BY_ID, region="elsewhere"), world.now)
        await looks(second, 30)
        assert await second.told() == []

    async def test_cards_say_since_when_it_is_not_found(self, world: World):
        job = await vanished(world)
        first = world.now
        assert await drawn(world, job) == ({}, False)
        await world.sweep(31)
        absences, edited = await drawn(world, job)
        [found] = absences.values()
        assert (found.since, found.doubtful, found.suspended, edited) == (first, False, None, True)
        await world.sweep(60)
        assert not (await drawn(world, job))[1], "it looks as before"
        world.provider.jobs = [job]
        await world.sweep(120)
        assert await drawn(world, job) == ({}, True)
        assert await world.told() == []

    async def test_a_record_of_an_earlier_version_is_one_miss(self, world: World):
        """Such a record has a question mark before the fingerprint, and nothing else."""
        [job] = world.provider.jobs
        await world.follow([job])
        jobs = f"callboard:{{{'/'.join(SERVICE)}}}:jobs"
        [(name, text)] = (await world.store.link.execute("HGETALL", jobs)).items()
        about, _, rest = text.partition("\n")
        *head, mark = about.split("|", 3)
        await world.store.link.execute("HSET", jobs, name, "\n".join(["|".join([*head, f"?{mark}"]), rest]))
        world.provider.jobs = [world.provider.job("witness")]
        await world.store.recent.remember(world.provider.jobs, NOW)
        await world.sweep()
        assert await world.told() == []
        await looks(world, 13)
        assert kinds(await world.told()) == [Kind.LOST]


class OnlyListed(InMemory):
    """A service that lists jobs which it does not find by id."""

    async def lookup(self, ids: Sequence[str], kinds: Mapping[str, str] = NO_KINDS) -> Lookup:
        jobs, self.jobs = self.jobs, ()
        answer = await super().lookup(ids, kinds)
        self.jobs = jobs
        return answer


class TestDoubts:
    """Refusals that may mean a wrong address or a missing API."""

    @pytest.mark.parametrize("error", [NO_SUCH_API, NO_RESOURCE])
    @pytest.mark.parametrize("lists", [False, True])
    @pytest.mark.parametrize("hours", [0.01, 1, 25])
    async def test_a_gateway_that_answers_wrongly_loses_no_job(
        self, store: Store, error: ProviderError, hours: float, *, lists: bool
    ):
        world = World(store, InMemory(capabilities=Capabilities(lists=lists)).filled(2))
        jobs = world.provider.jobs
        await world.follow(jobs)
        world.provider.trouble = failing(error)
        for _ in range(30):
            await world.sweep(hours * HOUR / 30)
        assert kinds(await world.told()) == [Kind.SUSPENDED] * (2 if hours > 24 else 0)
        world.provider.trouble = lambda _: None
        world.provider.jobs = [job.model_copy(update={"state": JobState.FAILED}) for job in jobs]
        await world.sweep(HOUR)
        ends = [change for change in await world.told() if change.fate]
        assert sorted((change.job.id, change.fate, change.job.state) for change in ends) == [
            (job.id, EndReason.ENDED, JobState.FAILED) for job in jobs
        ]

    @pytest.mark.parametrize("error", [NO_SUCH_API, NO_RESOURCE])
    async def test_one_job_in_doubt_beside_others_is_never_lost(self, store: Store, error: ProviderError):
        world = World(store, InMemory(capabilities=BY_ID).filled(2))
        await world.follow(world.provider.jobs)
        doubtful, _ = world.provider.jobs
        world.provider.unanswered = {doubtful.id: error}
        await looks(world, 30)
        assert await world.told() == []
        absences, _ = await drawn(world, doubtful)
        assert [(found.doubtful, found.suspended) for found in absences.values()] == [(True, None)]
        await world.sweep(DAY)
        assert [(change.kind, change.job.id, change.doubtful) for change in await world.told()] == [
            (Kind.SUSPENDED, doubtful.id, True)
        ]

    async def test_a_service_that_is_down_suspends_nothing(self, world: World):
        await world.follow(world.provider.jobs)
        world.provider.trouble = failing(DOWN)
        for _ in range(60):
            await world.sweep(HOUR)
        assert await world.told() == []


class TestSuspension:
    async def suspended(self, world: World) -> Job:
        job = await vanished(world)
        for _ in range(24):
            await world.sweep(HOUR)
        assert kinds(await world.told()) == [Kind.SUSPENDED]
        return job

    async def test_without_a_witness_it_is_suspended_after_a_day_and_looked_at_hourly(self, world: World):
        job = await self.suspended(world)
        [(kept, next_at)] = (await world.store.tracked.read([job.ref])).values()
        assert kept.absence
        assert (kept.absence.suspended, next_at) == (world.now, world.now + timedelta(hours=1))
        world.provider.asked.clear()
        await looks(world, 58)
        assert world.provider.asked == []
        await looks(world, 3)
        assert len(world.provider.asked) == 1
        assert kinds(await world.told()) == [Kind.SUSPENDED], "it is notified once"
        assert await world.store.tracked.subscribed_cards(job.ref) == {DESTINATION: f"card-{job.id}"}

    async def test_it_is_suspended_sooner_where_jobs_expire_soon(self, store: Store):
        able = Capabilities(lists=False, retention=timedelta(minutes=30))
        world = World(store, InMemory(capabilities=able).filled(1))
        await vanished(world)
        await looks(world, 29)
        assert await world.told() == []
        await looks(world, 3)
        assert kinds(await world.told()) == [Kind.SUSPENDED]

    async def test_it_is_dropped_after_thirty_days(self, world: World):
        job = await self.suspended(world)
        for _ in range(29):
            await world.sweep(DAY)
        assert kinds(await world.told()) == [Kind.SUSPENDED]
        await world.sweep(DAY)
        dropped = (await world.told())[-1]
        assert (dropped.kind, dropped.fate) == (Kind.LOST, EndReason.DROPPED)
        assert await world.store.tracked.subscribed_cards(job.ref) == {}

    @pytest.mark.parametrize("state", [JobState.RUNNING, JobState.FAILED])
    async def test_a_job_that_is_found_again_continues(self, world: World, state: JobState):
        job = await self.suspended(world)
        world.provider.jobs = [job.model_copy(update={"state": state})]
        await world.sweep(HOUR)
        found = (await world.told())[-1]
        assert (found.kind, found.job.state) == (Kind.FOUND, state)
        assert found.absent_since == NOW
        if state is JobState.RUNNING:
            assert await absence_of(world, job) is None
            world.provider.jobs = [job.model_copy(update={"state": JobState.FAILED})]
            await world.sweep(HOUR)
        assert (await world.told())[-1].fate is EndReason.ENDED

    async def test_restore_looks_as_usual_again(self, world: World):
        job = await self.suspended(world)
        restored = await restore(world.deps, DESTINATION, None, "U1")
        assert restored.followed == []
        card = Card(id=f"card-{job.id}", place=DESTINATION, terms=TERMS, jobs={str(job.ref): CardJob()})
        await world.store.link.execute("HSET", f"callboard:{{{DESTINATION}}}:cards", card.id, card.model_dump_json())
        restored = await restore(world.deps, DESTINATION, card.id, "U1")
        assert restored.followed == [job.ref]
        assert await absence_of(world, job) is None
        world.provider.asked.clear()
        await world.sweep(1)
        assert world.provider.asked == [(job.id,)]
        assert await absence_of(world, job)
        assert kinds(await world.told()) == [Kind.SUSPENDED], "another day begins"

    async def test_a_witness_ends_it(self, world: World):
        await self.suspended(world)
        witness = world.provider.job("witness")
        await world.store.recent.remember([witness], world.now)
        world.provider.jobs = [witness]
        await world.sweep(HOUR)
        assert [change.fate for change in await world.told()] == [None, EndReason.NOT_FOUND]
