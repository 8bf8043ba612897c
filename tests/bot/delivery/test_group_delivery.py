"""Groups on their way to Slack: heads exactly once, edits at their pace, timers, deleted heads."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.background.tasks import tasks
from bot.delivery import sender
from bot.delivery.card_editor import GROWS, GROWS_FAST, dropped, edit_cards, head_wait
from bot.delivery.closed_groups import CLOSED_MAX
from bot.delivery.context import DeliveryContext
from bot.delivery.dispatcher import deliver
from bot.domain import failure_groups
from bot.domain.decisions import Outcome
from bot.domain.failure_groups import KEPT_AFTER_CLOSING, POSTS_ID, FailureGroup, GroupKind
from bot.domain.notifications import SnoozedGroup
from bot.domain.outbox import ChangedEntry, NoteEntry, Urgency
from bot.domain.watches import Rules, Watch, WatchSpec
from bot.store import Store
from bot.store.redis.keys import CARDS, GROUP_JOBS
from bot.store.slack_rate_limits import EDITS_A_MINUTE, HEADS_A_MINUTE
from bot.task_queue.enqueue import DELIVER_AT
from bot.task_queue.worker import open_docket
from tests.bot.crashes import Crash, Fragile, Fuse
from tests.bot.delivery_world import World
from tests.bot.memory import NOW
from tests.bot.rules.desk import failed
from tests.bot.samples import DESTINATION
from tests.bot.slack import refused
from tests.bot.store.test_steps import group

WATCH = Watch(id="w7", place=DESTINATION, owner="U1", at=NOW - timedelta(days=1), spec=WatchSpec())


@pytest.fixture
async def world(store: Store, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    await watched(store)
    return World(store)


async def watched(store: Store) -> None:
    assert await store.watches.change(DESTINATION, Rules(), {WATCH.id: WATCH}, NOW)


async def fails(world: World, *numbers: int, code: str = "ALG.002") -> None:
    """Fail jobs that only the watch wants."""
    for number in numbers:
        entry = ChangedEntry(change=failed(number, code, world.now))
        assert await world.store.outbox.put(DESTINATION, entry, f"{code} {number}")


async def the_group(world: World) -> FailureGroup:
    [only] = (await world.snapshot()).groups.values()
    return only


class Edits:
    """Counts the edits of a world's Slack."""

    def __init__(self, world: World) -> None:
        self._edit, self.number = world.slack.chat_update, 0
        world.slack.chat_update = self._counted  # type: ignore[method-assign]  # counts the calls

    async def _counted(self, **about: Any) -> Any:
        self.number += 1
        return await self._edit(**about)


async def passes(world: World, seconds: float) -> None:
    """Advance the clock, with the edits that a task makes until then."""
    until = world.now + timedelta(seconds=seconds)
    while world.now < until:
        wait = await edit_cards(world.deps, DESTINATION)
        world.now = min(until, world.now + timedelta(seconds=wait if wait is not None else seconds))


async def test_failures_are_one_message_with_all_jobs_beside_it(world: World):
    await fails(world, *range(40))
    assert await world.told() == 1
    head, known = world.slack.said[0], await the_group(world)
    assert (known.ts, known.channel, known.thread_ts, known.count) == (head.ts, DESTINATION, "", 40)
    assert await world.store.link.execute("ZCARD", GROUP_JOBS.of(DESTINATION, known.id)) == 40
    [first] = await world.store.decisions.read(DESTINATION, "acme/video/job-0000")
    [last] = await world.store.decisions.read(DESTINATION, "acme/video/job-0039")
    assert [first.outcome, last.outcome] == [Outcome.POST, Outcome.FOLD]
    assert (first.ts, last.ts) == (head.ts, head.ts)


@pytest.mark.parametrize("after", [False, True])
async def test_a_process_that_dies_at_any_step_leaves_one_head(
    store: Store, monkeypatch: pytest.MonkeyPatch, *, after: bool
):
    monkeypatch.setattr(sender, "POST_INTERVAL_S", 0.001)
    fuse, died = Fuse(left=0, after=after), 0

    async def step(*, after: bool) -> None:
        fuse.step(after=after)

    fragile = Store.over(Fragile(store.link, step))
    while died == 0 or fuse.blown:
        await store.link.execute("FLUSHALL")
        await watched(store)
        world = World(fragile)
        world.slack.before = lambda: step(after=False)
        world.slack.after = lambda: step(after=True)
        fuse.left, fuse.blown = None, False
        await fails(world, 1, 2)
        fuse.left = died
        with suppress(Crash):
            await deliver(world.deps, DESTINATION)
        fuse.left = None
        world.now += timedelta(seconds=sender.IN_FLIGHT_TIMEOUT_S + 1)
        assert await world.told() == 1, died
        known = await the_group(world)
        assert (known.ts, known.count) == (world.slack.said[-1].ts, 2), died
        assert await store.link.execute("ZCARD", GROUP_JOBS.of(DESTINATION, known.id)) == 2
        found = [await store.decisions.read(DESTINATION, f"acme/video/job-000{number}") for number in (1, 2)]
        assert [[each.outcome for each in lines] for lines in found] == [[Outcome.POST], [Outcome.FOLD]], died
        died += 1
    assert died > 10, "it never died"


async def test_a_head_that_grows_fast_is_edited_every_15_seconds_and_closes_immediately(world: World):
    await fails(world, 0)
    await world.told()
    edits = Edits(world)
    for second in range(1, 121):
        await fails(world, second)
        await world.told()
        await passes(world, 1)
    assert 6 <= edits.number <= 9, "two minutes"
    await passes(world, 61)
    before = edits.number
    assert await edit_cards(world.deps, DESTINATION) is None
    assert f"{121:,}" in world.slack.said[0].text
    world.now += timedelta(hours=1)
    await world.told()
    await edit_cards(world.deps, DESTINATION)
    assert (edits.number, (await the_group(world)).open) == (before + 1, False)
    assert "closed" in world.slack.said[0].text


def test_how_long_a_head_waits():
    def wait(mark: Urgency, changed: float, edited: float | None) -> float:
        head = group(posted_at=NOW - timedelta(hours=1), changed_at=NOW - timedelta(seconds=changed))
        return head_wait(head, f"{mark}:x", None if edited is None else NOW - timedelta(seconds=edited), NOW)

    assert wait(Urgency.PROGRESS, 0, 5) == GROWS_FAST.total_seconds() - 5
    assert wait(Urgency.PROGRESS, 15, 5) == GROWS.total_seconds() - 5
    assert wait(Urgency.PROGRESS, 0, 15) == wait(Urgency.PROGRESS, 20, 60) == wait(Urgency.PROGRESS, 0, None) == 0
    assert wait(Urgency.STATE, 0, 1) == wait(Urgency.END, 0, 1) == 0
    assert wait(Urgency.PROGRESS, 0, -3600) == 0, "a wrong clock wrote that"


async def test_heads_leave_edits_for_cards(store: Store):
    waits = [await store.slack.may_edit_head("T1") for _ in range(HEADS_A_MINUTE + 3)]
    assert [bool(wait) for wait in waits] == [False] * HEADS_A_MINUTE + [True] * 3
    cards = [await store.slack.may_edit("T1", Urgency.END) for _ in range(EDITS_A_MINUTE)]
    assert sum(not wait for wait in cards) == EDITS_A_MINUTE - HEADS_A_MINUTE
    assert not await store.slack.may_edit_head("T2")


@pytest.mark.parametrize("edited", [True, False])
async def test_a_head_that_was_deleted_is_replaced_at_the_next_failure(world: World, *, edited: bool):
    await fails(world, 1)
    await world.told()
    world.slack.said[0].gone = True
    await fails(world, 2)
    await world.told()
    world.now += timedelta(minutes=2)
    if edited:
        assert await edit_cards(world.deps, DESTINATION) is None
        assert await world.told() == 0, "no line below it"
    else:
        assert await world.told() == 0, "the line in its thread is not posted elsewhere"
    lost = await the_group(world)
    assert (lost.head_lost, lost.open) == (True, False)
    assert await edit_cards(world.deps, DESTINATION) is None
    await fails(world, 3)
    assert await world.told() == 1
    new = (await world.snapshot()).groups[next(name for name in (await world.snapshot()).groups if name != lost.id)]
    assert (new.ts, new.previous) == (world.slack.said[-1].ts, None)


async def test_a_delivery_is_planned_for_what_is_due_without_an_entry(world: World, redis_url: str):
    async with open_docket(redis_url) as docket:
        world.deps = replace(world.deps, docket=docket)
        deliver_at = next(task for task in tasks(world.deps) if task.__name__ == DELIVER_AT)
        for task in tasks(world.deps):
            docket.register(task)
        await fails(world, 1)
        await world.told()
        assert await docket.get_execution(f"{DELIVER_AT}:{DESTINATION}") is None, "its end is an hour away"
        await fails(world, 2)
        await world.told()
        planned = await docket.get_execution(f"{DELIVER_AT}:{DESTINATION}")
        line = (await the_group(world)).next_line_at()
        assert planned
        assert line
        assert planned.args == (DESTINATION,)
        async with docket.redis() as redis:
            assert await redis.zscore(docket.queue_key, planned.key) == pytest.approx(line.timestamp())
        await deliver_at(DESTINATION)
        assert await docket.get_execution(f"deliver:{DESTINATION}")


async def test_a_deleted_storm_message_was_the_head_of_its_groups(world: World):
    for number in range(6):
        await fails(world, number, code=f"C.{number}")
    assert await world.told() == 4
    world.slack.said[-1].gone = True
    await fails(world, 10, code="C.5")
    await world.told()
    world.now += timedelta(minutes=2)
    await edit_cards(world.deps, DESTINATION)
    groups = (await world.snapshot()).groups.values()
    lost = [each for each in groups if each.head_lost]
    assert len(lost) == 4, "the storm message and its three groups"
    assert all(not each.open for each in lost)
    assert sum(each.open for each in groups) == 3
    await fails(world, 11, code="C.5")
    assert await world.told() == 4


async def test_a_head_that_slack_cannot_draw_is_edited_as_text(world: World, monkeypatch: pytest.MonkeyPatch):
    await fails(world, 1)
    await world.told()
    sent, edit = list[Any](), world.slack.chat_update

    async def picky(*, blocks: Any, **about: Any) -> Any:
        sent.append(blocks)
        if blocks:
            raise refused("invalid_blocks")
        return await edit(**about)

    monkeypatch.setattr(world.slack, "chat_update", picky)
    await fails(world, 2)
    await world.told()
    world.now += timedelta(minutes=1)
    assert await edit_cards(world.deps, DESTINATION) is None
    assert sent[1:] == [[]]
    assert (await the_group(world)).open


async def test_a_line_about_a_head_is_in_its_thread(world: World):
    await fails(world, 1)
    await world.told()
    head = world.slack.said[0]
    for number, name in enumerate([(await the_group(world)).id, "g999"]):
        note = NoteEntry(note=SnoozedGroup(place=DESTINATION, group=name, by="U2"))
        assert await world.store.outbox.put(DESTINATION, note, f"note {number}")
    await world.told()
    assert [each.thread_ts for each in world.slack.said] == ["", head.ts, ""]


async def test_closed_groups_leave_the_records_one_day_and_are_listed_still(world: World):
    closed = [
        group(f"g{number}", ts="1.1", channel=DESTINATION, closed_at=NOW - timedelta(minutes=number))
        for number in range(CLOSED_MAX + 2)
    ]
    long_ago = group("g900", closed_at=NOW - KEPT_AFTER_CLOSING, ts="1.1")
    down = group("g901", group=GroupKind.DOWN, ts="1.1", channel=DESTINATION)
    texts = {each.id: failure_groups.encode(each) for each in [*closed, long_ago, down]}
    texts[POSTS_ID] = failure_groups.encode_posts([NOW - timedelta(minutes=2)])
    await world.store.link.execute("HSET", CARDS.of(DESTINATION), *(part for item in texts.items() for part in item))
    context = await DeliveryContext.to(world.deps, DESTINATION)
    assert context
    assert not await dropped(context, await world.snapshot())
    left = (await world.snapshot()).records
    assert left.keys() == texts.keys() - {"g50", "g51", "g900", POSTS_ID}
    assert (await world.store.groups.read(DESTINATION, ["g50", "g900"])).keys() == {"g50"}
