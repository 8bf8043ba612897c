"""Unreadable records are moved aside, and block nothing else."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.background.reconcile import reconcile_destinations
from bot.delivery import sender
from bot.delivery.card_editor import edit_cards
from bot.delivery.dispatcher import deliver
from bot.domain.findings import Status
from bot.domain.suspensions import Suspension
from bot.jobs.recovery import restore_found
from bot.store import Store
from bot.store.quarantine import unreadable_key
from bot.store.redis.keys import (
    BEGUN,
    CARDS,
    CONFIGURED,
    DUE,
    HEALTH,
    JOBS,
    LOST,
    OUTBOX,
    REFUSED,
    STALE,
    SUBSCRIPTIONS,
    SUSPENDED,
    SWEEP,
    WITNESS,
)
from providers.models import JobState
from tests.bot.delivery_world import ANY, World
from tests.bot.memory import NOW
from tests.bot.rewritten import OTHER, checked, degraded, figures, other_place, rewrite, sweep_now, texts
from tests.bot.samples import DESTINATION, SERVICE, SLOT, empty

CORRUPT: dict[str, Callable[[str], str]] = {
    "empty": lambda _: "",
    "not JSON": lambda text: text[: len(text) // 2],
    "a list": lambda text: f"[{text}]",
    "a number": lambda _: "7",
    "null": lambda _: "null",
    "no field": lambda _: "{}",
    "another type": lambda text: json.dumps({name: {"odd": value} for name, value in json.loads(text).items()}),
    "an odd number of its format": lambda text: json.dumps({**json.loads(text), "v": "two"}),
    "format 0": lambda text: json.dumps({**json.loads(text), "v": 0}),
    "no text": lambda text: text.replace(":", ":\udcff\udcfe", 1),
    "deep": lambda _: "[" * 100_000,
}
"""Damage to a record, by kind."""


@pytest.fixture
def world(store: Store, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    return World(store)


class TestCorrupt:
    @pytest.mark.parametrize("how", CORRUPT)
    async def test_a_card_is_moved_aside_and_its_job_may_be_subscribed_to_again(self, world: World, how: str):
        await world.follow()
        text = await rewrite(world.store.link, CARDS.of(DESTINATION), CORRUPT[how])
        await other_place(world)
        await world.told()
        [_, note] = texts(world, DESTINATION)
        assert "no longer followed" in note
        assert "job-0000" in note
        await world.told(OTHER)
        assert any("Failed" in each for each in texts(world, OTHER)), "another place goes on"
        kept = await world.store.link.execute("HVALS", unreadable_key(CARDS.of(DESTINATION)))
        assert kept == [text]
        assert (
            await world.store.link.execute("TTL", unreadable_key(CARDS.of(DESTINATION)))
            > timedelta(days=29).total_seconds()
        )
        world.provider.jobs = [world.provider.job("job-0000")]
        await world.follow()
        assert len(texts(world, DESTINATION)) == 3
        [card] = (await world.snapshot()).cards.values()
        assert [each.fate for each in card.jobs.values()] == [None]

    async def test_a_result_that_waits_for_a_corrupt_card_is_in_the_notification(self, world: World):
        await world.follow()
        await world.becomes(state=JobState.SUCCEEDED)
        await rewrite(world.store.link, CARDS.of(DESTINATION), CORRUPT["no field"])
        await world.told()
        assert "Succeeded: job-0000" in texts(world, DESTINATION)[1]

    async def test_a_corrupt_card_to_be_edited_is_not_dropped(self, world: World):
        await world.follow()
        text = await rewrite(world.store.link, CARDS.of(DESTINATION), CORRUPT["no field"])
        [card] = (await world.snapshot()).records
        await world.store.outbox.refresh([(DESTINATION, card)])
        assert await edit_cards(world.deps, DESTINATION) is None
        assert await world.store.link.execute("HGET", CARDS.of(DESTINATION), card) == text

    @pytest.mark.parametrize("how", CORRUPT)
    async def test_the_result_in_a_corrupt_entry_is_posted_anyway(self, world: World, how: str):
        await world.follow()
        await world.becomes(state=JobState.SUCCEEDED)
        await rewrite(world.store.link, OUTBOX.of(SLOT, DESTINATION), CORRUPT[how])
        await world.told()
        assert await world.store.link.execute("HLEN", unreadable_key(OUTBOX.of(SLOT, DESTINATION))) == 1
        await sweep_now(world)
        await world.told()
        assert [each for each in texts(world, DESTINATION)[1:] if each.startswith("✅")]
        assert await world.told("U1") == 3
        assert "job-0000" in texts(world, "DU1")[0]
        await edit_cards(world.deps, DESTINATION)
        assert empty(await world.snapshot())

    @pytest.mark.parametrize("how", ["not JSON", "no field", "no text"])
    async def test_the_subscription_in_a_corrupt_entry_can_be_made_again(
        self, world: World, how: str, monkeypatch: pytest.MonkeyPatch
    ):
        with monkeypatch.context() as patch:
            patch.setattr("bot.delivery.dispatcher.deliver", _nothing)
            await world.follow()
        await rewrite(world.store.link, OUTBOX.of(SLOT, DESTINATION), CORRUPT[how])
        await world.told()
        [note] = texts(world, DESTINATION)
        assert "job-0000" in note
        assert await world.store.link.execute("ZCARD", DUE.of(SLOT)) == 0, "no place follows it"
        await world.follow()
        assert len(texts(world, DESTINATION)) == 2

    async def test_an_unknown_event_is_corrupt_in_a_known_format(self, world: World):
        await world.follow()
        await world.becomes(state=JobState.FAILED)
        await rewrite(world.store.link, OUTBOX.of(SLOT, DESTINATION), lambda _: '{"v":1,"type":"dreamt","job":7}')
        await world.told()
        assert await world.store.link.execute("HLEN", unreadable_key(OUTBOX.of(SLOT, DESTINATION))) == 1

    @pytest.mark.parametrize(
        ("how", "arrived"), [*((how, True) for how in CORRUPT), ("no field", False), ("not JSON", False)]
    )
    async def test_a_corrupt_mark_blocks_nothing_and_its_post_appears_once(
        self, world: World, how: str, *, arrived: bool
    ):
        await world.follow()
        await world.becomes(state=JobState.FAILED)
        world.slack.trouble = ["lost" if arrived else "internal_error"]
        await deliver(world.deps, DESTINATION)
        await rewrite(world.store.link, BEGUN.of(DESTINATION), CORRUPT[how])
        await world.told()
        assert len([each for each in texts(world, DESTINATION) if "Failed" in each]) == 1
        assert len([each for each in texts(world, DESTINATION) if "may appear twice" in each]) == 1
        assert len(texts(world, DESTINATION)) == 3
        assert (await world.snapshot()).in_flight is None
        assert await world.store.link.execute("HLEN", unreadable_key(BEGUN.of(DESTINATION))) == 1

    async def test_a_process_that_posts_while_the_mark_is_replaced_deletes_its_post(self, world: World):
        await world.follow()
        await world.becomes(state=JobState.FAILED)

        async def corrupts() -> None:
            await rewrite(world.store.link, BEGUN.of(DESTINATION), CORRUPT["not JSON"])
            await deliver(world.deps, DESTINATION)

        world.slack.trouble, world.slack.slowly = ["slow"], corrupts
        await world.told()
        assert len([each for each in texts(world, DESTINATION) if "Failed" in each]) == 1

    @pytest.mark.parametrize("how", ["empty", "not JSON", "a list", "no field", "no text"])
    async def test_a_corrupt_suspension_suspends_nothing(self, world: World, how: str):
        await world.follow()
        await world.store.outbox.suspend(DESTINATION, Suspension(reason="is_archived", since=NOW))
        await rewrite(world.store.link, SUSPENDED.of(DESTINATION), CORRUPT[how])
        await rewrite(world.store.link, REFUSED.of(DESTINATION), CORRUPT[how])
        await world.becomes(state=JobState.FAILED)
        assert await world.told() == 2
        await world.store.outbox.suspend(DESTINATION, Suspension(reason="is_archived", since=NOW))
        assert (await world.snapshot()).suspension

    @pytest.mark.parametrize("how", ["empty", "not JSON", "no field", "no text", "deep"])
    async def test_a_job_whose_record_is_corrupt_stays_tracked(self, world: World, how: str):
        await world.follow()
        await rewrite(world.store.link, JOBS.of(SLOT), lambda text: CORRUPT[how](text.partition("\n")[2]))
        world.provider.jobs = [world.provider.jobs[0].model_copy(update={"state": JobState.FAILED})]
        await sweep_now(world)
        await world.told()
        assert any("Failed" in each for each in texts(world, DESTINATION))
        assert await world.store.link.execute("HLEN", unreadable_key(JOBS.of(SLOT))) == 1

    async def test_a_corrupt_half_of_a_job_is_found_when_the_job_changes(self, world: World):
        await world.follow(ANY)
        await rewrite(world.store.link, JOBS.of(SLOT), lambda text: text.replace("{", "{{"))
        world.provider.jobs = [world.provider.jobs[0].model_copy(update={"state": JobState.SUCCEEDED})]
        await sweep_now(world)
        await world.told()
        assert any(each.startswith("✅") for each in texts(world, DESTINATION))

    @pytest.mark.parametrize("how", ["empty", "not JSON", "a list", "no field", "no text"])
    async def test_a_corrupt_lost_job_keeps_no_sweep_from_its_end(self, world: World, how: str):
        await world.follow()
        job = world.provider.jobs[0]
        await world.store.link.execute(
            "SET", LOST.of(SLOT, job.id), CORRUPT[how]('{"record":"","places":{}}'), "EX", 100
        )
        await world.becomes(state=JobState.FAILED)
        await world.told()
        assert any("Failed" in each for each in texts(world, DESTINATION))
        await world.store.link.execute(
            "SET", LOST.of(SLOT, job.id), CORRUPT[how]('{"record":"","places":{}}'), "EX", 100
        )
        await world.follow()
        await world.store.lost.purge(job.ref, DESTINATION)
        await restore_found(world.deps, [job], world.now)
        assert await world.store.link.execute("HLEN", unreadable_key(LOST.of(SLOT, job.id))) == 1

    @pytest.mark.parametrize("how", ["empty", "not JSON", "a list", "another type", "no text"])
    async def test_subscribers_are_found_in_the_cards(self, world: World, how: str):
        await world.follow()
        await rewrite(world.store.link, SUBSCRIPTIONS.of(SLOT), CORRUPT[how])
        await world.becomes(state=JobState.FAILED)
        await reconcile_destinations(world.deps)
        await world.becomes(state=JobState.FAILED)
        await world.told()
        assert any("Failed" in each for each in texts(world, DESTINATION))
        assert await world.store.link.execute("HLEN", unreadable_key(SUBSCRIPTIONS.of(SLOT))) == 1

    @pytest.mark.parametrize("key", [HEALTH.of(*SERVICE), SWEEP.of(SLOT), WITNESS.of(SLOT, "here"), CONFIGURED.of()])
    async def test_corrupt_short_lived_records_block_nothing(self, world: World, key: str):
        await world.follow()
        fields = ("last_error", "last_ok_at", "at", "error", "tried_at", "found_at", SLOT)
        await world.store.link.execute("HSET", key, *(part for name in fields for part in (name, '{"odd":1}')))
        await world.store.link.execute("EXPIRE", key, 100)
        world.provider.jobs = [world.provider.jobs[0].model_copy(update={"state": JobState.FAILED})]
        await sweep_now(world)
        await reconcile_destinations(world.deps)
        await degraded(world)
        await world.store.health.read([SERVICE])
        await world.told()
        assert any("Failed" in each for each in texts(world, DESTINATION))
        await world.store.link.execute("DEL", key)

    async def test_a_mark_for_an_edit_that_says_nothing_is_an_edit(self, world: World):
        await world.follow()
        await world.becomes(state=JobState.FAILED)
        await world.told()
        [card] = (await world.snapshot()).stale
        await world.store.link.execute("HSET", STALE.of(DESTINATION), card, "odd")
        assert await edit_cards(world.deps, DESTINATION) is None
        assert "Failed" in texts(world, DESTINATION)[0]

    async def test_it_is_in_readyz_metrics_and_check(self, world: World):
        await world.follow()
        await rewrite(world.store.link, CARDS.of(DESTINATION), CORRUPT["no field"])
        await world.store.link.execute("HSET", CARDS.of(OTHER), "odd", "{}")
        await world.store.link.execute("SADD", "callboard:places", OTHER)
        await world.told()
        assert "moved aside: C1 (1 card)" in await degraded(world)
        assert figures(world.deps.metrics) == {"callboard_unreadable_records card": 1}
        [finding] = await checked(world)
        assert finding.status is Status.WARN
        assert "C1 (1 card), C2 (1 card)" in finding.text, "the second one is not moved yet"

    async def test_the_record_stays_out_of_the_log(self, world: World, capsys: pytest.CaptureFixture[str]):
        await world.follow()
        await rewrite(world.store.link, CARDS.of(DESTINATION), lambda _: '{"secret":"hunter2"}')
        await world.told()
        told = "".join(capsys.readouterr())
        assert "callboard:{C1}:cards" in told
        assert "hunter2" not in told


async def _nothing(*_: object) -> None:
    return None
