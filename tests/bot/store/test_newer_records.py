"""Records of a newer version are left unchanged, and everything else continues."""

import json
from datetime import timedelta
from typing import Any

import pytest

from bot.background.reconcile import reconcile_destinations
from bot.delivery import sender
from bot.delivery.card_editor import edit_cards
from bot.delivery.dispatcher import deliver
from bot.domain import record_formats
from bot.domain.cards import SubscriptionOptions
from bot.domain.errors import Problem, UsageError
from bot.domain.findings import Status
from bot.domain.record_formats import FORMATS, Kind
from bot.domain.suspensions import Suspension
from bot.jobs.recovery import restore_found
from bot.slack_api.token_encryption import Installation, TokenCipher
from bot.store import Store
from bot.store.redis.keys import BEGUN, CARDS, DUE, JOBS, LOST, OUTBOX, PLACES, SUSPENDED
from bot.subscriptions import lost_card_search, uninstall
from bot.subscriptions.listing import subscriptions
from bot.subscriptions.removed_services import GRACE
from bot.subscriptions.revoke import end_unconfigured
from bot.subscriptions.snooze import snooze
from bot.subscriptions.subscribe import restore, subscribe, unsubscribe
from providers.models import JobState
from providers.secrets import SecretRef
from tests.bot.delivery_world import World
from tests.bot.memory import NOW
from tests.bot.rewritten import OTHER, checked, degraded, dump, figures, newer, other_place, rewrite, sweep_now, texts
from tests.bot.samples import DESTINATION, SERVICE, SLOT

EMPTY = record_formats.numbered(Kind.CARD, "{}")


@pytest.fixture
def world(store: Store, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    return World(store)


class TestNewer:
    async def keys(self, world: World) -> list[str]:
        return sorted(await world.store.link.execute("KEYS", "callboard:*"))

    @pytest.fixture(params=["card", "entry", "note", "mark", "suspension", "the cards of a mark"])
    async def left(self, world: World, request: pytest.FixtureRequest) -> tuple[World, list[str]]:
        """Return a destination with one record of a newer format, and its records' keys."""
        await world.follow()
        await world.becomes(state=JobState.FAILED)
        outbox = world.store.outbox
        match request.param:
            case "card":
                await rewrite(world.store.link, CARDS.of(DESTINATION), newer)
            case "entry":
                await rewrite(world.store.link, OUTBOX.of(SLOT, DESTINATION), newer)
            case "note":
                await world.store.link.execute(
                    "XADD",
                    OUTBOX.of(DESTINATION, DESTINATION),
                    "*",
                    "card",
                    "",
                    "entry",
                    newer(EMPTY),
                )
            case "suspension":
                await outbox.suspend(DESTINATION, Suspension(reason="is_archived", since=NOW))
                await rewrite(world.store.link, SUSPENDED.of(DESTINATION), newer)
            case _:
                world.slack.trouble = ["lost"]
                await deliver(world.deps, DESTINATION)
                world.slack.said.pop()
                change = newer if request.param == "mark" else newer_cards
                await rewrite(world.store.link, BEGUN.of(DESTINATION), change)
        keys = [
            CARDS.of(DESTINATION),
            BEGUN.of(DESTINATION),
            SUSPENDED.of(DESTINATION),
            *(OUTBOX.of(slot, DESTINATION) for slot in (SLOT, DESTINATION)),
        ]
        return world, [*keys, JOBS.of(SLOT), DUE.of(SLOT), f"callboard:{{{SLOT}}}:subscriptions"]

    async def test_nothing_is_posted_there_nothing_is_lost_and_others_continue(self, left: tuple[World, list[str]]):
        world, keys = left
        before, said = await dump(world.store.link, *keys), len(world.slack.said)
        assert (await deliver(world.deps, DESTINATION) or 0) > 0
        [card] = (await world.snapshot()).records
        await world.store.outbox.refresh([(DESTINATION, card)])
        await edit_cards(world.deps, DESTINATION)
        world.now += timedelta(days=40)
        await reconcile_destinations(world.deps)
        await deliver(world.deps, DESTINATION)
        await end_unconfigured(world.deps, DESTINATION, [SERVICE])
        assert await dump(world.store.link, *keys) == before
        assert len(world.slack.said) == said
        assert DESTINATION in await world.store.outbox.destinations()
        await other_place(world)
        await world.told(OTHER)
        assert any("Failed" in each for each in texts(world, OTHER))

    async def test_commands_answer_in_words(self, left: tuple[World, list[str]]):
        world, keys = left
        before = await dump(world.store.link, *keys)
        [card] = (await world.snapshot()).records
        job = world.provider.job("job-0000")
        world.provider.jobs = [job]
        for command in (
            lambda: subscribe(world.deps, [job.ref], DESTINATION, SubscriptionOptions(user="U1", at=NOW)),
            lambda: unsubscribe(world.deps, None, DESTINATION, "U1"),
            lambda: unsubscribe(world.deps, [job.ref], DESTINATION, "U1"),
            lambda: restore(world.deps, DESTINATION, card, "U1"),
            lambda: snooze(world.deps, card, DESTINATION, "U1", NOW),
        ):
            with pytest.raises(UsageError) as refused:
                await command()
            assert refused.value.problem is Problem.NEWER_VERSION
        await subscriptions(world.deps, here=DESTINATION)
        assert await dump(world.store.link, *keys) == before

    async def test_it_is_in_readyz_metrics_and_check(self, left: tuple[World, list[str]]):
        world, _ = left
        told = await degraded(world)
        assert "a newer version wrote records" in told
        assert "C1 (1 " in told
        assert [name.split()[0] for name in figures(world.deps.metrics)] == ["callboard_newer_records"]
        assert any(finding.status is Status.FAIL and "C1 (1 " in finding.text for finding in await checked(world))

    async def test_an_uninstalled_workspace_is_purged_later(self, left: tuple[World, list[str]]):
        world, keys = left
        before = await dump(world.store.link, *keys)
        assert await uninstall.purge_workspace(world.deps, "", NOW) is not None
        assert await dump(world.store.link, *keys) == before

    async def test_the_records_of_an_unconfigured_service_wait(self, left: tuple[World, list[str]]):
        world, keys = left
        await reconcile_destinations(world.deps)
        before = await dump(world.store.link, *keys)
        world.provider.service = "elsewhere"
        world.now += GRACE
        await reconcile_destinations(world.deps)
        assert await dump(world.store.link, *keys) == before


def newer_cards(text: str) -> str:
    """Return the mark of a post that writes cards of a newer format."""
    mark = json.loads(text)
    return json.dumps({**mark, "writes": [{**write, "after": newer(write["after"])} for write in mark["writes"]]})


class TestNewerElsewhere:
    async def test_a_search_for_lost_cards_skips_the_destination(self, world: World, monkeypatch: pytest.MonkeyPatch):
        searched: list[str] = []

        async def both(*_: object) -> set[str]:
            return {DESTINATION, OTHER}

        async def search_destination(search: Any) -> float:
            searched.append(search.context.destination)
            return 0

        monkeypatch.setattr(lost_card_search, "channels_of", both)
        monkeypatch.setattr(lost_card_search, "_search_destination", search_destination)
        await world.store.epochs.check(world.now)
        await world.store.epochs.note_reset()
        await world.store.link.execute("HSET", CARDS.of(DESTINATION), "card", newer(EMPTY))
        await lost_card_search.search(world.deps)
        assert searched == [OTHER]
        await world.store.link.execute("DEL", CARDS.of(DESTINATION))
        await lost_card_search.search(world.deps)
        assert searched == [OTHER, DESTINATION]

    async def test_the_channels_subscriptions_can_be_removed_though_the_direct_messages_are_newer(self, world: World):
        await world.follow()
        await world.store.link.execute("HSET", CARDS.of("U1"), "card", newer(EMPTY))
        await world.store.link.execute("SADD", PLACES.of(), "U1")
        [card] = (await world.snapshot()).cards
        assert await snooze(world.deps, card, DESTINATION, "U1", world.now + timedelta(hours=1))
        assert (await unsubscribe(world.deps, [world.provider.jobs[0].ref], DESTINATION, "U1")).removed
        with pytest.raises(UsageError):
            await unsubscribe(world.deps, [world.provider.jobs[0].ref], DESTINATION, "U1")

    async def test_a_tracked_job_is_left_unchanged(self, world: World):
        await world.follow()
        kept = await rewrite(world.store.link, JOBS.of(SLOT), newer)
        world.provider.jobs = [world.provider.jobs[0].model_copy(update={"state": JobState.FAILED})]
        asked = len(world.provider.asked)
        await sweep_now(world)
        assert len(world.provider.asked) == asked
        assert f"{SLOT} (1 job)" in await degraded(world)
        await unsubscribe(world.deps, None, DESTINATION, "U1")
        world.provider.jobs = [world.provider.job("job-0000")]
        with pytest.raises(UsageError):
            await world.follow()
        assert await world.store.link.execute("HVALS", JOBS.of(SLOT)) == [kept]

    async def test_a_job_with_a_readable_first_line_is_left_unchanged_too(self, world: World):
        await world.follow()
        kept = await rewrite(world.store.link, JOBS.of(SLOT), lambda text: text.replace('{"v":2,', '{"v":3,'))
        await world.becomes()
        await world.becomes(progress=70)
        assert await world.store.link.execute("HVALS", JOBS.of(SLOT)) == [kept]

    async def test_a_lost_job_is_restored_by_the_version_that_can(self, world: World):
        await world.follow()
        job = world.provider.jobs[0]
        key = LOST.of(SLOT, job.id)
        kept = f'{{"v":2,"record":"","places":{{"{DESTINATION}":"card"}}}}'
        await world.store.link.execute("SET", key, kept, "EX", 100)
        await restore_found(world.deps, [job], world.now)
        await world.store.lost.purge(job.ref, DESTINATION)
        await world.follow()
        assert await world.store.link.execute("GET", key) == kept

    async def test_a_lost_job_waits_for_a_destination_of_a_newer_format(self, world: World):
        await world.follow()
        [(kept, _)] = (await world.store.tracked.read([world.provider.jobs[0].ref])).values()
        lost = json.dumps({"record": kept.record, "places": {DESTINATION: "card"}})
        await world.store.link.execute("SET", LOST.of(SLOT, kept.job.id), lost, "EX", 100)
        await rewrite(world.store.link, CARDS.of(DESTINATION), newer)
        await restore_found(world.deps, [kept.job], world.now + timedelta(minutes=1))
        assert await world.store.link.execute("GET", LOST.of(SLOT, kept.job.id)) == lost

    async def test_a_digest_has_expired(self, world: World):
        await world.store.link.execute("SET", "callboard:digest:key", '{"v":3}', "EX", 100)
        assert await world.store.digests.get("key") is None
        await world.store.link.execute("SET", "callboard:digest:key", '{"v":1}', "EX", 100)
        assert await world.store.digests.get("key") is None
        assert await world.store.link.execute("HLEN", "callboard:digest:key:unreadable") == 1

    async def test_an_installation_is_not_forgotten(self, store: Store, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("SEALING_KEY", "c2VhbGluZyBrZXkgd2l0aCAzMiBieXRlcyBpbiBpdC4=")
        cipher = TokenCipher([SecretRef("env:SEALING_KEY")])
        installation = Installation(workspace="T1", bot_token="xoxb", installed_at=NOW)
        assert cipher.decrypt(cipher.encrypt(installation)) == installation
        monkeypatch.setitem(FORMATS, Kind.INSTALLATION, 2)
        sealed = cipher.encrypt(installation)
        assert cipher.decrypt(sealed) == installation
        monkeypatch.undo()
        monkeypatch.setenv("SEALING_KEY", "c2VhbGluZyBrZXkgd2l0aCAzMiBieXRlcyBpbiBpdC4=")
        assert cipher.decrypt(sealed) is None
        await store.installations.put("T1", sealed)
        assert dict(await store.aside.newer([], [])) == {("", "installation"): 1}
        await store.link.execute("DEL", "callboard:installations")


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.INSTALLATION])
def test_every_kind_has_its_number_first_and_a_later_format_is_one_line(kind: Kind, monkeypatch: pytest.MonkeyPatch):
    text = record_formats.numbered(kind, '{"id":"a"}')
    assert text == f'{{"v":{FORMATS[kind]},"id":"a"}}'
    assert record_formats.read(kind, text, json.loads)["id"] == "a"
    assert record_formats.read(kind, '{"id":"a"}', json.loads) == {"id": "a"}, (
        "a record without a number is of format 1"
    )
    monkeypatch.setitem(FORMATS, kind, FORMATS[kind] + 1)
    later = record_formats.numbered(kind, '{"id":"a"}')
    assert record_formats.read(kind, text, json.loads)["id"] == "a"
    monkeypatch.undo()
    with pytest.raises(record_formats.NewerFormatError):
        record_formats.read(kind, later, json.loads)
