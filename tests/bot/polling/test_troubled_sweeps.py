"""Looks at followed jobs when answers are missing, late or refused."""

from datetime import timedelta

import pytest

from bot.delivery.shown_cards import shown
from bot.domain.cards import Card, CardJob
from bot.domain.changes import EndReason, Kind
from bot.domain.sweeps import BACK_OFF_MAX_S
from bot.jobs.account_health import check_accounts
from bot.polling.recorder import AFTER_MISS
from bot.store import Store
from providers.base import Capabilities
from providers.errors import Throttled, Unavailable
from providers.models import JobState
from tests.bot.followed import World
from tests.bot.memory import InMemory, failing
from tests.bot.samples import DESTINATION, SERVICE, TERMS

DOWN = Unavailable("no answer in time", code="timeout")
TENS = Capabilities(lists=False, batch_max=10)


@pytest.fixture
def world(store: Store) -> World:
    return World(store, InMemory().filled(3))


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
        ("retention", "minutes_old", "end_reason"),
        [
            (None, 600, EndReason.NOT_FOUND),
            (timedelta(minutes=30), 5, EndReason.NOT_FOUND),
            (timedelta(minutes=30), 29, EndReason.EXPIRED),
            (timedelta(minutes=30), 45, EndReason.EXPIRED),
            (timedelta(minutes=30), None, EndReason.NOT_FOUND),
        ],
    )
    async def test_a_job_that_is_missing_for_ten_minutes_beside_another_is_lost(
        self, store: Store, retention: timedelta | None, minutes_old: float | None, end_reason: EndReason
    ):
        provider = InMemory(capabilities=Capabilities(lists=False, retention=retention)).filled(1)
        world = World(store, provider)
        await world.follow([provider.job("a", minutes_old), *provider.jobs])
        for seconds in (0, 31, 570):
            assert await world.told() == []
            await world.sweep(seconds)
        [change] = await world.told()
        assert (change.kind, change.fate, change.job.id) == (Kind.LOST, end_reason, "a")
        assert await world.store.tracked.subscribed_cards(change.job.ref) == {}

    async def test_missing_again_and_again_is_lost_only_in_a_row(self, world: World):
        await world.follow(world.provider.jobs[:1])
        jobs = world.provider.jobs
        for _ in range(3):
            world.provider.jobs = []
            await world.sweep(140)
            world.provider.jobs = jobs
            await world.sweep(140)
        assert await world.told() == []

    async def test_a_job_that_finishes_while_missing_is_notified_like_any_other(self, world: World):
        await world.follow(world.provider.jobs[:1])
        jobs, world.provider.jobs = world.provider.jobs, []
        await world.sweep()
        world.provider.jobs = [jobs[0].model_copy(update={"state": JobState.SUCCEEDED})]
        await world.sweep(31)
        assert [change.fate for change in await world.told()] == [EndReason.ENDED]


class TestTrouble:
    async def test_a_job_without_an_answer_is_postponed(self, store: Store):
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
            assert set((await world.snapshot()).stale) == marked
            await drawn(world)
        world.provider.trouble = lambda _: None
        await world.sweep(60)
        assert set((await world.snapshot()).stale) == cards
        assert await world.told() == []

    async def test_a_card_says_when_a_failing_service_is_really_asked_again(self, world: World):
        job = world.provider.jobs[0]
        await world.follow([job])
        await world.sweep()
        checked_at = world.now
        world.provider.trouble = failing(DOWN)
        wait = [await world.sweep(seconds) for seconds in (30, 10, 20, 40, 80)][-1]
        card = Card(id="one", place=DESTINATION, terms=TERMS, jobs={str(job.ref): CardJob()})
        (check,) = (await shown(world.deps, [card]))[0].checks.values()
        assert (check.at, check.next_at) == (checked_at, world.now + timedelta(seconds=wait or 0))
        assert (wait, check.failing_since) == (160, checked_at + timedelta(seconds=30))

    async def test_an_answer_says_since_when_a_service_fails(self, world: World):
        await world.follow(world.provider.jobs)
        await world.sweep()
        world.provider.trouble = failing(DOWN)
        await world.sweep(30)
        began, answered = world.now, (await world.last()).at
        world.now += timedelta(minutes=1)
        (told,) = (await check_accounts(world.deps)).services
        assert told.error
        assert (told.error.failing_since, told.last_ok_at) == (began, answered)
        world.provider.trouble = lambda _: None
        await world.sweep()
        assert (await world.store.health.read([SERVICE]))[SERVICE].failing_since is None

    async def test_a_service_that_hangs_is_in_trouble_too(self, world: World, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("bot.polling.sweep.SWEEP_S", 0.05)
        await world.follow(world.provider.jobs)
        world.provider.hangs_from = 1
        await world.sweep()
        last = await world.last()
        assert (last.requests, last.error and last.error.code) == (1, "late")


async def drawn(world: World) -> None:
    """Edit every card that needs it."""
    for card, mark in (await world.snapshot()).stale.items():
        await world.store.outbox.unmark(DESTINATION, card, mark)
