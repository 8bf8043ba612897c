"""The records of a step in Redis other than cards: groups, their jobs, and the decisions that led to it."""

from datetime import datetime, timedelta

import pytest

from bot.domain import failure_groups
from bot.domain.decisions import Decided, Decision, Outcome, Reason
from bot.domain.failure_groups import BUDGET, POSTS_ID, FailureGroup
from bot.domain.outbox import InFlightPost, Urgency, Write
from bot.domain.record_formats import Kind
from bot.store import Store, decisions
from bot.store.redis.keys import CARDS, DECIDED, DECISIONS, GROUP_JOBS, GROUPS, PLACES, UNREADABLES
from tests.bot.memory import NOW
from tests.bot.samples import DESTINATION, SLOT, card, job

REF = f"{SLOT}/a"
MEMBERS = {"g1": ((f"{REF}\tlecture", 5),)}


def group(group_id: str = "g1", **fields: object) -> FailureGroup:
    times = dict.fromkeys(("first_at", "last_at", "opened_at", "changed_at"), NOW)
    return FailureGroup.model_validate({"id": group_id, "place": DESTINATION, "count": 1, **times, **fields})


def write(known: FailureGroup, before: str = "", urgency: Urgency | None = None) -> Write:
    return Write(id=known.id, before=before, after=failure_groups.encode(known), urgency=urgency)


def decided(number: int = 1, outcome: Outcome = Outcome.POST, ref: str = REF, **fields: object) -> Decided:
    about = {"event": f"{ref}#{number}/failed", "at": NOW + timedelta(seconds=number), "outcome": outcome}
    return Decided(ref, Decision.model_validate({**about, "reason": Reason.FIRST, "rule": "w7", **fields}))


async def step(store: Store, name: str, *writes: Write, **fields: object) -> bool:
    """Take a step that posts nothing."""
    snapshot = await store.outbox.read(DESTINATION, ())
    post = InFlightPost.model_validate({"id": name, "at": NOW, "posts": False, "writes": writes, **fields})
    done = await store.outbox.apply(DESTINATION, post, snapshot.turn)
    await store.outbox.release(DESTINATION, name)
    return done


async def test_a_post_records_its_group_with_its_message_its_jobs_and_its_decisions(store: Store):
    posts = Write(id=POSTS_ID, before="", after=failure_groups.encode_posts([NOW] * (BUDGET + 1)))
    known, folded = decided(ref="acme/video/b", outcome=Outcome.FOLD, ts="1.1", channel="C2"), decided(2)
    dropped = decided(3, Outcome.DROP)
    post = InFlightPost(
        id="p", at=NOW, card="g1", thread_ts="1.0", writes=(write(group()), posts), members=MEMBERS,
        decisions=(known, folded, dropped),
    )  # fmt: skip
    assert (await store.outbox.begin(DESTINATION, post, 0.001, "")).ok
    begun = (await store.outbox.read(DESTINATION, ())).in_flight
    assert begun
    assert begun == post, "whoever recovers it records the same"
    assert not await store.link.execute("EXISTS", GROUP_JOBS.of(DESTINATION, "g1")), "nothing before it arrived"
    assert await store.outbox.commit(DESTINATION, begun.arrived(DESTINATION, "1.2"))
    assert not await store.outbox.commit(DESTINATION, begun.model_copy(update={"id": "other"}))
    snapshot = await store.outbox.read(DESTINATION, ())
    assert snapshot.groups == {"g1": group(channel=DESTINATION, ts="1.2", thread_ts="1.0", posted_at=NOW)}
    assert (snapshot.posts, snapshot.cards, set(snapshot.records)) == ((NOW,) * BUDGET, {}, {"g1", POSTS_ID})
    assert await store.link.execute("ZRANGE", GROUP_JOBS.of(DESTINATION, "g1"), 0, -1) == [f"{REF}\tlecture"]
    here = {"channel": DESTINATION, "ts": "1.2"}
    assert await store.decisions.read(DESTINATION, REF) == [
        folded.decision.model_copy(update=here),
        dropped.decision,
    ]
    assert await store.decisions.read(DESTINATION, "acme/video/b") == [known.decision]
    assert await store.decisions.read(DESTINATION, "acme/video/c") == []


async def test_a_deleted_group_deletes_its_jobs(store: Store):
    assert await step(store, "a", write(group()), members=MEMBERS)
    [before] = (await store.outbox.read(DESTINATION, ())).records.values()
    assert not await step(store, "b", Write(id="g1", before="{}", after="")), "decided on another record"
    assert await step(store, "c", write(group(count=2), before, Urgency.PROGRESS))
    snapshot = await store.outbox.read(DESTINATION, ())
    assert list(snapshot.stale) == ["g1"]
    assert await step(store, "d", Write(id="g1", before=snapshot.records["g1"], after=""))
    snapshot = await store.outbox.read(DESTINATION, ())
    assert (snapshot.records, snapshot.stale) == ({}, {})
    assert not await store.link.execute("EXISTS", GROUP_JOBS.of(DESTINATION, "g1"), GROUPS.of(DESTINATION))


async def test_a_step_that_is_late_records_nothing(store: Store):
    assert await step(store, "a", write(group()))
    late = InFlightPost(id="b", at=NOW, posts=False, members=MEMBERS, decisions=(decided(),))
    assert not await store.outbox.apply(DESTINATION, late, "an earlier turn")
    assert not await store.link.execute("EXISTS", GROUP_JOBS.of(DESTINATION, "g1"), DECISIONS.of(DESTINATION, REF))


async def test_a_job_keeps_its_last_decisions_within_two_kilobytes(store: Store):
    for number in range(8):
        assert await step(store, str(number), decisions=[decided(number * 10 + each) for each in range(10)])
    key = DECISIONS.of(DESTINATION, REF)
    kept = await store.decisions.read(DESTINATION, REF)
    assert [each.event for each in kept] == [f"{REF}#{number}/failed" for number in range(80 - len(kept), 80)]
    assert 12 <= len(kept) <= decisions.LINES_MAX
    assert await store.link.execute("MEMORY", "USAGE", key, "SAMPLES", 0) <= 2048
    longest = decided(90, also=[f"w{number}" for number in range(400)])
    assert await step(store, "long", decisions=[longest])
    assert await store.decisions.read(DESTINATION, REF) == [longest.decision], "the last one is there in any case"


async def test_a_job_keeps_at_most_that_many_lines(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(decisions, "BYTES_MAX", 10**6)
    assert await step(store, "a", decisions=[decided(number) for number in range(60)])
    assert len(await store.decisions.read(DESTINATION, REF)) == decisions.LINES_MAX


async def test_a_service_keeps_the_jobs_with_the_newest_decisions(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(decisions, "JOBS_MAX", 3)
    refs = [f"{SLOT}/{number}" for number in range(5)]
    assert await step(store, "a", decisions=[decided(number, ref=ref) for number, ref in enumerate(refs)])
    assert await step(store, "b", decisions=[decided(9, ref=refs[2]), decided(7, ref="acme/sound/x")])
    assert await step(store, "c", decisions=[decided(10, ref="acme/video/z")])
    found = {ref: len(await store.decisions.read(DESTINATION, ref)) for ref in [*refs, "acme/sound/x", "acme/video/z"]}
    assert found == {
        **dict.fromkeys(refs[:2], 0),
        refs[2]: 2,
        refs[3]: 0,
        refs[4]: 1,
        "acme/sound/x": 1,
        "acme/video/z": 1,
    }
    assert await store.link.execute("ZCARD", DECIDED.of(DESTINATION, SLOT)) == 3
    old = decided(ref="acme/video/old", at=NOW - timedelta(days=31))
    assert await step(store, "d", decisions=[old])
    assert await step(store, "e", decisions=[decided(11, ref="acme/video/z")])
    assert await store.link.execute("ZSCORE", DECIDED.of(DESTINATION, SLOT), "acme/video/old") is None


async def test_a_decision_about_a_service(store: Store):
    down = decided(1, ref=SLOT, until=NOW + timedelta(hours=1))._replace(ref=SLOT)
    event = down.decision.model_copy(update={"event": f"{SLOT}#1795516864/down"})
    assert await step(store, "a", decisions=[Decided(SLOT, event)])
    assert await store.decisions.read(DESTINATION, SLOT) == [event]


@pytest.mark.parametrize("text", ["{", "[]", '{"id":"g1","place":"C9"}', '{"v":2,"id":"g2"}', ""])
async def test_a_group_that_cannot_be_read_is_reported_as_one(store: Store, text: str):
    await store.link.execute("HSET", CARDS.of(DESTINATION), "g1", text)
    [broken] = (await store.outbox.read(DESTINATION, ())).broken
    assert (broken.location.kind, broken.name) == (Kind.GROUP, "g1")


async def test_a_group_of_a_newer_version_is_left_unchanged(store: Store):
    assert failure_groups.encode(group()).startswith('{"v":2,'), "the version before takes it for a newer card"
    await store.link.execute("HSET", CARDS.of(DESTINATION), "g1", '{"v":3}', POSTS_ID, '{"v":3}')
    snapshot = await store.outbox.read(DESTINATION, ())
    assert dict(snapshot.newer) == {Kind.GROUP: 2}
    assert not snapshot.broken
    assert dict(await store.aside.newer([DESTINATION], [])) == {(DESTINATION, "card"): 2}


async def test_only_cards_are_refreshed(store: Store):
    texts = {each.id: each for each in [card("card", job())]}
    kept = [Write(id="card", before="", after=texts["card"].model_dump_json(exclude_defaults=True))]
    assert await step(store, "a", *kept, write(group()))
    assert await store.outbox.open_cards(DESTINATION, 1) == ["card"]
    assert await store.outbox.open_cards(DESTINATION, 0) == []


async def test_when_heads_were_edited(store: Store):
    at: datetime = NOW + timedelta(milliseconds=5)
    await store.outbox.edited(DESTINATION, "g1", at)
    assert await store.outbox.last_edits(DESTINATION) == {"g1": at}


async def test_numbers_of_groups_are_never_given_twice(store: Store):
    assert list(await store.watches.group_numbers("T1/C1", 3)) == [1, 2, 3]
    assert await store.watches.number("T1/C2", "g") == "g4"
    assert list(await store.watches.group_numbers("T1/C2", 2)) == [5, 6]
    assert list(await store.watches.group_numbers("T2/C1", 1)) == [1]


async def test_a_purge_leaves_nothing_of_groups_and_decisions(store: Store):
    assert await step(store, "a", write(group()), members={**MEMBERS, "g2": (("x", 1),)}, decisions=[decided()])
    await store.groups.keep(group("g3", closed_at=NOW))
    await store.outbox.edited(DESTINATION, "g1", NOW)
    await store.groups.purge(DESTINATION)
    await store.decisions.purge(DESTINATION, [SLOT])
    await store.outbox.purge(DESTINATION, [SLOT])
    left = set(await store.link.execute("KEYS", "callboard:*"))
    assert {name for name in left if ":told:" not in name} <= {PLACES.of(), UNREADABLES.of()}
