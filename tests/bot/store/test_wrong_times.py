"""Stored times from a wrong clock: a time in the future blocks nothing."""

from datetime import timedelta
from email.utils import format_datetime

import pytest

from bot.background.reconcile import reasons, reconcile
from bot.delivery import sender
from bot.delivery.dispatcher import deliver
from bot.delivery.next_step import due
from bot.domain.absence import LOST_AFTER, Absence, is_recent
from bot.domain.answers import ServiceError
from bot.domain.cards import Snooze
from bot.domain.changes import fingerprint
from bot.domain.elapsed import AHEAD, in_future, passed, past
from bot.domain.snooze import Rest, until
from bot.domain.sweeps import Sweep
from bot.domain.tracked_jobs import Kept, Seen
from bot.home_tab import published_just_now
from bot.polling.sweep import backing_off
from bot.store import Store
from bot.store.health import Outcome
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import POST_INTERVAL
from providers.errors import Unavailable
from providers.models import JobState
from tests.bot.delivery_world import World
from tests.bot.memory import NOW
from tests.bot.samples import DESTINATION, SERVICE, job

HOUR = timedelta(hours=1)
LATER = NOW + HOUR


@pytest.fixture
def world(store: Store, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    return World(store)


def test_a_wait_that_began_in_the_future_is_over():
    assert passed(NOW - HOUR, HOUR, NOW)
    assert not passed(NOW - HOUR + AHEAD, HOUR, NOW)
    assert not passed(NOW + AHEAD, HOUR, NOW)
    assert passed(NOW + AHEAD * 2, HOUR, NOW)
    assert [in_future(at, NOW) for at in (NOW, NOW + AHEAD, LATER)] == [False, False, True]
    assert [past(at, NOW) for at in (NOW - HOUR, LATER)] == [NOW - HOUR, NOW]


class TestLooking:
    async def test_a_job_that_was_seen_in_the_future_is_seen_again(self, world: World):
        await world.follow()
        await world.store.tracked.observe(SERVICE, LATER, [_seen(world)])
        kept = await _kept(world)
        assert kept
        assert kept.checked_at == LATER
        await world.becomes(state=JobState.SUCCEEDED)
        assert await _kept(world) is None

    async def test_an_older_answer_still_changes_nothing(self, world: World):
        await world.follow()
        await world.store.tracked.observe(SERVICE, world.now + AHEAD / 2, [_seen(world)])
        await world.becomes(state=JobState.SUCCEEDED)
        kept = await _kept(world)
        assert kept
        assert kept.job.state is JobState.PENDING

    async def test_a_job_that_is_due_in_the_far_future_is_polled_soon(self, world: World):
        await world.follow()
        await world.store.tracked.postpone(SERVICE, [world.provider.jobs[0].id], NOW + timedelta(days=2))
        await reconcile(world.deps)
        (_, first, _), *_ = await world.store.tracked.state([SERVICE])
        assert first
        assert first <= world.now

    async def test_a_try_in_the_future_is_trouble(self, world: World):
        await world.follow()
        world.now += HOUR
        (reason,) = reasons(world.deps)
        for tried_at, trouble in ((world.now, False), (world.now - HOUR, True), (world.now + HOUR, True)):
            await world.store.sweeps.write(SERVICE, Sweep(tried_at=tried_at))
            assert bool(await reason.look()) is trouble

    async def test_a_failing_service_is_retried_after_a_try_in_the_future(self, world: World):
        error = _error()
        for tried_at, wait in ((world.now, 10), (world.now + HOUR, 0), (world.now - HOUR, 0)):
            await world.store.sweeps.write(SERVICE, Sweep(tried_at=tried_at, failures=1, error=error))
            assert await backing_off(world.deps, SERVICE) == pytest.approx(wait, abs=0.1)

    async def test_a_service_does_not_fail_since_the_future(self, store: Store):
        outcome = Outcome(*SERVICE, 0.1, _error())
        assert await store.health.record([outcome], LATER) == {SERVICE: LATER}
        assert await store.health.record([outcome], NOW) == {SERVICE: NOW}
        assert await store.health.record([outcome], NOW + HOUR / 2) == {SERVICE: NOW}

    def test_a_witness_in_the_future_is_none(self):
        assert is_recent(NOW + LOST_AFTER / 2, NOW)
        assert not is_recent(LATER, NOW)

    def test_an_absence_does_not_begin_in_the_future(self):
        found = Absence(LATER, LATER, misses=3, missed_since=LATER, suspended=LATER).before(NOW)
        assert found == Absence(NOW, NOW, misses=3, missed_since=NOW, suspended=NOW)
        assert Absence(NOW - HOUR, NOW - HOUR).before(NOW) == Absence(NOW - HOUR, NOW - HOUR)

    async def test_a_service_that_was_configured_in_the_future_is_forgotten_in_time(self, store: Store):
        await store.tracked.configured([SERVICE], NOW + timedelta(days=365))
        assert await store.tracked.configured([], NOW) == {SERVICE: NOW}
        assert await store.tracked.configured([], NOW + HOUR) == {SERVICE: NOW}

    async def test_a_workspace_is_not_absent_since_the_future(self, store: Store):
        await store.installations.absent({"T1"}, LATER)
        assert await store.installations.absent({"T1"}, NOW) == {"T1": NOW}


class TestShowing:
    async def test_an_answer_from_the_future_does_not_block_later_ones(self, store: Store):
        assert await store.freshness.claim("view", LATER)
        assert await store.freshness.claim("view", NOW)
        assert not await store.freshness.claim("view", NOW - timedelta(seconds=1))

    async def test_the_record_of_a_job_is_renewed(self, store: Store):
        await store.recent.remember([job(state=JobState.RUNNING)], LATER)
        await store.recent.remember([job(state=JobState.FAILED)], NOW)
        (known,) = await store.recent.recent(*SERVICE, NOW)
        assert known.state is JobState.FAILED

    async def test_a_tab_that_was_published_in_the_future_is_not_fresh(self, world: World):
        await world.store.home_tabs.publish("U1", LATER)
        assert not await published_just_now(world.deps, "U1")
        await world.store.home_tabs.publish("U1", world.now)
        assert await published_just_now(world.deps, "U1")


class TestSnoozing:
    def test_no_snooze_lasts_longer_than_any_that_can_be_picked(self):
        assert Snooze(until=NOW + timedelta(days=3), by="U1").over(NOW)
        longest = max(until(Rest.MORNING, NOW + timedelta(hours=hour), timedelta()) for hour in range(24))
        assert not Snooze(until=longest, by="U1").over(longest - timedelta(hours=25))
        assert Snooze(until=NOW, by="U1").over(NOW)

    async def test_a_card_that_was_snoozed_in_the_future_wakes(self, world: World):
        await world.follow()
        await world.told()
        snapshot = await world.snapshot()
        (card,) = snapshot.cards.values()
        snapshot.cards[card.id] = card.model_copy(update={"snooze": Snooze(until=NOW + timedelta(days=30), by="U1")})
        assert due(snapshot, world.now)


class TestPosting:
    @pytest.mark.parametrize("ahead", [HOUR, timedelta(minutes=5), timedelta(days=3650)])
    async def test_a_post_that_was_started_in_the_future_is_searched_for_soon(self, world: World, ahead: timedelta):
        await world.follow()
        await world.told()
        await world.becomes(state=JobState.SUCCEEDED)
        world.slack.trouble = ["lost"]
        await _once(world)
        await _rewrite(world, at=world.now + ahead, oldest="")
        before = world.now
        assert await world.told() == 2
        assert world.now - before < timedelta(seconds=30)

    async def test_the_pace_of_a_server_whose_clock_was_set_back_stops_nothing(self, world: World, link: RedisLink):
        await world.follow()
        await link.execute("SET", POST_INTERVAL.of(DESTINATION), "1", "PX", 3_600_000)
        before = world.now
        assert await world.told() == 1
        assert world.now - before < timedelta(seconds=30)

    @pytest.mark.parametrize("slack_is_ahead", [-HOUR, timedelta(minutes=-5), timedelta(0), timedelta(minutes=5), HOUR])
    async def test_the_history_is_searched_by_slacks_time(self, world: World, slack_is_ahead: timedelta):
        _slack_is(world, slack_is_ahead)
        await world.follow()
        world.slack.trouble = ["lost", "lost", "lost"]
        assert await world.told() == 1
        assert len(world.slack.said) == 1

    async def test_a_search_begins_at_the_newest_message_where_slacks_date_is_wrong(self, world: World):
        await world.follow()
        assert await world.told() == 1
        world.deps.slack_time.heard(format_datetime(world.now + HOUR, usegmt=True))
        await world.becomes(state=JobState.SUCCEEDED)
        world.slack.trouble = ["lost"]
        assert await world.told() == 2
        assert len(world.slack.said) == 2


def _seen(world: World) -> Seen:
    followed = world.provider.jobs[0]
    return Seen(followed.id, fingerprint(followed), NOW)


async def _kept(world: World) -> Kept | None:
    """Return the record of the tracked job."""
    found = await world.store.tracked.read([world.provider.jobs[0].ref])
    return next((kept for kept, _ in found.values()), None)


def _error() -> ServiceError:
    return ServiceError.of(Unavailable("away"), *SERVICE)


async def _once(world: World) -> None:
    await deliver(world.deps, DESTINATION)


async def _rewrite(world: World, **changed: object) -> None:
    """Change the mark of the post in flight."""
    in_flight = (await world.snapshot()).in_flight
    assert in_flight
    assert in_flight.doubt
    await world.store.outbox.renew(DESTINATION, in_flight.model_copy(update={**changed, "doubt": None, "since": None}))


def _slack_is(world: World, ahead: timedelta) -> None:
    """Give Slack a clock that differs from ours."""

    def now() -> float:
        return (world.now + ahead).timestamp()

    world.slack.now = now
    world.deps.slack_time.heard(format_datetime(world.now + ahead, usegmt=True))
