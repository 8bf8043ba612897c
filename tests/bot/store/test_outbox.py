"""The outbox of a destination and its one post in flight: a step based on old data is decided again."""

from datetime import timedelta

import pytest

from bot.domain.cards import Card
from bot.domain.notifications import SearchExpired
from bot.domain.outbox import (
    ChangedEntry,
    InFlightPost,
    NoteEntry,
    OutboxSnapshot,
    SubscribedEntry,
    Urgency,
    Write,
    encode,
)
from bot.domain.suspensions import Suspension
from bot.store import Store
from bot.store.outbox import Answer, Outbox
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import OUTBOX, PENDING, POST_INTERVAL, STALE
from providers.models import JobState
from tests.bot.memory import NOW
from tests.bot.samples import DESTINATION, SERVICE, SLOT, TERMS, card, empty, job, moved

SERVICES = (SLOT, "acme/sound")
NOTE = NoteEntry(note=SearchExpired(ids=["x"], looked_in=[SLOT], minutes=10))


@pytest.fixture
def outbox(store: Store) -> Outbox:
    return store.outbox


async def subscribed(store: Store, job_id: str = "a", card_id: str = "card") -> None:
    entry = SubscribedEntry(job=job(job_id), terms=TERMS).model_dump_json()
    await store.tracked.subscribe(job(job_id), NOW, NOW, DESTINATION, card_id, entry, "U1")


def begun(
    name: str, snapshot: OutboxSnapshot, *cards: Card, urgency: Urgency | None = None, **more: str
) -> InFlightPost:
    """Start a post that takes all pending entries, and leaves these cards."""
    writes = [Write(id=c.id, before=snapshot.records.get(c.id, ""), after=encode(c), urgency=urgency) for c in cards]
    slots: dict[str, tuple[str, ...]] = {}
    for entry in snapshot.entries:
        slots[entry.slot] = (*slots.get(entry.slot, ()), entry.id)
    return InFlightPost.model_validate(
        {"id": name, "at": NOW, "channel": DESTINATION, "writes": writes, "entries": slots, **more}
    )


async def posted(outbox: Outbox, snapshot: OutboxSnapshot, name: str, *cards: Card) -> Answer:
    """Post all pending entries, from start to finish."""
    post = begun(name, snapshot, *cards)
    answer = await outbox.begin(DESTINATION, post, 0.001, snapshot.turn)
    if answer.ok:
        await outbox.commit(DESTINATION, post.arrived(DESTINATION, "1.1"))
        await outbox.ack(DESTINATION, post.entries)
        await outbox.release(DESTINATION, name)
        await rested(outbox)
    return answer


async def rested(outbox: Outbox) -> None:
    """Let time pass, so that the destination may be posted to again."""
    await outbox.link.execute("DEL", POST_INTERVAL.of(DESTINATION))


async def test_pending_entries_are_read_in_order(store: Store, outbox: Outbox):
    for at, slot in enumerate([SLOT, DESTINATION, "acme/sound", SLOT], 1):
        await store.link.execute(
            "XADD", OUTBOX.of(slot, DESTINATION), f"{at}-0", "card", "", "entry", NOTE.model_dump_json()
        )
    snapshot = await outbox.read(DESTINATION, SERVICES)
    assert [entry.slot for entry in snapshot.entries] == [SLOT, DESTINATION, "acme/sound", SLOT]
    assert snapshot.entries[0].body == NOTE
    assert not empty(snapshot)


async def test_an_unknown_destination_has_no_entries(outbox: Outbox):
    assert empty(await outbox.read("C9", SERVICES))


async def test_an_entry_of_another_version_hides_no_other(store: Store, outbox: Outbox):
    await store.link.execute("XADD", OUTBOX.of(SLOT, DESTINATION), "1-1", "card", "card", "entry", '{"type": "dreamt"}')
    await store.link.execute("XADD", OUTBOX.of(SLOT, DESTINATION), "1-2", "odd", "fields")
    await subscribed(store)
    snapshot = await outbox.read(DESTINATION, SERVICES)
    assert (len(snapshot.entries), snapshot.unreadable) == (1, {SLOT: ["1-1", "1-2"]})


async def test_a_note_is_put_once(outbox: Outbox):
    assert await outbox.put(DESTINATION, NOTE, "once")
    assert not await outbox.put(DESTINATION, NOTE, "once")
    assert await outbox.put(DESTINATION, NOTE, "twice")
    assert len((await outbox.read(DESTINATION, ())).entries) == 2


async def test_a_post_leaves_its_cards_and_takes_its_entries(store: Store, outbox: Outbox, link: RedisLink):
    await subscribed(store)
    snapshot = await outbox.read(DESTINATION, SERVICES)
    assert (await posted(outbox, snapshot, "p1", card("card", job()))).ok
    left = await outbox.read(DESTINATION, SERVICES)
    assert (left.entries, left.in_flight, left.cards) == ([], None, {"card": card("card", job())})
    assert await outbox.was_notified(DESTINATION, "p1")
    assert not await outbox.was_notified(DESTINATION, "p2")
    assert not await link.execute("EXISTS", OUTBOX.of(SLOT, DESTINATION), PENDING.of(SLOT))


async def test_one_post_at_a_time(store: Store, outbox: Outbox):
    await subscribed(store)
    snapshot = await outbox.read(DESTINATION, SERVICES)
    assert (await outbox.begin(DESTINATION, begun("p1", snapshot), 0.001, snapshot.turn)).ok
    await rested(outbox)
    answer = await outbox.begin(DESTINATION, begun("p2", snapshot), 0.001, snapshot.turn)
    assert not answer.ok
    assert answer.in_flight
    assert answer.in_flight.id == "p1"
    assert not await outbox.commit(DESTINATION, begun("p2", snapshot)), "not the one under way"
    await outbox.release(DESTINATION, "p2")
    assert (await outbox.read(DESTINATION, SERVICES)).in_flight


async def test_posts_keep_their_distance(store: Store, outbox: Outbox):
    snapshot = await outbox.read(DESTINATION, SERVICES)
    await outbox.begin(DESTINATION, begun("p1", snapshot), 60, "")
    await outbox.release(DESTINATION, "p1")
    answer = await outbox.begin(DESTINATION, begun("p2", snapshot), 60, "")
    assert not answer.ok
    assert 0 < answer.wait <= 60


async def test_a_step_based_on_a_changed_card_is_decided_again(store: Store, outbox: Outbox):
    snapshot = await outbox.read(DESTINATION, SERVICES)
    late = begun("late", snapshot, card("card", job()))
    await posted(outbox, snapshot, "p1", card("card", job("b")))
    fresh = await outbox.read(DESTINATION, SERVICES)
    assert await outbox.begin(DESTINATION, late, 0.001, fresh.turn) == Answer(ok=False)
    assert not await outbox.apply(DESTINATION, late, fresh.turn)


async def test_a_step_decided_before_the_last_one_is_decided_again_even_without_changes(store: Store, outbox: Outbox):
    await outbox.put(DESTINATION, NOTE, "once")
    snapshot, late = await outbox.read(DESTINATION, ()), await outbox.read(DESTINATION, ())
    assert (await posted(outbox, snapshot, "p1")).ok
    assert await posted(outbox, late, "p2") == Answer(ok=False)
    assert not await outbox.apply(DESTINATION, begun("p3", late), late.turn)


async def test_a_step_that_posts_nothing_is_recorded_immediately(store: Store, outbox: Outbox):
    await subscribed(store)
    snapshot = await outbox.read(DESTINATION, SERVICES)
    step = begun("s1", snapshot, card("card", job()), urgency=Urgency.STATE).model_copy(update={"posts": False})
    assert await outbox.apply(DESTINATION, step, snapshot.turn)
    after = await outbox.read(DESTINATION, SERVICES)
    assert after.in_flight
    assert after.in_flight.recorded
    assert after.in_flight.entries == step.entries
    assert not await outbox.apply(DESTINATION, step, after.turn), "its entries are not taken out yet"
    await outbox.ack(DESTINATION, after.in_flight.entries)
    await outbox.release(DESTINATION, "s1")
    assert (await outbox.read(DESTINATION, SERVICES)).entries == []


async def test_taking_out_twice_takes_nothing_new(store: Store, outbox: Outbox):
    await subscribed(store, "a")
    first = begun("p1", await outbox.read(DESTINATION, SERVICES)).entries
    await subscribed(store, "b")
    for _ in range(2):
        await outbox.ack(DESTINATION, first)
        assert len((await outbox.read(DESTINATION, SERVICES)).entries) == 1
        assert (await store.tracked.state([SERVICE]))[0][2] == {DESTINATION}
    await outbox.ack(DESTINATION, {SLOT: ()})


async def marked(outbox: Outbox, urgency: Urgency) -> None:
    snapshot = await outbox.read(DESTINATION, ())
    step = begun("s", snapshot, card("card", job()), urgency=urgency).model_copy(update={"posts": False})
    await outbox.apply(DESTINATION, step, snapshot.turn)
    await outbox.release(DESTINATION, "s")


async def test_the_most_urgent_reason_to_edit_a_card_stays(outbox: Outbox, link: RedisLink):
    for urgency, stays in [("1", "1"), ("0", "0"), ("1", "0")]:
        before = await link.execute("HGET", STALE.of(DESTINATION), "card")
        await marked(outbox, Urgency(urgency))
        after = await link.execute("HGET", STALE.of(DESTINATION), "card")
        assert after[:1] == stays
        assert after != before, "an edit that was drawn before does not take this mark back"
    before = (await outbox.read(DESTINATION, ())).stale["card"]
    await outbox.refresh([(DESTINATION, "card"), ("C2", "other")])
    after = (await outbox.read(DESTINATION, ())).stale["card"]
    assert after[:1] == "0"
    assert after != before
    await outbox.refresh([])


async def test_a_mark_that_is_newer_than_the_edit_stays_and_keeps_the_card(outbox: Outbox):
    await marked(outbox, Urgency.STATE)
    drawn = await outbox.read(DESTINATION, ())
    await marked(outbox, Urgency.END)
    await outbox.unmark(DESTINATION, "card", drawn.stale["card"], drop=drawn.records["card"])
    snapshot = await outbox.read(DESTINATION, ())
    assert list(snapshot.stale) == list(snapshot.cards) == ["card"]
    await outbox.unmark(DESTINATION, "card", snapshot.stale["card"], drop=snapshot.records["card"])
    assert empty(await outbox.read(DESTINATION, ()))


async def test_a_card_stays_while_a_post_is_under_way(outbox: Outbox):
    await marked(outbox, Urgency.END)
    snapshot = await outbox.read(DESTINATION, ())
    await outbox.begin(DESTINATION, begun("p1", snapshot, card("card", job())), 0.001, snapshot.turn)
    await outbox.unmark(DESTINATION, "card", snapshot.stale["card"], drop=snapshot.records["card"])
    assert list((await outbox.read(DESTINATION, ())).cards) == ["card"]


async def test_a_destination_stays_suspended_until_it_is_restored(outbox: Outbox):
    first = Suspension(reason="is_archived", since=NOW)
    await outbox.suspend(DESTINATION, first)
    assert (await outbox.begin(DESTINATION, begun("p1", OutboxSnapshot(DESTINATION)), 0.001, "")).suspended
    await outbox.subscribers_notified(DESTINATION, first)
    await outbox.suspend(DESTINATION, Suspension(reason="not_in_channel", since=NOW + timedelta(seconds=1)))
    assert (await outbox.read(DESTINATION, ())).suspension == first.model_copy(update={"told": True}), (
        "told once is enough"
    )
    assert await outbox.restore(DESTINATION)
    assert not await outbox.restore(DESTINATION)


async def test_notifying_the_subscribers_does_not_undo_a_restore(outbox: Outbox):
    suspension = Suspension(reason="is_archived", since=NOW)
    await outbox.suspend(DESTINATION, suspension)
    await outbox.restore(DESTINATION)
    await outbox.subscribers_notified(DESTINATION, suspension)
    assert (await outbox.read(DESTINATION, ())).suspension is None


async def test_every_destination_with_entries_is_known_until_it_is_empty(store: Store, outbox: Outbox):
    await outbox.put("U1", NOTE, "once")
    await subscribed(store)
    await outbox.refresh([("C3", "card"), ("C4", "card")])
    assert await outbox.destinations() == {"U1", DESTINATION, "C3", "C4"}
    await outbox.drop_destination(DESTINATION)
    assert await outbox.destinations() == {"U1", "C3", "C4"}
    assert await outbox.depth([SLOT, "U1"], [DESTINATION, "U1"]) == 2
    assert await outbox.depth([], []) == 0


async def test_cards_with_tracked_jobs_are_found_where_they_are_few(store: Store, outbox: Outbox):
    await marked(outbox, Urgency.STATE)
    assert await outbox.open_cards(DESTINATION, 1) == ["card"]
    assert await outbox.open_cards(DESTINATION, 0) == []
    assert await outbox.open_cards("C9", 5) == []


def test_a_change_is_read_as_it_was_written():
    entry = ChangedEntry(change=moved(job(state=JobState.FAILED, name='größe "/" \u2028')))
    assert ChangedEntry.model_validate_json(entry.model_dump_json()) == entry
