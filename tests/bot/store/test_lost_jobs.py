"""Lost jobs and witnesses in Redis: atomic, in one slot, with a lifetime; on one server and on a cluster."""

from collections.abc import AsyncGenerator, Generator
from datetime import timedelta

import pytest

from bot.domain.absence import Absence
from bot.domain.tracked_jobs import JobUpdate, record
from bot.store import Store
from bot.store.lost_jobs import Lost, LostJobs, Restored
from bot.store.redis.connection import RedisLink, connect
from bot.store.redis.keys import LOST, WITNESS
from bot.store.witnesses import LastWitness
from tests.bot.memory import NOW
from tests.bot.samples import SERVICE, SLOT, job
from tests.bot.store.test_tracked_jobs import Twice, known, told
from tests.redis_fleets import redis_cluster

pytestmark = pytest.mark.xdist_group("lost jobs")  # one cluster for all of them

AT = NOW + timedelta(minutes=10)
ABSENCE = Absence(NOW, NOW).missed(NOW)
PLACES = {"C1": "one", "C2": "two"}


@pytest.fixture(scope="module")
def cluster() -> Generator[str]:
    with redis_cluster() as (url, _):
        yield url


@pytest.fixture(params=["redis_process", "cluster"])
def url(request: pytest.FixtureRequest) -> str:
    return request.getfixturevalue(request.param)


@pytest.fixture
async def kept(url: str) -> AsyncGenerator[Store]:
    async with connect(url) as redis:
        await RedisLink(redis).execute_everywhere("FLUSHALL")
        yield Store.over(RedisLink(redis))


async def lose(store: Store) -> Lost:
    """Track a job in two destinations, and lose it."""
    for place, card in PLACES.items():
        await store.tracked.subscribe(job(), NOW, NOW, place, card, '"subscribed"', "U1")
    [(found, _)] = (await store.tracked.read([job().ref])).values()
    step = JobUpdate("a", found.record, None, entry='"lost"', lost=record(job(), AT, ABSENCE))
    assert await store.tracked.record(SERVICE, [step]) == {"a": PLACES}
    [lost] = await store.lost.read(SERVICE, ["b", "a"])
    return lost


def restored(**places: str) -> Restored:
    return Restored(places, record(job(), AT), AT, '"found"')


async def test_a_lost_job_is_kept_with_its_subscriptions(kept: Store):
    lost = await lose(kept)
    assert (lost.kept.job, lost.kept.checked_at, lost.kept.absence, lost.cards) == (job(), AT, ABSENCE, PLACES)
    assert await kept.tracked.subscribed_cards(job().ref) == {}
    assert 0 < await kept.link.execute("TTL", LOST.of(SLOT, "a")) <= LOST.seconds
    assert await kept.lost.read(SERVICE, []) == []


async def test_it_is_restored_once_with_an_entry_for_each_destination(kept: Store):
    lost = await lose(kept)
    assert await kept.lost.restore(lost, restored(**PLACES))
    assert not await kept.lost.restore(lost, restored(**PLACES))
    assert await kept.tracked.subscribed_cards(job().ref) == PLACES
    assert (await kept.tracked.state([SERVICE]))[0] == (1, AT, {"C1", "C2"})
    assert [(await told(kept.tracked, place))[-1] for place in PLACES] == [("one", '"found"'), ("two", '"found"')]
    assert await kept.lost.read(SERVICE, ["a"]) == []


async def test_a_finished_one_is_not_tracked(kept: Store):
    lost = await lose(kept)
    assert await kept.lost.restore(lost, restored(**PLACES)._replace(record=None))
    assert await kept.tracked.subscribed_cards(job().ref) == {}
    assert [(await told(kept.tracked, place))[-1] for place in PLACES] == [("one", '"found"'), ("two", '"found"')]
    assert (await kept.tracked.state([SERVICE]))[0][0] == 0


async def test_newer_subscriptions_are_unchanged(kept: Store):
    lost = await lose(kept)
    await kept.tracked.subscribe(job(progress=7), AT, AT, "C3", "three", '"subscribed"', "U3")
    assert await kept.lost.restore(lost, restored(C1="one"))
    assert await kept.tracked.subscribed_cards(job().ref) == {"C1": "one", "C3": "three"}
    found = await known(kept.tracked, job())
    assert found
    assert found.job.progress == 7


async def test_a_destination_subscribed_again_is_not_restored(kept: Store):
    await lose(kept)
    await kept.tracked.subscribe(job(), AT, AT, "C1", "again", '"subscribed"', "U1")
    [left] = await kept.lost.read(SERVICE, ["a"])
    assert left.cards == {"C2": "two"}
    assert 0 < await kept.link.execute("TTL", LOST.of(SLOT, "a")) <= LOST.seconds
    await kept.lost.purge(job().ref, "C2")
    assert await kept.lost.read(SERVICE, ["a"]) == []
    await kept.lost.purge(job().ref, "C2")


async def test_a_call_that_is_sent_again_puts_no_entry_twice(store: Store):
    lost = await lose(store)
    await LostJobs(Twice(store.link.redis)).restore(lost, restored(**PLACES))
    assert [entry for _, entry in await told(store.tracked, "C1")].count('"found"') == 1


async def test_a_witness_is_kept_for_each_region(kept: Store):
    assert await kept.witnesses.read(SERVICE, "here") == LastWitness()
    await kept.witnesses.write(SERVICE, "here", LastWitness(found_at=NOW))
    await kept.witnesses.write(SERVICE, "here", LastWitness(asked_at=AT))
    assert await kept.witnesses.read(SERVICE, "here") == LastWitness(NOW, AT)
    assert await kept.witnesses.read(SERVICE, "elsewhere") == LastWitness()
    assert 0 < await kept.link.execute("TTL", WITNESS.of(SLOT, "here")) <= WITNESS.seconds
