"""A lost job that is found again: its subscriptions are restored, and a message says so."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.delivery import sender
from bot.delivery.card_editor import LOST_KEPT, edit_cards
from bot.deps.deps import Deps
from bot.domain.catalog import ServiceFilter
from bot.domain.changes import EndReason
from bot.domain.identifiers import JobId
from bot.jobs.queries import find_jobs, list_jobs, show_jobs
from bot.jobs.recovery import restore_found
from bot.polling.sweep import sweep
from bot.store import Store
from bot.store.lost_jobs import LostJobs
from bot.store.redis.keys import LOST
from bot.subscriptions.revoke import end_all
from bot.subscriptions.subscribe import restore, subscribe
from providers.base import Capabilities
from providers.errors import Unavailable
from providers.models import Job, JobQuery, JobState
from tests.bot.delivery_world import World
from tests.bot.followed import World as Looks
from tests.bot.memory import InMemory, failing
from tests.bot.samples import DESTINATION, SERVICE, SLOT, TERMS, empty
from tests.bot.store.test_tracked_jobs import Twice

BY_ID = Capabilities(lists=False)


@pytest.fixture
def world(store: Store, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    return World(store)


async def lose(world: World, *places: str) -> Job:
    """Follow a job in these destinations, lose it, and post that."""
    [job] = world.provider.jobs
    for place in places or (DESTINATION,):
        await subscribe(world.deps, [job.ref], place, TERMS)
    world.provider.jobs = [world.provider.job("witness")]
    for _ in range(6):
        world.now += timedelta(seconds=140)
        await sweep(world.deps, world.provider)
    for place in places or (DESTINATION,):
        await world.told(place)
        await edit_cards(world.deps, place)
    assert await world.store.tracked.subscribed_cards(job.ref) == {}
    return job


def appears(world: World, job: Job, **details: object) -> Job:
    """Make a job exist in its service again."""
    job = job.model_copy(update=details)
    world.provider.jobs = [job, *world.provider.jobs]
    world.now += timedelta(minutes=1)
    return job


async def shows(deps: Deps, job: Job) -> None:
    await show_jobs(deps, [JobId(job.id)])


async def finds(deps: Deps, job: Job) -> None:
    await find_jobs(deps, job.id)


async def lists(deps: Deps, job: Job) -> None:
    del job
    await list_jobs(deps, ServiceFilter(), JobQuery())


Asks = Callable[[Deps, Job], Awaitable[None]]


@pytest.mark.parametrize("asks", [shows, finds, lists])
async def test_a_question_that_finds_it_restores_its_subscriptions(world: World, asks: Asks):
    job = await lose(world)
    before = len(world.slack.said)
    appears(world, job)
    await asks(world.deps, job)
    assert list(await world.store.tracked.subscribed_cards(job.ref)) == [DESTINATION]
    await world.told()
    [message] = world.slack.said[before:]
    assert "Pending" in message.text
    assert "found again" in message.text
    assert message.thread_ts == world.slack.said[0].ts
    await world.becomes(state=JobState.FAILED)
    await world.told()
    assert "Failed" in world.slack.said[-1].text
    assert await edit_cards(world.deps, DESTINATION) is None
    assert empty(await world.snapshot())


@pytest.mark.parametrize("asks", [shows, finds, lists])
async def test_a_job_that_has_finished_by_then_is_posted_in_one_message(world: World, asks: Asks):
    job = await lose(world)
    before = len(world.slack.said)
    appears(world, job, state=JobState.FAILED)
    await asks(world.deps, job)
    await world.told()
    [message] = world.slack.said[before:]
    assert "Failed" in message.text
    assert "Found again" in str(message.blocks)
    assert message.thread_ts == world.slack.said[0].ts
    assert await world.store.tracked.subscribed_cards(job.ref) == {}
    await asks(world.deps, job)
    await world.told()
    assert len(world.slack.said) == before + 1


async def test_a_failure_without_its_reason_is_explained_by_the_next_look(world: World):
    job = await lose(world)
    appears(world, job, state=JobState.FAILED, unexplained="the list does not tell the reason")
    await lists(world.deps, job)
    assert list(await world.store.tracked.subscribed_cards(job.ref)) == [DESTINATION]
    world.now += timedelta(seconds=1)
    await sweep(world.deps, world.provider)
    [card] = (await world.store.outbox.read(DESTINATION, [SLOT])).cards.values()
    await world.told()
    [after] = (await world.store.outbox.read(DESTINATION, [SLOT])).cards.values()
    assert (card.jobs[str(job.ref)].fate, after.jobs[str(job.ref)].fate) == (EndReason.NOT_FOUND, EndReason.ENDED)


async def test_every_destination_gets_it_back_and_a_sweep_finds_it_too(world: World):
    job = await lose(world, "C1", "C2")
    appears(world, job)
    await world.store.tracked.subscribe(world.provider.job("b"), world.now, world.now, "C3", "c", "{}", "U3")
    world.provider.jobs = [*world.provider.jobs, world.provider.job("b"), world.provider.job("c")]
    await world.store.tracked.subscribe(world.provider.job("c"), world.now, world.now, "C3", "c", "{}", "U3")
    world.now += timedelta(minutes=1)
    await sweep(world.deps, world.provider)
    assert sorted(await world.store.tracked.subscribed_cards(job.ref)) == ["C1", "C2"]


async def test_the_subscriber_gets_a_direct_message(world: World):
    job = await lose(world)
    await world.told("U1")
    appears(world, job)
    await shows(world.deps, job)
    await world.told()
    await world.told("U1")
    note = world.slack.said[-1]
    assert (note.channel, "found again" in note.text) == ("DU1", True)


async def test_a_new_subscription_is_kept_and_the_others_are_restored(world: World):
    job = await lose(world, "C1", "C2")
    appears(world, job)
    [card] = (await world.snapshot("C1")).cards
    await restore(world.deps, "C1", card, "U1")
    assert list(await world.store.tracked.subscribed_cards(job.ref)) == ["C1"]
    before = len(world.slack.said)
    await subscribe(world.deps, [job.ref], "C1", TERMS)
    await world.told("C1")
    await world.told("C2")
    assert sorted(await world.store.tracked.subscribed_cards(job.ref)) == ["C1", "C2"]
    assert [said.channel for said in world.slack.said[before:] if "found again" in said.text] == ["C2"]


async def test_after_thirty_days_it_stays_lost(world: World):
    job = await lose(world)
    world.now += timedelta(days=30, minutes=1)
    appears(world, job)
    await shows(world.deps, job)
    assert await world.store.tracked.subscribed_cards(job.ref) == {}


async def test_a_remembered_job_is_not_found(store: Store):
    looks = Looks(store, InMemory(capabilities=BY_ID).filled(1))
    [job] = looks.provider.jobs
    await looks.follow([job])
    await store.recent.remember([job, looks.provider.job("witness")], looks.now)
    looks.provider.jobs = [looks.provider.job("witness")]
    for _ in range(13):
        await looks.sweep(60)
    assert [change.fate for change in await looks.told()] == [EndReason.NOT_FOUND]
    looks.now += timedelta(minutes=1)
    looks.provider.trouble = failing(Unavailable("down"))
    answer = await list_jobs(looks.deps, ServiceFilter(), JobQuery())
    assert job.id in {each.id for each in answer.jobs}
    assert await store.tracked.subscribed_cards(job.ref) == {}


@pytest.mark.parametrize("leaves", ["card", "workspace"])
async def test_nothing_comes_back_where_nothing_is_left(world: World, leaves: str):
    job = await lose(world)
    if leaves == "workspace":
        await end_all(world.deps, DESTINATION)
    await world.store.outbox.purge(DESTINATION, [SLOT])
    left = await world.store.link.execute("EXISTS", LOST.of(SLOT, job.id))
    assert left == (leaves == "card")
    appears(world, job)
    await shows(world.deps, job)
    assert await world.store.tracked.subscribed_cards(job.ref) == {}
    assert not (await world.snapshot()).entries


async def test_an_older_answer_restores_nothing(world: World):
    job = await lose(world)
    await restore_found(world.deps, [job], world.now - timedelta(minutes=30))
    assert await world.store.tracked.subscribed_cards(job.ref) == {}


async def test_a_call_that_is_sent_again_restores_once(world: World):
    job = await lose(world)
    [lost] = await world.store.lost.read(SERVICE, [job.id])
    broken = LostJobs(Twice(world.store.link.redis))
    appears(world, job)
    await shows(replace(world.deps, store=replace(world.store, lost=broken)), job)
    assert list(await world.store.tracked.subscribed_cards(job.ref)) == list(lost.cards)
    assert len((await world.snapshot()).entries) == 1


async def test_a_lost_job_is_kept_for_thirty_days_and_no_longer(world: World):
    job = await lose(world)
    left = await world.store.link.execute("TTL", LOST.of(SLOT, job.id))
    assert LOST_KEPT.total_seconds() - 60 < left <= LOST_KEPT.total_seconds()
