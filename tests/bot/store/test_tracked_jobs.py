"""Tracked jobs: one atomic step for related records, and no answer that overwrites a newer one."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.changes import fingerprint
from bot.domain.tracked_jobs import JobUpdate, Kept, Seen, kept, record
from bot.store import Store
from bot.store.redis.connection import Part, RedisLink
from bot.store.redis.keys import OUTBOX
from bot.store.tracked_jobs import Tracked
from providers.models import Job, JobError, JobState
from tests.bot.memory import NOW
from tests.bot.samples import DESTINATION, SERVICE, SLOT, job

SOON = NOW + timedelta(seconds=10)
LATER = NOW + timedelta(seconds=20)


@pytest.fixture
def tracked(store: Store) -> Tracked:
    return store.tracked


async def follow(tracked: Tracked, what: Job, destination: str = DESTINATION, card: str = "card") -> tuple[str, bool]:
    return await tracked.subscribe(what, NOW, SOON, destination, card, '"subscribed"', "U1")


async def told(tracked: Tracked, destination: str = DESTINATION) -> list[tuple[str, str]]:
    """Return card and entry of everything in a destination's outbox."""
    stream = await tracked.link.execute("XRANGE", OUTBOX.of(SLOT, destination), "-", "+")
    return [(fields["card"], fields["entry"]) for _, fields in stream]


def seen(what: Job) -> Seen:
    return Seen(what.id, fingerprint(what), LATER)


async def known(tracked: Tracked, what: Job) -> Kept | None:
    found = (await tracked.read([what.ref])).get(what.ref)
    return found[0] if found else None


async def test_a_subscription_is_a_job_a_due_time_and_an_entry(tracked: Tracked):
    assert await follow(tracked, job()) == ("card", True)
    [(found, next_at)] = (await tracked.read([job().ref])).values()
    assert (found.job, found.checked_at, found.missed, next_at) == (job(), NOW, False, SOON)
    assert await told(tracked) == [("card", '"subscribed"')]
    assert await tracked.state([SERVICE]) == [(1, SOON, {DESTINATION})]
    assert await tracked.destinations_of("U1") == {"U1", DESTINATION}


async def test_a_repeated_subscription_keeps_the_card_and_the_record(tracked: Tracked):
    await follow(tracked, job(), card="first")
    assert await follow(tracked, job(progress=7), card="second") == ("first", False)
    assert await told(tracked) == [("first", '"subscribed"')] * 2
    assert (await tracked.read([job().ref]))[job().ref][0].job.progress is None


async def test_one_job_is_tracked_in_several_destinations(tracked: Tracked):
    await follow(tracked, job(), "C1", "one")
    await follow(tracked, job(), "C2", "two")
    assert await tracked.subscribed_cards(job().ref) == {"C1": "one", "C2": "two"}
    assert await tracked.cards(SERVICE) == {("C1", "one"), ("C2", "two")}
    assert (await tracked.state([SERVICE]))[0][0] == 1


class Twice(RedisLink):
    """A connection that breaks after each command, so that it is sent again."""

    async def execute(self, *command: Part) -> Any:
        await super().execute(*command)
        return await super().execute(*command)


async def test_a_call_that_is_sent_again_does_nothing_more_and_is_answered_the_same(tracked: Tracked):
    broken = Tracked(Twice(tracked.link.redis))
    assert await follow(broken, job()) == ("card", True)
    assert await follow(broken, job(), card="second") == ("card", False)
    assert await broken.unsubscribe(job().ref, DESTINATION, '"left"') == "card"
    assert await broken.unsubscribe(job().ref, DESTINATION, '"left"') is None
    assert await told(tracked) == [("card", '"subscribed"')] * 2 + [("card", '"left"')]


async def test_the_last_unsubscription_ends_polling(tracked: Tracked):
    await follow(tracked, job(), "C1", "one")
    await follow(tracked, job(), "C2", "two")
    assert await tracked.unsubscribe(job().ref, "C1", '"left"') == "one"
    assert await tracked.unsubscribe(job().ref, "C1", '"left"') is None
    assert await known(tracked, job())
    assert await tracked.unsubscribe(job().ref, "C2", '"left"') == "two"
    assert await known(tracked, job()) is None
    assert await tracked.state([SERVICE]) == [(0, None, {"C1", "C2"})]
    assert await told(tracked, "C1") == [("one", '"subscribed"'), ("one", '"left"')]


async def test_unchanged_jobs_are_polled_later(tracked: Tracked):
    await follow(tracked, job())
    assert await tracked.observe(SERVICE, NOW + timedelta(seconds=1), [seen(job()), seen(job("stranger"))]) == {}
    [(found, next_at)] = (await tracked.read([job().ref])).values()
    assert (found.checked_at, next_at) == (NOW + timedelta(seconds=1), LATER)
    assert await tracked.due(SERVICE, NOW + timedelta(seconds=15), 10) == []


async def test_a_page_without_jobs_is_observed_too(tracked: Tracked):
    assert await tracked.observe(SERVICE, NOW, []) == {}
    assert await tracked.record(SERVICE, []) == {}
    assert await tracked.read([]) == {}
    assert await tracked.state([]) == []


async def test_a_change_goes_to_every_destination_in_the_same_step(tracked: Tracked):
    await follow(tracked, job(), "C1", "one")
    await follow(tracked, job(), "C2", "two")
    now = job(progress=50)
    at = NOW + timedelta(seconds=1)
    found = (await tracked.observe(SERVICE, at, [seen(now)]))["a"]
    steps = [JobUpdate("a", found.record, record(now, at), LATER, '"half"')]
    assert await tracked.record(SERVICE, steps) == {"a": {"C1": "one", "C2": "two"}}
    assert (await told(tracked, "C2"))[1:] == [("two", '"half"')]
    assert await tracked.record(SERVICE, steps) == {}, "the same again: somebody was faster"
    assert len(await told(tracked, "C1")) == 2


async def test_a_finished_job_leaves_only_its_notifications(tracked: Tracked, link: RedisLink):
    await follow(tracked, job())
    end = job(state=JobState.FAILED)
    found = (await tracked.observe(SERVICE, NOW + timedelta(seconds=1), [seen(end)]))["a"]
    await tracked.record(SERVICE, [JobUpdate("a", found.record, None, entry='"over"')])
    assert await tracked.state([SERVICE]) == [(0, None, {DESTINATION})]
    left = {name.removeprefix("callboard:") for name in await link.execute("KEYS", "*") if ":reply:" not in name}
    assert left == {f"{{{SLOT}}}:outbox:{DESTINATION}", f"{{{SLOT}}}:pending", "places", "user:U1:places"}


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(5)))
async def test_an_older_answer_never_overwrites_a_newer_one(store: Store, order: list[int]):
    await store.link.execute("FLUSHALL")
    await follow(store.tracked, job())
    for n in order:
        at = NOW + timedelta(milliseconds=1 + n)
        now = job(progress=n)
        for job_id, found in (await store.tracked.observe(SERVICE, at, [seen(now)])).items():
            await store.tracked.record(SERVICE, [JobUpdate(job_id, found.record, record(now, at), LATER, str(n))])
    assert (await store.tracked.read([job().ref]))[job().ref][0].job.progress == 4
    progress = [int(entry) for _, entry in (await told(store.tracked))[1:]]
    assert progress == sorted(progress)
    assert progress[-1] == 4


async def test_a_comparison_with_an_outdated_record_writes_nothing(tracked: Tracked):
    await follow(tracked, job())
    slow = (await tracked.observe(SERVICE, NOW + timedelta(seconds=1), [seen(job(progress=1))]))["a"]
    fast = (await tracked.observe(SERVICE, NOW + timedelta(seconds=2), [seen(job(progress=2))]))["a"]
    at = NOW + timedelta(seconds=2)
    assert await tracked.record(SERVICE, [JobUpdate("a", fast.record, record(job(progress=2), at), LATER, '"2"')])
    assert not await tracked.record(SERVICE, [JobUpdate("a", slow.record, None, entry='"1"')])
    assert (await told(tracked))[1:] == [("card", '"2"')]


async def test_the_longest_overdue_come_first_and_hint_at_age_and_kind(tracked: Tracked):
    for n in range(5):
        await tracked.subscribe(
            job(f"j{n}", kind="Trans|code"), NOW, NOW + timedelta(seconds=9 - n), DESTINATION, "card", "{}", "U1"
        )
    due = await tracked.due(SERVICE, NOW + timedelta(seconds=8), 3)
    assert [each.id for each in due] == ["j4", "j3", "j2"]
    assert due[0] == ("j4", NOW, job().created_at, "Trans code")


async def test_postponing_restores_no_subscription(tracked: Tracked):
    await follow(tracked, job())
    await tracked.postpone(SERVICE, ["a", "gone"], LATER)
    await tracked.postpone(SERVICE, [], LATER)
    assert await tracked.state([SERVICE]) == [(1, LATER, {DESTINATION})]


ODD = st.text(min_size=1, max_size=20)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(job_id=ODD, words=st.fixed_dictionaries({"kind": ODD, "raw_state": ODD, "name": ODD}), code=ODD)
async def test_any_words_come_back_and_count_as_unchanged(store: Store, job_id: str, words: dict[str, str], code: str):
    await store.link.execute("FLUSHALL")
    odd = job(job_id, **words, error=JobError(code=code))
    await follow(store.tracked, odd)
    assert await store.tracked.observe(SERVICE, NOW + timedelta(seconds=1), [seen(odd)]) == {}
    [(found, _)] = (await store.tracked.read([odd.ref])).values()
    assert (found.job, found.checked_at) == (odd, NOW + timedelta(seconds=1))
    [due] = await store.tracked.due(SERVICE, LATER, 10)
    assert due.id == job_id
    changed = await store.tracked.observe(SERVICE, LATER, [seen(odd.model_copy(update={"progress": 3}))])
    assert list(changed) == [job_id]
    assert await store.tracked.unsubscribe(odd.ref, DESTINATION, "{}") == "card"


def test_a_job_that_was_missed_differs_from_every_other():
    missed = kept(SERVICE, record(job(), NOW, missed=True))
    assert missed.missed
    assert missed.job == job()
    assert not kept(SERVICE, record(job(), NOW)).missed


async def test_secrets_and_fields_that_no_card_shows_are_not_kept(tracked: Tracked):
    await follow(tracked, job(raw={"Password": "hunter2"}, console_url="https://c/", attributes={"x": "y"}))
    found = await known(tracked, job())
    assert found
    assert "hunter2" not in found.record
    assert found.job == job()
