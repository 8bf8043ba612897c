"""The jobs of groups: the newest, in order, in full pages; and groups after they closed."""

from datetime import timedelta

import pytest
from hypothesis import given, settings

from bot.domain import failure_groups
from bot.domain.failure_groups import JOBS_MAX, NAME_MAX, GroupJob
from bot.store import Store
from bot.store.group_jobs import Slice
from bot.store.redis.connection import RedisLink
from bot.store.redis.keys import CARDS, CLOSED_GROUP, GROUP_JOBS
from tests.bot.group_jobs import add
from tests.bot.views import grouped
from tests.bot.views.anything import NOON
from tests.bot.views.grouped import group, job

HERE = "T1/C0ONCALL"


async def test_pages_of_the_newest_jobs(store: Store, link: RedisLink):
    await add(store, HERE, "g12", [job(number) for number in range(30)])
    await add(store, HERE, "g12", [job(29)])
    [first, last] = await store.groups.jobs(HERE, [Slice("g12", 0, 20), Slice("g12", 20, 20)])
    assert [each.name for each in [*first, *last]] == [f"lecture {29 - at}" for at in range(30)]
    assert first[0] == job(29).model_copy(update={"took_s": None})
    assert await store.groups.numbers(HERE, ["g12", "g13"]) == {"g12": 30, "g13": 0}
    assert await link.execute("TTL", GROUP_JOBS.of(HERE, "g12")) > timedelta(days=8).total_seconds()


async def test_the_oldest_go_first(store: Store):
    await add(store, HERE, "g1", [job(number) for number in range(JOBS_MAX + 3)])
    assert await store.groups.numbers(HERE, ["g1"]) == {"g1": JOBS_MAX}
    [[oldest]] = await store.groups.jobs(HERE, [Slice("g1", JOBS_MAX - 1, 5)])
    assert oldest.name == "lecture 3"


async def test_a_group_is_found_while_it_is_open_and_afterwards(store: Store, link: RedisLink):
    opened, closed = group(), group(3, id="g3", closed_at=NOON, times=(NOON,) * 100)
    await link.execute("HSET", CARDS.of(HERE), "g12", failure_groups.encode(opened), "g4", "{broken")
    await store.groups.keep(closed)
    await link.execute("SET", CLOSED_GROUP.of(HERE, "g5"), '{"v":99}', "EX", 60)
    found = await store.groups.read(HERE, ["g12", "g3", "g4", "g5", "g6"])
    assert found == {"g12": opened, "g3": closed.model_copy(update={"times": ()})}
    assert await store.groups.read(HERE, []) == {}
    assert await link.execute("TTL", CLOSED_GROUP.of(HERE, "g3")) > timedelta(days=6).total_seconds()


@settings(max_examples=30)
@given(grouped.group_jobs)
def test_a_job_keeps_its_address_and_what_fits_of_its_name(drawn: GroupJob):
    kept = GroupJob.kept(drawn.member, drawn.at)
    assert kept
    assert (kept.ref, kept.at) == (drawn.ref, drawn.at)
    assert (kept.name or "") == " ".join((drawn.name or "").split())[:NAME_MAX]


@pytest.mark.parametrize("member", ["", "x", "a/b", "\t"])
def test_a_member_that_cannot_be_read(member: str):
    assert GroupJob.kept(member, NOON) is None
