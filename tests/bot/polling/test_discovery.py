"""New jobs of a watched service: a baseline, then a walk in the sweeps; each event is routed once."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.deps.deps import Deps
from bot.domain.changes import EventKind
from bot.domain.outbox import ChangedEntry, ServiceEntry, SubscribedEntry
from bot.polling import discovery
from bot.polling.sweep import sweep
from bot.store import Store
from providers.errors import NotOffered, Unavailable
from providers.models import JobError, JobQuery, JobState
from tests.bot.memory import services
from tests.bot.polling.listing import DESTINATION, LISTS, Clock, Listing, entries, events
from tests.bot.polling.watching import watch
from tests.bot.samples import SERVICE, TERMS


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cloud(clock: Clock) -> Listing:
    return Listing(clock=clock)


@pytest.fixture
def deps(store: Store, cloud: Listing, clock: Clock) -> Deps:
    return replace(services(store, cloud), clock=clock)


async def look(deps: Deps, cloud: Listing, clock: Clock, seconds: float = 70) -> None:
    clock.forward(seconds)
    await sweep(deps, cloud)


async def test_a_finished_job_is_no_event_and_one_that_finishes_later_is(
    store: Store, deps: Deps, cloud: Listing, clock: Clock
):
    cloud.add("old", JobState.FAILED, ago_s=100)
    cloud.add("runs", ago_s=90)
    for number in range(150):
        cloud.add(f"done-{number}", JobState.SUCCEEDED, ago_s=1_000 + number)
    cloud.add("deep", ago_s=5_000)
    await watch(store)
    await sweep(deps, cloud)
    assert await entries(store) == []
    cloud.move("runs", JobState.FAILED)
    cloud.move("deep", JobState.FAILED)
    cloud.add("new", JobState.FAILED, ago_s=5, finished_at=clock())
    for _ in range(3):
        await look(deps, cloud, clock)
    waiting = await entries(store)
    assert sorted(events(waiting)) == ["deep#1/failed", "new#1/failed", "runs#1/failed"]
    assert {(each.watches, each.card) for each in waiting} == {(("w1",), "")}
    for _ in range(3):
        await look(deps, cloud, clock)
    assert len(await entries(store)) == 3, "each is routed once"


async def test_events_that_one_look_shows_together_are_passed(store: Store, deps: Deps, cloud: Listing, clock: Clock):
    await watch(store, {"on": "any"})
    await sweep(deps, cloud)
    clock.forward(20)
    cloud.add("quick", JobState.FAILED, ago_s=15, started_at=clock() - timedelta(seconds=10), finished_at=clock())
    cloud.add("runs", ago_s=5)
    await look(deps, cloud, clock)
    found = [each.body.change for each in await entries(store) if isinstance(each.body, ChangedEntry)]
    quick, runs = sorted(found, key=lambda change: change.job.id)
    assert (quick.passed, quick.happened) == ((EventKind.SUBMITTED, EventKind.STARTED), EventKind.FAILED)
    assert (runs.passed, runs.happened) == ((EventKind.SUBMITTED,), EventKind.STARTED)
    assert quick.event_at == clock() - timedelta(seconds=70)


async def test_filters_of_the_watch_and_the_service_s_subscribers_are_distinguished(
    store: Store, deps: Deps, cloud: Listing, clock: Clock
):
    await watch(store, {"without": [["name", "test"]]})
    await sweep(deps, cloud)
    followed = cloud.add("followed")
    cloud.add("test-1", name="a test")
    clock.forward(1)
    entry = SubscribedEntry(job=followed, terms=TERMS).model_dump_json()
    await store.tracked.subscribe(followed, clock(), clock(), DESTINATION, "card", entry, "U1")
    await look(deps, cloud, clock)
    cloud.move("followed", JobState.FAILED)
    cloud.move("test-1", JobState.FAILED)
    await look(deps, cloud, clock)
    subscribed, failed = await entries(store)
    assert isinstance(subscribed.body, SubscribedEntry)
    assert (events([failed]), failed.card, failed.watches) == (["followed#1/failed"], "card", ("w1",))


async def test_a_job_that_continues_after_it_finished_starts_another_attempt(
    store: Store, deps: Deps, cloud: Listing, clock: Clock
):
    await watch(store, {"on": "any"})
    await sweep(deps, cloud)
    cloud.add("again")
    await look(deps, cloud, clock)
    for attempt in (1, 2, 3):
        cloud.move("again", JobState.CANCELLED)
        await look(deps, cloud, clock)
        cloud.move("again", JobState.RUNNING, finished_at=None)
        await look(deps, cloud, clock)
        assert events(await entries(store))[-2:] == [f"again#{attempt}/cancelled", f"again#{attempt + 1}/reopened"]


async def test_watches_that_change_while_a_sweep_records_are_matched_again(
    store: Store, deps: Deps, cloud: Listing, clock: Clock
):
    await watch(store)
    await sweep(deps, cloud)
    cloud.add("new", JobState.FAILED)

    clock.forward(70)
    changed = False
    record = store.tracked.link.execute

    async def between(*command: str | float) -> object:
        nonlocal changed
        if not changed and "Records changes" in str(command[1]):
            changed = True
            await watch(store, {"code": "A"}, "w1")
            await watch(store, {}, "w2")
        return await record(*command)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store.tracked.link, "execute", between)
        await sweep(deps, cloud)
    [failed] = await entries(store)
    assert changed
    assert (failed.watches, failed.rules) == (("w2",), "3")


async def test_a_service_that_cannot_be_read_is_down_once_and_up_once(
    store: Store, deps: Deps, cloud: Listing, clock: Clock
):
    await watch(store)
    await sweep(deps, cloud)
    broken = clock()
    cloud.on_page = lambda _: Unavailable("away", code="away")
    for _ in range(8):
        await look(deps, cloud, clock)
    [down] = await entries(store)
    assert isinstance(down.body, ServiceEntry)
    assert down.body.event.since == broken + timedelta(seconds=70)
    cloud.add("missed", JobState.FAILED, ago_s=200, error=JobError(code="A"))
    cloud.on_page = lambda _: None
    for _ in range(2):
        await look(deps, cloud, clock)
    waiting = await entries(store)
    assert [each.split("/")[-1] for each in events(waiting)] == ["down", "failed", "up"]
    up = waiting[-1].body
    assert isinstance(up, ServiceEntry)
    assert (up.event.since, up.event.found) == (down.body.event.since, 1)


async def test_without_a_watch_nothing_is_tracked(store: Store, deps: Deps, cloud: Listing, clock: Clock):
    await watch(store)
    followed = cloud.add("followed")
    cloud.add("other")
    await sweep(deps, cloud)
    entry = SubscribedEntry(job=followed, terms=TERMS).model_dump_json()
    await store.tracked.subscribe(followed, clock(), clock(), DESTINATION, "card", entry, "U1")
    await store.tracked.unsubscribe(followed.ref, DESTINATION, entry)
    assert (await store.tracked.state([SERVICE]))[0][0] == 2, "the watch still wants it"
    await store.tracked.subscribe(followed, clock(), clock(), DESTINATION, "card", entry, "U1")
    await store.routes.put(SERVICE, DESTINATION, "w1", None)
    assert await store.routes.active([SERVICE]) == {SERVICE}
    await look(deps, cloud, clock)
    assert (await store.tracked.state([SERVICE]))[0][0] == 1
    assert await store.routes.active([SERVICE]) == set()


async def test_the_event_log_has_failures_and_counts_the_rest(store: Store, deps: Deps, cloud: Listing, clock: Clock):
    await watch(store)
    await sweep(deps, cloud)
    began = clock()
    for number in range(5):
        cloud.add(f"fine-{number}", JobState.SUCCEEDED, ago_s=1, kind="ocr")
    cloud.add("bad", JobState.FAILED, name="b.mp4", error=JobError(code="ALG.1", message="m" * 300), raw_state="FAILED")
    await look(deps, cloud, clock)
    page = await store.event_log.read(SERVICE, began, clock())
    [line] = page.events
    assert (line.id, line.name, line.code, line.state) == ("acme/video/bad#1/failed", "b.mp4", "ALG.1", JobState.FAILED)
    assert len(line.message or "") == 200
    assert sum(each.number for each in page.counts) == 5
    assert {(each.event, each.kind) for each in page.counts} == {(EventKind.SUCCEEDED, "ocr")}
    assert page.complete_since == began
    assert await store.event_log.ended_since(SERVICE, began) == sum(each.jobs for each in page.ended) == 6
    assert await store.event_log.ended_since(SERVICE, clock() + timedelta(minutes=1)) == 0


async def test_a_refused_list_is_an_outage_although_jobs_are_found(
    store: Store, deps: Deps, cloud: Listing, clock: Clock
):
    cloud.add("runs")
    await watch(store)
    await sweep(deps, cloud)
    cloud.on_page = lambda _: NotOffered("no list", code="404")
    for _ in range(8):
        await look(deps, cloud, clock)
    cloud.move("runs", JobState.FAILED)
    for _ in range(3):
        await look(deps, cloud, clock)
    assert [each.split("/")[-1] for each in events(await entries(store))] == ["down", "failed"]


async def test_a_long_list_without_order_is_read_only_for_failures(
    store: Store, deps: Deps, cloud: Listing, clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(discovery, "LONG_LIST", 20)
    cloud.capabilities = replace(LISTS, whole_list=True, retention=timedelta(minutes=30))
    await watch(store)
    for number in range(25):
        cloud.add(f"done-{number}", JobState.SUCCEEDED)
    await sweep(deps, cloud)
    cloud.add("bad", JobState.FAILED)
    cloud.add("fine", JobState.SUCCEEDED)
    await look(deps, cloud, clock)
    assert cloud.asked[-1] == JobQuery(states=frozenset({JobState.FAILED, JobState.RUNNING}))
    await watch(store, {"on": "done"}, "w2")
    cloud.add("later", JobState.SUCCEEDED)
    await look(deps, cloud, clock)
    cloud.add("last", JobState.SUCCEEDED)
    await look(deps, cloud, clock)
    assert events(await entries(store)) == ["bad#1/failed", "last#1/succeeded"], "the rest was not read when it ended"


async def test_reasons_are_asked_for_a_few_jobs_a_sweep_and_for_each_that_is_followed(
    store: Store, deps: Deps, cloud: Listing, clock: Clock
):
    await watch(store)
    await sweep(deps, cloud)
    for number in range(30):
        job = cloud.add(f"job-{number}", ago_s=number)
        if number < 5:
            entry = SubscribedEntry(job=job, terms=TERMS).model_dump_json()
            await store.tracked.subscribe(
                job, clock() - timedelta(seconds=1), clock(), "T1/C2", f"c{number}", entry, "U1"
            )
    await look(deps, cloud, clock)
    for number in range(30):
        cloud.move(f"job-{number}", JobState.FAILED, unexplained="look")
    cloud.asked.clear()
    await look(deps, cloud, clock)
    looked_up = [each for each in cloud.asked if isinstance(each, tuple)]
    assert [len(ids) for ids in looked_up] == [25]
    assert {f"job-{number}" for number in range(5)} < {*looked_up[0]}
    assert len(await entries(store)) == 30


async def test_a_watched_job_that_was_lost_and_is_found_again_is_reopened(
    store: Store, deps: Deps, cloud: Listing, clock: Clock
):
    await watch(store, {"on": "any"})
    cloud.add("witness")
    gone = cloud.add("gone")
    await sweep(deps, cloud)
    del cloud.store["gone"]
    for _ in range(12):
        await look(deps, cloud, clock)
    assert events(await entries(store)) == ["gone#1/lost"]
    cloud.store["gone"] = gone.model_copy(update={"created_at": clock()})
    await look(deps, cloud, clock)
    cloud.move("gone", JobState.FAILED)
    await look(deps, cloud, clock)
    assert events(await entries(store)) == ["gone#1/lost", "gone#2/reopened", "gone#2/failed"]


async def test_a_job_that_is_followed_again_after_it_finished_is_in_another_attempt(
    store: Store, deps: Deps, cloud: Listing, clock: Clock
):
    for attempt in (1, 2):
        job = cloud.add("again")
        entry = SubscribedEntry(job=job, terms=TERMS).model_dump_json()
        await store.tracked.subscribe(job, clock(), clock(), DESTINATION, f"card-{attempt}", entry, "U1")
        clock.forward(10)
        cloud.move("again", JobState.FAILED)
        await look(deps, cloud, clock)
        changes = [each for each in await entries(store) if isinstance(each.body, ChangedEntry)]
        assert events(changes)[-1] == f"again#{attempt}/failed", "without a watch as well"
