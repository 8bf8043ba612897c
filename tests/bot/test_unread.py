"""Corrupt records are moved aside, records of a newer version are left alone."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot import check, leaving, posting, searching
from bot.cards import Terms
from bot.delivery import deliver
from bot.editing import edit_cards
from bot.errors import Problem, UsageError
from bot.findings import Finding, Status
from bot.installed import Installation, Seal
from bot.metrics import Metrics
from bot.recovery import restore_found
from bot.retiring import GRACE
from bot.store import Store, formats
from bot.store.aside import unreadable_key
from bot.store.connection import Link
from bot.store.formats import FORMATS, Kind
from bot.store.keys import (
    BEGUN,
    CARDS,
    CONFIGURED,
    DUE,
    HEALTH,
    JOBS,
    LOST,
    OUTBOX,
    PLACES,
    REFUSED,
    STALE,
    SUBSCRIPTIONS,
    SUSPENDED,
    SWEEP,
    WITNESS,
)
from bot.store.outbox import Suspension
from bot.subscriptions import end_unconfigured, restore, snooze, subscribe, subscriptions, unsubscribe
from bot.tending import visit_all
from bot.tracking import sweep
from bot.unreadable import notice
from providers.models import JobState
from providers.secrets import SecretRef
from tests.bot.memory import NOW
from tests.bot.samples import PLACE, SERVICE, SLOT, TERMS, empty
from tests.bot.test_delivery import ANY, World

OTHER = "C2"
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
"""What may become of a record, by what is wrong with it."""


@pytest.fixture
def world(store: Store, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(posting, "PACE_S", 0.001)
    return World(store)


def newer(text: str) -> str:
    """The record as a newer version writes it, with other fields."""
    line, _, record = text.rpartition("\n")
    number = json.loads(record).get("v", 1) + 1
    return f"{line}\n" * bool(line) + json.dumps({"v": number, "layout": "another", "was": record})


async def rewrite(link: Link, key: str, change: Callable[[str], str], name: str = "") -> str:
    """Change a record where it is kept, and return what it is now."""
    kind = await link.ask("TYPE", key)
    if kind == "string":
        text = change(await link.ask("GET", key))
        await link.ask("SET", key, text, "KEEPTTL")
    elif kind == "hash":
        name = name or (await link.ask("HKEYS", key))[0]
        text = change(await link.ask("HGET", key, name))
        await link.ask("HSET", key, name, text)
    else:
        entries = await link.ask("XRANGE", key, "-", "+")
        text = change(entries[-1][1]["entry"])
        await link.ask("XDEL", key, entries[-1][0])
        await link.ask("XADD", key, entries[-1][0].split("-")[0] + "-99", "card", entries[-1][1]["card"], "entry", text)
    return text


async def dump(link: Link, *keys: str) -> list[Any]:
    return await link.ask_all([("DUMP", key) for key in keys])


def texts(world: World, channel: str) -> list[str]:
    return [said.text for said in world.slack.said if said.channel == channel and said.there]


async def other_place(world: World) -> None:
    """Follow a job in another place, which has to go on."""
    job = world.provider.job("other")
    world.provider.jobs = [*world.provider.jobs, job]
    await subscribe(world.services, [job.ref], OTHER, TERMS)
    world.provider.jobs = [each.model_copy(update={"state": JobState.FAILED}) for each in world.provider.jobs]
    await sweep_now(world)


async def sweep_now(world: World) -> None:
    world.now += timedelta(minutes=5)
    await sweep(world.services, world.provider)


async def degraded(world: World) -> str:
    """What `/readyz` says."""
    return await notice(world.services) or ""


def figures(metrics: Metrics) -> dict[str, float]:
    found = text_string_to_metric_families(metrics.text().decode())
    samples = [sample for family in found for sample in family.samples if sample.name.endswith("_records")]
    return {f"{sample.name} {sample.labels['kind']}": sample.value for sample in samples if sample.value}


class TestCorrupt:
    @pytest.mark.parametrize("how", CORRUPT)
    async def test_a_card_is_moved_aside_and_its_job_may_be_subscribed_to_again(self, world: World, how: str):
        await world.follow()
        text = await rewrite(world.store.link, CARDS.of(PLACE), CORRUPT[how])
        await other_place(world)
        await world.told()
        [_, note] = texts(world, PLACE)
        assert "no longer followed" in note
        assert "job-0000" in note
        await world.told(OTHER)
        assert any("Failed" in each for each in texts(world, OTHER)), "another place goes on"
        kept = await world.store.link.ask("HVALS", unreadable_key(CARDS.of(PLACE)))
        assert kept == [text]
        assert await world.store.link.ask("TTL", unreadable_key(CARDS.of(PLACE))) > timedelta(days=29).total_seconds()
        world.provider.jobs = [world.provider.job("job-0000")]
        await world.follow()
        assert len(texts(world, PLACE)) == 3
        [card] = (await world.box()).cards.values()
        assert [each.fate for each in card.jobs.values()] == [None]

    async def test_an_end_that_waits_for_a_corrupt_card_is_in_the_notification(self, world: World):
        await world.follow()
        await world.becomes(state=JobState.SUCCEEDED)
        await rewrite(world.store.link, CARDS.of(PLACE), CORRUPT["no field"])
        await world.told()
        assert "Succeeded: job-0000" in texts(world, PLACE)[1]

    async def test_a_corrupt_card_to_be_edited_is_not_dropped(self, world: World):
        await world.follow()
        text = await rewrite(world.store.link, CARDS.of(PLACE), CORRUPT["no field"])
        [card] = (await world.box()).records
        await world.store.outbox.refresh([(PLACE, card)])
        assert await edit_cards(world.services, PLACE) is None
        assert await world.store.link.ask("HGET", CARDS.of(PLACE), card) == text

    @pytest.mark.parametrize("how", CORRUPT)
    async def test_the_end_in_a_corrupt_entry_is_told_all_the_same(self, world: World, how: str):
        await world.follow()
        await world.becomes(state=JobState.SUCCEEDED)
        await rewrite(world.store.link, OUTBOX.of(SLOT, PLACE), CORRUPT[how])
        await world.told()
        assert await world.store.link.ask("HLEN", unreadable_key(OUTBOX.of(SLOT, PLACE))) == 1
        await sweep_now(world)
        await world.told()
        assert [each for each in texts(world, PLACE)[1:] if each.startswith("✅")]
        assert await world.told("U1") == 3
        assert "job-0000" in texts(world, "DU1")[0]
        await edit_cards(world.services, PLACE)
        assert empty(await world.box())

    @pytest.mark.parametrize("how", ["not JSON", "no field", "no text"])
    async def test_the_subscription_in_a_corrupt_entry_can_be_made_again(
        self, world: World, how: str, monkeypatch: pytest.MonkeyPatch
    ):
        with monkeypatch.context() as patch:
            patch.setattr("bot.subscriptions.deliver", _nothing)
            await world.follow()
        await rewrite(world.store.link, OUTBOX.of(SLOT, PLACE), CORRUPT[how])
        await world.told()
        [note] = texts(world, PLACE)
        assert "job-0000" in note
        assert await world.store.link.ask("ZCARD", DUE.of(SLOT)) == 0, "no place follows it"
        await world.follow()
        assert len(texts(world, PLACE)) == 2

    async def test_an_event_that_nobody_knows_is_corrupt_in_a_known_format(self, world: World):
        await world.follow()
        await world.becomes(state=JobState.FAILED)
        await rewrite(world.store.link, OUTBOX.of(SLOT, PLACE), lambda _: '{"v":1,"type":"dreamt","job":7}')
        await world.told()
        assert await world.store.link.ask("HLEN", unreadable_key(OUTBOX.of(SLOT, PLACE))) == 1

    @pytest.mark.parametrize(
        ("how", "arrived"), [*((how, True) for how in CORRUPT), ("no field", False), ("not JSON", False)]
    )
    async def test_a_corrupt_mark_blocks_nothing_and_its_post_stands_once(
        self, world: World, how: str, *, arrived: bool
    ):
        await world.follow()
        await world.becomes(state=JobState.FAILED)
        world.slack.trouble = ["lost" if arrived else "internal_error"]
        await deliver(world.services, PLACE)
        await rewrite(world.store.link, BEGUN.of(PLACE), CORRUPT[how])
        await world.told()
        assert len([each for each in texts(world, PLACE) if "Failed" in each]) == 1
        assert len([each for each in texts(world, PLACE) if "may come twice" in each]) == 1
        assert len(texts(world, PLACE)) == 3
        assert (await world.box()).begun is None
        assert await world.store.link.ask("HLEN", unreadable_key(BEGUN.of(PLACE))) == 1

    async def test_who_posts_while_the_mark_is_replaced_takes_the_post_back(self, world: World):
        await world.follow()
        await world.becomes(state=JobState.FAILED)

        async def corrupts() -> None:
            await rewrite(world.store.link, BEGUN.of(PLACE), CORRUPT["not JSON"])
            await deliver(world.services, PLACE)

        world.slack.trouble, world.slack.slowly = ["slow"], corrupts
        await world.told()
        assert len([each for each in texts(world, PLACE) if "Failed" in each]) == 1

    @pytest.mark.parametrize("how", ["empty", "not JSON", "a list", "no field", "no text"])
    async def test_a_corrupt_suspension_suspends_nothing(self, world: World, how: str):
        await world.follow()
        await world.store.outbox.suspend(PLACE, Suspension(reason="is_archived", since=NOW))
        await rewrite(world.store.link, SUSPENDED.of(PLACE), CORRUPT[how])
        await rewrite(world.store.link, REFUSED.of(PLACE), CORRUPT[how])
        await world.becomes(state=JobState.FAILED)
        assert await world.told() == 2
        await world.store.outbox.suspend(PLACE, Suspension(reason="is_archived", since=NOW))
        assert (await world.box()).suspension

    @pytest.mark.parametrize("how", ["empty", "not JSON", "no field", "no text", "deep"])
    async def test_a_job_whose_record_is_corrupt_is_followed_on(self, world: World, how: str):
        await world.follow()
        await rewrite(world.store.link, JOBS.of(SLOT), lambda text: CORRUPT[how](text.partition("\n")[2]))
        world.provider.jobs = [world.provider.jobs[0].model_copy(update={"state": JobState.FAILED})]
        await sweep_now(world)
        await world.told()
        assert any("Failed" in each for each in texts(world, PLACE))
        assert await world.store.link.ask("HLEN", unreadable_key(JOBS.of(SLOT))) == 1

    async def test_a_corrupt_half_of_a_job_is_found_when_the_job_changes(self, world: World):
        await world.follow(ANY)
        await rewrite(world.store.link, JOBS.of(SLOT), lambda text: text.replace("{", "{{"))
        world.provider.jobs = [world.provider.jobs[0].model_copy(update={"state": JobState.SUCCEEDED})]
        await sweep_now(world)
        await world.told()
        assert any(each.startswith("✅") for each in texts(world, PLACE))

    @pytest.mark.parametrize("how", ["empty", "not JSON", "a list", "no field", "no text"])
    async def test_a_corrupt_lost_job_keeps_no_sweep_from_its_end(self, world: World, how: str):
        await world.follow()
        job = world.provider.jobs[0]
        await world.store.link.ask("SET", LOST.of(SLOT, job.id), CORRUPT[how]('{"record":"","places":{}}'), "EX", 100)
        await world.becomes(state=JobState.FAILED)
        await world.told()
        assert any("Failed" in each for each in texts(world, PLACE))
        await world.store.link.ask("SET", LOST.of(SLOT, job.id), CORRUPT[how]('{"record":"","places":{}}'), "EX", 100)
        await world.follow()
        await world.store.lost.leave(job.ref, PLACE)
        await restore_found(world.services, [job], world.now)
        assert await world.store.link.ask("HLEN", unreadable_key(LOST.of(SLOT, job.id))) == 1

    @pytest.mark.parametrize("how", ["empty", "not JSON", "a list", "another type", "no text"])
    async def test_who_follows_a_job_is_found_in_the_cards(self, world: World, how: str):
        await world.follow()
        await rewrite(world.store.link, SUBSCRIPTIONS.of(SLOT), CORRUPT[how])
        await world.becomes(state=JobState.FAILED)
        await visit_all(world.services)
        await world.becomes(state=JobState.FAILED)
        await world.told()
        assert any("Failed" in each for each in texts(world, PLACE))
        assert await world.store.link.ask("HLEN", unreadable_key(SUBSCRIPTIONS.of(SLOT))) == 1

    @pytest.mark.parametrize("key", [HEALTH.of(*SERVICE), SWEEP.of(SLOT), WITNESS.of(SLOT, "here"), CONFIGURED.of()])
    async def test_what_is_remembered_for_a_while_stops_nothing(self, world: World, key: str):
        await world.follow()
        fields = ("last_error", "last_ok_at", "at", "error", "tried_at", "found_at", SLOT)
        await world.store.link.ask("HSET", key, *(part for name in fields for part in (name, '{"odd":1}')))
        await world.store.link.ask("EXPIRE", key, 100)
        world.provider.jobs = [world.provider.jobs[0].model_copy(update={"state": JobState.FAILED})]
        await sweep_now(world)
        await visit_all(world.services)
        await degraded(world)
        await world.store.health.read([SERVICE])
        await world.told()
        assert any("Failed" in each for each in texts(world, PLACE))
        await world.store.link.ask("DEL", key)

    async def test_a_mark_for_an_edit_that_says_nothing_is_an_edit(self, world: World):
        await world.follow()
        await world.becomes(state=JobState.FAILED)
        await world.told()
        [card] = (await world.box()).stale
        await world.store.link.ask("HSET", STALE.of(PLACE), card, "odd")
        assert await edit_cards(world.services, PLACE) is None
        assert "Failed" in texts(world, PLACE)[0]

    async def test_it_is_in_readyz_metrics_and_check(self, world: World):
        await world.follow()
        await rewrite(world.store.link, CARDS.of(PLACE), CORRUPT["no field"])
        await world.store.link.ask("HSET", CARDS.of(OTHER), "odd", "{}")
        await world.store.link.ask("SADD", "callboard:places", OTHER)
        await world.told()
        assert "moved aside: C1 (1 card)" in await degraded(world)
        assert figures(world.services.metrics) == {"callboard_unreadable_records card": 1}
        [finding] = await checked(world)
        assert finding.status is Status.WARN
        assert "C1 (1 card), C2 (1 card)" in finding.text, "the second one is not moved yet"

    async def test_the_record_stays_out_of_the_log(self, world: World, capsys: pytest.CaptureFixture[str]):
        await world.follow()
        await rewrite(world.store.link, CARDS.of(PLACE), lambda _: '{"secret":"hunter2"}')
        await world.told()
        told = "".join(capsys.readouterr())
        assert "callboard:{C1}:cards" in told
        assert "hunter2" not in told


async def _nothing(*_: object) -> None:
    return None


class TestNewer:
    async def keys(self, world: World) -> list[str]:
        return sorted(await world.store.link.ask("KEYS", "callboard:*"))

    @pytest.fixture(params=["card", "entry", "note", "mark", "suspension", "the cards of a mark"])
    async def left(self, world: World, request: pytest.FixtureRequest) -> tuple[World, list[str]]:
        """A place with one record of a newer format, and the keys of its records."""
        await world.follow()
        await world.becomes(state=JobState.FAILED)
        outbox = world.store.outbox
        match request.param:
            case "card":
                await rewrite(world.store.link, CARDS.of(PLACE), newer)
            case "entry":
                await rewrite(world.store.link, OUTBOX.of(SLOT, PLACE), newer)
            case "note":
                await world.store.link.ask("XADD", OUTBOX.of(PLACE, PLACE), "*", "card", "", "entry", newer("{}"))
            case "suspension":
                await outbox.suspend(PLACE, Suspension(reason="is_archived", since=NOW))
                await rewrite(world.store.link, SUSPENDED.of(PLACE), newer)
            case _:
                world.slack.trouble = ["lost"]
                await deliver(world.services, PLACE)
                world.slack.said.pop()
                change = newer if request.param == "mark" else newer_cards
                await rewrite(world.store.link, BEGUN.of(PLACE), change)
        keys = [
            CARDS.of(PLACE),
            BEGUN.of(PLACE),
            SUSPENDED.of(PLACE),
            *(OUTBOX.of(slot, PLACE) for slot in (SLOT, PLACE)),
        ]
        return world, [*keys, JOBS.of(SLOT), DUE.of(SLOT), f"callboard:{{{SLOT}}}:subscriptions"]

    async def test_nothing_is_told_there_nothing_is_lost_and_others_go_on(self, left: tuple[World, list[str]]):
        world, keys = left
        before, said = await dump(world.store.link, *keys), len(world.slack.said)
        assert (await deliver(world.services, PLACE) or 0) > 0
        [card] = (await world.box()).records
        await world.store.outbox.refresh([(PLACE, card)])
        await edit_cards(world.services, PLACE)
        world.now += timedelta(days=40)
        await visit_all(world.services)
        await deliver(world.services, PLACE)
        await end_unconfigured(world.services, PLACE, [SERVICE])
        assert await dump(world.store.link, *keys) == before
        assert len(world.slack.said) == said
        assert PLACE in await world.store.outbox.places()
        await other_place(world)
        await world.told(OTHER)
        assert any("Failed" in each for each in texts(world, OTHER))

    async def test_commands_answer_in_words(self, left: tuple[World, list[str]]):
        world, keys = left
        before = await dump(world.store.link, *keys)
        [card] = (await world.box()).records
        job = world.provider.job("job-0000")
        world.provider.jobs = [job]
        for command in (
            lambda: subscribe(world.services, [job.ref], PLACE, Terms(user="U1", at=NOW)),
            lambda: unsubscribe(world.services, None, PLACE, "U1"),
            lambda: unsubscribe(world.services, [job.ref], PLACE, "U1"),
            lambda: restore(world.services, PLACE, card, "U1"),
            lambda: snooze(world.services, card, PLACE, "U1", NOW),
        ):
            with pytest.raises(UsageError) as refused:
                await command()
            assert refused.value.problem is Problem.NEWER_VERSION
        await subscriptions(world.services, here=PLACE)
        assert await dump(world.store.link, *keys) == before

    async def test_it_is_in_readyz_metrics_and_check(self, left: tuple[World, list[str]]):
        world, _ = left
        told = await degraded(world)
        assert "a newer version wrote records" in told
        assert "C1 (1 " in told
        assert [name.split()[0] for name in figures(world.services.metrics)] == ["callboard_newer_records"]
        assert any(finding.status is Status.FAIL and "C1 (1 " in finding.text for finding in await checked(world))

    async def test_a_workspace_that_goes_is_forgotten_later(self, left: tuple[World, list[str]]):
        world, keys = left
        before = await dump(world.store.link, *keys)
        assert await leaving.leave(world.services, "", NOW) is not None
        assert await dump(world.store.link, *keys) == before

    async def test_the_records_of_an_unconfigured_service_wait(self, left: tuple[World, list[str]]):
        world, keys = left
        await visit_all(world.services)
        before = await dump(world.store.link, *keys)
        world.provider.service = "elsewhere"
        world.now += GRACE
        await visit_all(world.services)
        assert await dump(world.store.link, *keys) == before


def newer_cards(text: str) -> str:
    """The mark of a post that writes cards of a newer format."""
    mark = json.loads(text)
    return json.dumps({**mark, "writes": [{**write, "after": newer(write["after"])} for write in mark["writes"]]})


class TestNewerElsewhere:
    async def test_a_search_for_lost_cards_leaves_the_place_alone(self, world: World, monkeypatch: pytest.MonkeyPatch):
        searched: list[str] = []

        async def both(*_: object) -> set[str]:
            return {PLACE, OTHER}

        async def search_place(search: Any) -> float:
            searched.append(search.visit.place)
            return 0

        monkeypatch.setattr(searching, "channels_of", both)
        monkeypatch.setattr(searching, "_search_place", search_place)
        await world.store.epochs.look(world.now)
        await world.store.epochs.note_reset()
        await world.store.link.ask("HSET", CARDS.of(PLACE), "card", newer("{}"))
        await searching.search(world.services)
        assert searched == [OTHER]
        await world.store.link.ask("DEL", CARDS.of(PLACE))
        await searching.search(world.services)
        assert searched == [OTHER, PLACE]

    async def test_what_is_followed_in_the_channel_is_left_though_the_direct_messages_are_newer(self, world: World):
        await world.follow()
        await world.store.link.ask("HSET", CARDS.of("U1"), "card", newer("{}"))
        await world.store.link.ask("SADD", PLACES.of(), "U1")
        [card] = (await world.box()).cards
        assert await snooze(world.services, card, PLACE, "U1", world.now + timedelta(hours=1))
        assert (await unsubscribe(world.services, [world.provider.jobs[0].ref], PLACE, "U1")).removed
        with pytest.raises(UsageError):
            await unsubscribe(world.services, [world.provider.jobs[0].ref], PLACE, "U1")

    async def test_a_followed_job_is_left_alone(self, world: World):
        await world.follow()
        kept = await rewrite(world.store.link, JOBS.of(SLOT), newer)
        world.provider.jobs = [world.provider.jobs[0].model_copy(update={"state": JobState.FAILED})]
        asked = len(world.provider.asked)
        await sweep_now(world)
        assert len(world.provider.asked) == asked
        assert f"{SLOT} (1 job)" in await degraded(world)
        await unsubscribe(world.services, None, PLACE, "U1")
        world.provider.jobs = [world.provider.job("job-0000")]
        with pytest.raises(UsageError):
            await world.follow()
        assert await world.store.link.ask("HVALS", JOBS.of(SLOT)) == [kept]

    async def test_a_job_of_which_the_first_line_is_known_is_left_alone_too(self, world: World):
        await world.follow()
        kept = await rewrite(world.store.link, JOBS.of(SLOT), lambda text: text.replace('{"v":1,', '{"v":2,'))
        await world.becomes()
        await world.becomes(progress=70)
        assert await world.store.link.ask("HVALS", JOBS.of(SLOT)) == [kept]

    async def test_a_lost_job_is_restored_by_the_version_that_can(self, world: World):
        await world.follow()
        job = world.provider.jobs[0]
        key = LOST.of(SLOT, job.id)
        kept = f'{{"v":2,"record":"","places":{{"{PLACE}":"card"}}}}'
        await world.store.link.ask("SET", key, kept, "EX", 100)
        await restore_found(world.services, [job], world.now)
        await world.store.lost.leave(job.ref, PLACE)
        await world.follow()
        assert await world.store.link.ask("GET", key) == kept

    async def test_a_lost_job_waits_for_a_place_that_is_left_alone(self, world: World):
        await world.follow()
        [(kept, _)] = (await world.store.tracked.read([world.provider.jobs[0].ref])).values()
        lost = json.dumps({"record": kept.record, "places": {PLACE: "card"}})
        await world.store.link.ask("SET", LOST.of(SLOT, kept.job.id), lost, "EX", 100)
        await rewrite(world.store.link, CARDS.of(PLACE), newer)
        await restore_found(world.services, [kept.job], world.now + timedelta(minutes=1))
        assert await world.store.link.ask("GET", LOST.of(SLOT, kept.job.id)) == lost

    async def test_a_digest_has_expired(self, world: World):
        await world.store.link.ask("SET", "callboard:digest:key", '{"v":2}', "EX", 100)
        assert await world.store.digests.get("key") is None
        await world.store.link.ask("SET", "callboard:digest:key", '{"v":1}', "EX", 100)
        assert await world.store.digests.get("key") is None
        assert await world.store.link.ask("HLEN", "callboard:digest:key:unreadable") == 1

    async def test_an_installation_is_not_forgotten(self, store: Store, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("SEALING_KEY", "c2VhbGluZyBrZXkgd2l0aCAzMiBieXRlcyBpbiBpdC4=")
        seal = Seal([SecretRef("env:SEALING_KEY")])
        installation = Installation(workspace="T1", bot_token="xoxb", installed_at=NOW)
        assert seal.open(seal.close(installation)) == installation
        monkeypatch.setitem(FORMATS, Kind.INSTALLATION, 2)
        sealed = seal.close(installation)
        assert seal.open(sealed) == installation
        monkeypatch.undo()
        monkeypatch.setenv("SEALING_KEY", "c2VhbGluZyBrZXkgd2l0aCAzMiBieXRlcyBpbiBpdC4=")
        assert seal.open(sealed) is None
        await store.installations.put("T1", sealed)
        assert dict(await store.aside.newer([], [])) == {("", "installation"): 1}
        await store.link.ask("DEL", "callboard:installations")


async def checked(world: World) -> list[Finding]:
    """What `callboard check` finds of records."""
    return await check.records(world.store, [SERVICE])


@pytest.mark.parametrize("kind", [kind for kind in Kind if kind is not Kind.INSTALLATION])
def test_every_kind_has_its_number_first_and_a_later_format_is_one_line(kind: Kind, monkeypatch: pytest.MonkeyPatch):
    text = formats.numbered(kind, '{"id":"a"}')
    assert text == '{"v":1,"id":"a"}'
    assert formats.read(kind, text, json.loads)["id"] == "a"
    assert formats.read(kind, '{"id":"a"}', json.loads) == {"id": "a"}, "a record without a number is of format 1"
    monkeypatch.setitem(FORMATS, kind, 2)
    later = formats.numbered(kind, '{"id":"a"}')
    assert formats.read(kind, text, json.loads)["id"] == "a"
    monkeypatch.undo()
    with pytest.raises(formats.NewerFormatError):
        formats.read(kind, later, json.loads)
