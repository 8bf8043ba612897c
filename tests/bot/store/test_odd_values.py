"""Well-formed records with an odd value: it delays nothing, and no other record."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.background.reconcile import reasons, reconcile
from bot.delivery import sender
from bot.delivery.card_editor import edit_cards
from bot.delivery.dispatcher import deliver
from bot.deps.clock import FleetClock, SlackTime
from bot.domain.answers import ServiceError
from bot.domain.outbox import UnsubscribedEntry
from bot.domain.suspensions import Suspension
from bot.polling.sweep import sweep
from bot.store import Store
from bot.store.clock import ServerClock
from bot.store.epochs import Epochs
from bot.store.health import Outcome
from bot.store.quarantine import unreadable_key
from bot.store.redis.keys import BEGUN, CARDS, CLOCK, DUE, EPOCH, HEALTH, OUTBOX, SUSPENDED
from bot.subscriptions.listing import subscriptions
from bot.subscriptions.snooze import snooze
from providers.errors import Unavailable
from providers.models import Job, JobState
from tests.bot.delivery_world import ANY, World
from tests.bot.memory import NOW
from tests.bot.rewritten import rewrite, texts
from tests.bot.samples import DESTINATION, SERVICE, SLOT, job

UNZONED = "2026-11-30T12:00:00"
UNREPRESENTABLE = "0001-01-01T00:00:00+14:00"


@pytest.fixture
def world(store: Store, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    return World(store)


def with_times(moment: str) -> Callable[[str], str]:
    """Replace each time of a record, also those of the records within it."""

    def replaced(value: Any) -> Any:
        match value:
            case dict():
                return {name: replaced(each) for name, each in value.items()}  # pyright: ignore[reportUnknownVariableType]
            case list():
                return [replaced(each) for each in value]  # pyright: ignore[reportUnknownVariableType]
            case str() if value.startswith("{"):
                return json.dumps(replaced(json.loads(value)))
            case str() if value.startswith("20") and "T" in value:
                return moment
            case _:
                return value

    return lambda text: json.dumps(replaced(json.loads(text)))


def with_field(name: str, value: Any) -> Callable[[str], str]:
    return lambda text: json.dumps({**json.loads(text), name: value})


async def failed(world: World) -> int:
    """Sweep and deliver until no work is left; return how many messages say that the job has failed."""
    world.provider.jobs = [each.model_copy(update={"state": JobState.FAILED}) for each in world.provider.jobs]
    for _ in range(2):
        world.now += timedelta(hours=30)
        await sweep(world.deps, world.provider)
        await world.told()
    await subscriptions(world.deps, here=DESTINATION)
    await edit_cards(world.deps, DESTINATION)
    return len([each for each in texts(world, DESTINATION)[1:] if "failed" in each.lower()])


class TestTimes:
    @pytest.fixture(params=["card", "snoozed card", "entry", "mark", "suspension"])
    async def key(self, world: World, request: pytest.FixtureRequest) -> str:
        """Return the key of a record with times, of a destination that awaits a failure."""
        await world.follow(ANY)
        [card] = (await world.snapshot()).cards
        match request.param:
            case "card":
                return CARDS.of(DESTINATION)
            case "snoozed card":
                await snooze(world.deps, card, DESTINATION, "U1", world.now + timedelta(hours=1))
                await world.becomes(raw_state="B")
                await world.told()
                return CARDS.of(DESTINATION)
            case "entry":
                await world.becomes(state=JobState.FAILED)
                return OUTBOX.of(SLOT, DESTINATION)
            case "mark":
                await world.becomes(state=JobState.FAILED)
                world.slack.trouble = ["lost"]
                await deliver(world.deps, DESTINATION)
                return BEGUN.of(DESTINATION)
            case _:
                await world.store.outbox.suspend(DESTINATION, Suspension(reason="is_archived", since=NOW))
                return SUSPENDED.of(DESTINATION)

    async def test_one_without_a_zone_is_of_utc(self, world: World, key: str):
        await rewrite(world.store.link, key, with_times(UNZONED))
        if key == SUSPENDED.of(DESTINATION):
            await deliver(world.deps, DESTINATION)
            assert await world.store.outbox.restore(DESTINATION)
        assert await failed(world) == 1
        assert not await world.store.link.execute("EXISTS", unreadable_key(key))

    async def test_one_that_utc_has_not_is_corrupt(self, world: World, key: str):
        await rewrite(world.store.link, key, with_times(UNREPRESENTABLE))
        await failed(world)
        assert await world.store.link.execute("HLEN", unreadable_key(key)) == 1
        assert (await world.snapshot()).in_flight is None

    async def test_an_unsubscription_without_a_zone_is_forgotten_in_time(self, world: World):
        await world.follow()
        gone = UnsubscribedEntry(job=world.provider.jobs[0], by="U1", at=NOW).model_dump_json()
        await world.store.tracked.unsubscribe(world.provider.jobs[0].ref, DESTINATION, gone)
        await rewrite(world.store.link, OUTBOX.of(SLOT, DESTINATION), with_times(UNZONED))
        await world.told()
        await edit_cards(world.deps, DESTINATION)
        world.now += timedelta(days=1)
        await world.told()
        assert not (await world.snapshot()).records

    def test_those_of_a_job_are_in_utc(self):
        fields = {"account": "a", "service": "s", "id": "i", "state": "running"}
        known = Job.model_validate({**fields, "created_at": UNZONED, "finished_at": "2026-11-30T14:00:00+02:00"})
        assert (known.created_at, known.finished_at) == (datetime(2026, 11, 30, 12, tzinfo=UTC),) * 2


class TestCards:
    @pytest.mark.parametrize("ts", ["odd", "NaN", "1e9", "\x00"])
    async def test_a_card_without_a_readable_timestamp_blocks_no_other(self, world: World, ts: str):
        await world.follow()
        await rewrite(world.store.link, CARDS.of(DESTINATION), with_field("ts", ts))
        assert await failed(world) == 1

    @pytest.mark.parametrize(
        ("name", "value"),
        [("jobs", {"odd": {}}), ("jobs", {"": {}}), ("id", "another"), ("id", ""), ("place", "C9")],
    )
    async def test_one_that_is_about_something_else_is_corrupt(self, world: World, name: str, value: Any):
        await world.follow()
        await rewrite(world.store.link, CARDS.of(DESTINATION), with_field(name, value))
        await world.told()
        await subscriptions(world.deps, here=DESTINATION)
        assert "no longer followed" in texts(world, DESTINATION)[1]
        assert await world.store.link.execute("HLEN", unreadable_key(CARDS.of(DESTINATION))) == 1

    @pytest.mark.parametrize("odd", [job(""), job(service=""), job(account="a/b")])
    async def test_an_entry_of_a_job_without_an_address_is_corrupt(self, world: World, odd: Job):
        await world.follow()
        await world.becomes(state=JobState.FAILED)
        about = odd.model_dump(mode="json")

        def change(text: str) -> str:
            entry = json.loads(text)
            return json.dumps({**entry, "change": {**entry["change"], "job": about}})

        await rewrite(world.store.link, OUTBOX.of(SLOT, DESTINATION), change)
        await world.told()
        assert await world.store.link.execute("HLEN", unreadable_key(OUTBOX.of(SLOT, DESTINATION))) == 1


class TestMarks:
    async def test_one_with_impossible_entries_is_corrupt_and_its_post_appears_once(self, world: World):
        await world.follow()
        await world.becomes(state=JobState.FAILED)
        world.slack.trouble = ["lost"]
        await deliver(world.deps, DESTINATION)
        await rewrite(world.store.link, BEGUN.of(DESTINATION), with_field("entries", {SLOT: ["odd"]}))
        await world.told()
        assert len([each for each in texts(world, DESTINATION) if "Failed" in each]) == 1
        assert await world.store.link.execute("HLEN", unreadable_key(BEGUN.of(DESTINATION))) == 1

    @pytest.mark.parametrize("oldest", ["odd", "NaN", ""])
    async def test_the_whole_history_is_searched_without_a_known_start(self, world: World, oldest: str):
        await world.follow()
        await world.becomes(state=JobState.FAILED)
        world.slack.trouble = ["lost"]
        await deliver(world.deps, DESTINATION)
        await rewrite(world.store.link, BEGUN.of(DESTINATION), with_field("oldest", oldest))
        assert await world.told() == 2


@pytest.mark.parametrize("score", ["-inf", "+inf", "1e18", "-1e18", "1e300"])
async def test_a_job_without_a_valid_due_time_is_polled(world: World, score: str):
    await world.follow()
    [job_id] = await world.store.link.execute("ZRANGE", DUE.of(SLOT), 0, -1)
    await world.store.link.execute("ZADD", DUE.of(SLOT), score, job_id)
    for reason in reasons(world.deps):
        await reason.look()
    await subscriptions(world.deps, here=DESTINATION)
    await reconcile(world.deps)
    assert await failed(world) == 1


@pytest.mark.parametrize("kept", ["99999999999999999999/1", f"1/{'9' * 400}", f"{'9' * 400}/1"])
async def test_a_fleet_time_that_no_process_reached_is_not_believed(store: Store, kept: str):
    await store.link.execute("SET", CLOCK.of(), kept)
    clock = FleetClock(ServerClock(store.link))
    await clock.sample()
    assert abs(clock.ahead) < timedelta(hours=1).total_seconds()
    assert float((await store.link.execute("GET", CLOCK.of())).partition("/")[0]) / 1e6 == pytest.approx(
        clock().timestamp(), abs=60
    )


async def test_an_epoch_that_is_no_text_is_another_one(store: Store):
    epochs = Epochs(store.link)
    await epochs.check(NOW)
    await store.link.execute("SET", EPOCH.of(), "\udcff\udcfe")
    epoch, another = await epochs.check(NOW)
    assert (another, epoch.reset_at) == (True, NOW)
    assert await Epochs(store.link).check(NOW) == (epoch, False)


@pytest.mark.parametrize(
    ("since", "read"), [("1", NOW), ("2026-11-30T11:00:00", datetime(2026, 11, 30, 11, tzinfo=UTC))]
)
async def test_the_start_of_a_services_failure_is_in_utc(store: Store, since: str, read: datetime):
    await store.link.execute("HSET", HEALTH.of(*SERVICE), "failing_since", since)
    failing = ServiceError.of(Unavailable("down"), *SERVICE)
    assert await store.health.record([Outcome(*SERVICE, 0.1, failing)], NOW) == {SERVICE: read}


@pytest.mark.parametrize(
    "date", ["Mon, 99999999999999999999 Jan 2026 00:00:00 GMT", "1 Jan 2026 00:00:00 +99999999999999"]
)
def test_a_date_of_slack_that_is_none_is_passed_over(date: str):
    slack = SlackTime()
    slack.heard(date)
    assert slack.now() is None
