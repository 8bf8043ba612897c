"""Watches of a destination: each change increments a version, applies to the newest, and stays readable for a while."""

from datetime import timedelta

from bot.domain.notifications import ChangedWatches, WatchChange
from bot.domain.outbox import NoteEntry
from bot.domain.watches import FailureCode, Mute, Rules
from bot.store import Store
from bot.store.redis.keys import RULES_VERSION, WATCHES
from tests.bot.memory import NOW
from tests.bot.watching import DANA, HERE, a_watch

MUTE = Mute(id="m1", account="acme", service="video", kind=None, code="ALG.002", by=DANA, at=NOW)


async def rules(store: Store) -> Rules:
    (snapshot,) = await store.watches.read([HERE])
    return snapshot.rules


async def test_a_change_is_made_only_on_the_newest_version(store: Store):
    before = await rules(store)
    assert await store.watches.change(HERE, before, {"w1": a_watch()}, NOW) == 1
    assert await store.watches.change(HERE, before, {"w1": None}, NOW) is None, "another change was faster"
    after = await rules(store)
    assert (after.version, after.watches) == (1, (a_watch(),))
    assert await store.watches.change(HERE, after, {"w1": None, "m1": MUTE}, NOW) == 2
    assert (await rules(store)).mutes == (MUTE,)
    assert HERE in await store.outbox.destinations(), "the reconciler has to come by"


async def test_a_snapshot_has_the_rules_and_a_step_by_earlier_ones_is_refused(store: Store):
    snapshot = await store.outbox.read(HERE, ())
    note = ChangedWatches(place=HERE, watch_change=WatchChange.ADDED, watches=[a_watch()], by=DANA)
    await store.watches.change(HERE, snapshot.rules, {"w1": a_watch()}, NOW, NoteEntry(note=note))
    later = await store.outbox.read(HERE, ())
    assert later.rules.watches == (a_watch(),)
    assert [each.body for each in later.entries] == [NoteEntry(note=note)], "the line is part of the change"
    assert later.turn != snapshot.turn


async def test_the_rules_of_a_time_can_be_looked_up(store: Store):
    first, second = a_watch(), a_watch(2)
    for minutes, records in enumerate(({"w1": first}, {"w2": second}, {"w1": None})):
        await store.watches.change(HERE, await rules(store), records, NOW + timedelta(minutes=minutes))
    now = await rules(store)

    async def at(minutes: float) -> tuple[str, ...]:
        then = await store.watches.at(HERE, now, NOW + timedelta(minutes=minutes))
        return tuple(each.id for each in then.watches) if then else ("unknown",)

    assert [await at(minutes) for minutes in (-1, 0.5, 1.5, 5)] == [(), ("w1",), ("w1", "w2"), ("w2",)]
    by_number = [await store.watches.version(HERE, now, number) for number in (1, 3, 7)]
    assert [each and len(each.watches) for each in by_number] == [1, 1, None]


async def test_numbers_are_never_used_again_and_a_workspace_has_a_most(store: Store):
    assert [await store.watches.number_watch(place) for place in ("T1/C1", "T1/C2", "T2/C1")] == ["w1", "w2", "w1"]
    await store.watches.count("T1/C1", 0)
    assert await store.watches.number_watch("T1/C1") == "w3"
    assert await store.watches.counted("T1") == {"T1/C1": 1, "T1/C2": 1}
    await store.watches.count("T1/C2", 499)
    assert await store.watches.number_watch("T1/C3") is None
    assert await store.watches.number_watch("T2/C1") == "w2", "each workspace has its own"
    assert [await store.watches.number("T1/C1", kind) for kind in ("m", "g", "m")] == ["m1", "g1", "m2"]


async def test_an_unreadable_record_is_reported_and_a_newer_one_left_unchanged(store: Store):
    await store.watches.change(HERE, await rules(store), {"w1": a_watch()}, NOW)
    odd = {"w2": "{", "w3": '{"v":99}', "w4": '{"id":"w1"}'}
    for name, text in odd.items():
        await store.link.execute("HSET", WATCHES.of(HERE), name, text)
    snapshot = await store.outbox.read(HERE, ())
    assert [each.name for each in snapshot.broken] == ["w2", "w4"]
    assert snapshot.newer.total() == 1
    assert (await store.aside.newer([HERE], ()))[HERE, "watch"] == 1


async def test_a_destination_without_watches_keeps_its_version_for_a_while(store: Store):
    await store.watches.change(HERE, await rules(store), {"w1": a_watch()}, NOW)
    assert await store.link.execute("TTL", RULES_VERSION.of(HERE)) == -1
    await store.watches.change(HERE, await rules(store), {"w1": None}, NOW)
    assert await store.link.execute("TTL", RULES_VERSION.of(HERE)) > 0
    await store.watches.purge(HERE)
    assert await rules(store) == Rules()


def test_a_mute_covers_one_code_of_one_kind():
    both = Rules(mutes=(MUTE,))
    assert both.mute_of(FailureCode("acme", "video", None, "ALG.002")) == MUTE
    assert both.mute_of(FailureCode("acme", "video", "ocr", "ALG.002")) is None
