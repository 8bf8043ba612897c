"""Pages of a group's jobs: each job on one page, and no account hidden from the reader."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.config.settings import AccessRule
from bot.domain.errors import ExpiredError, Problem, UsageError
from bot.domain.failure_groups import FailureGroup, GroupJob, GroupKind
from bot.store import Store
from bot.watches.group_pages import group_page, slices
from tests.bot.group_jobs import add
from tests.bot.memory import NOW
from tests.bot.views import grouped
from tests.bot.watching import DANA, HERE, LEE, WatchingWorld

RULES = (
    AccessRule(accounts=("acme", "other"), users=(DANA,)),
    AccessRule(accounts=("acme",), users=(LEE,)),
)


def group(group_id: str, account: str, **values: object) -> FailureGroup:
    return grouped.group(2, id=group_id, account=account, service="video", place=HERE, **values)


def job(account: str, name: str) -> GroupJob:
    return GroupJob(ref=f"{account}/video/{name}", name=name, at=NOW)


@pytest.fixture
async def world(store: Store) -> WatchingWorld:
    for each in (
        group("g1", "acme"),
        group("g2", "other"),
        group("g3", "", group=GroupKind.BATCH),
        group("g4", "", group=GroupKind.STORM, groups=("g1", "g2", "g3", "g9")),
    ):
        await store.groups.keep(each)
    await add(store, HERE, "g1", [job("acme", "a"), job("acme", "b")])
    await add(store, HERE, "g2", [job("other", "c")])
    await add(store, HERE, "g3", [job("acme", "d"), job("other", "e")])
    return WatchingWorld(store, RULES)


async def listed(world: WatchingWorld, user: str, group_id: str, offset: int = 0) -> list[str | None]:
    page = await group_page(world.asked_by(user), [HERE, user], group_id, offset, 2)
    assert page.total >= page.offset + sum(len(jobs) for _, jobs in page.parts)
    return [each.name for _, jobs in page.parts for each in jobs]


async def test_what_a_reader_may_not_see_is_left_out(world: WatchingWorld):
    pages = [*await listed(world, DANA, "g4"), *await listed(world, DANA, "g4", 2), *await listed(world, DANA, "g4", 4)]
    assert sorted(filter(None, pages)) == ["a", "b", "c", "d", "e"]
    assert sorted(filter(None, [*await listed(world, LEE, "g4"), *await listed(world, LEE, "g4", 2)])) == [
        "a",
        "b",
        "d",
    ]
    assert await listed(world, LEE, "g3") == ["d"]
    with pytest.raises(UsageError, match=Problem.NOTHING_FOR_YOU.name):
        await listed(world, LEE, "g2")


async def test_a_page_behind_the_last_is_the_last(world: WatchingWorld):
    assert await listed(world, DANA, "g1", 100) == ["b", "a"]
    with pytest.raises(ExpiredError):
        await listed(world, DANA, "g9")


async def test_a_page_may_begin_anywhere(world: WatchingWorld):
    assert await listed(world, DANA, "g1", 1) == ["a"]


@given(st.lists(st.integers(0, 9), max_size=6), st.integers(1, 7))
def test_each_job_is_on_one_page(numbers: list[int], most: int):
    groups = {f"g{at}": number for at, number in enumerate(numbers)}
    pages = [slices(groups, list(groups), offset, most) for offset in range(0, sum(numbers), most)]
    listed_jobs = [(part.group, part.skip + at) for page in pages for part in page for at in range(part.most)]
    assert listed_jobs == [(name, at) for name, number in groups.items() for at in range(number)]
    assert all(sum(part.most for part in page) == most for page in pages[:-1])
