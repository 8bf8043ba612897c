"""A list too long to read whole. The answers to `watch` and `accounts` say so."""

from dataclasses import replace

import pytest

from bot.domain.walks import Discovery
from bot.domain.watches import WatchSpec
from bot.jobs.account_health import check_accounts
from bot.store import Store
from bot.views.slack import accounts
from bot.views.slack import watches as views
from bot.views.terminal import json_output, tables
from bot.watches.list_limits import list_limits
from bot.watches.watch import watch
from providers.models import JobPage, JobQuery
from tests.bot.memory import NOW
from tests.bot.views.judges import words
from tests.bot.views.terminal.test_tables import squeezed
from tests.bot.watching import DANA, HERE, WatchingWorld


@pytest.fixture
def world(store: Store, monkeypatch: pytest.MonkeyPatch) -> WatchingWorld:
    world = WatchingWorld(store)
    video = world.deps.providers[0]
    monkeypatch.setattr(video, "capabilities", replace(video.capabilities, whole_list=True, page_max=2000))
    return world


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (Discovery(), "If acme/video has more than 2,000 jobs, not all can be seen."),
        (Discovery(since=NOW, partial=True), "⚠️ acme/video has more than 2,000 jobs: not all can be seen."),
        (Discovery(since=NOW), ""),
    ],
)
async def test_the_answer_to_watch_says_that_not_all_can_be_seen(world: WatchingWorld, known: Discovery, said: str):
    result = await watch(world.deps, WatchSpec(service="video"), HERE, DANA)
    if known.since:
        await world.store.discovery.begin(("acme", "video"), known, [])
    limits = await list_limits(world.deps, result.covered)
    text = words(views.watched(result, (), limits)).replace("*", "")
    assert said in text
    assert ("not all can be seen" in text) is bool(said)


async def test_accounts_say_that_not_all_can_be_seen(world: WatchingWorld, monkeypatch: pytest.MonkeyPatch):
    async def page(query: JobQuery, cursor: str | None = None) -> JobPage:
        return JobPage((), total=None)

    for provider in (world.deps.providers[0], world.deps.providers[2]):
        monkeypatch.setattr(provider, "page", page)
    health = await check_accounts(world.deps).whole()
    assert [each.list_limit for each in health.services] == [2000, None, None], "a list in pages goes on"
    said = "⚠️ more than 2,000 jobs: not all can be seen"
    assert words(accounts.accounts(health)).count(said) == 1
    assert squeezed(tables.accounts(health)).count("not all can be seen") == 1
    assert [each["list_limit"] for each in json_output.accounts(health)["services"]] == [2000, None, None]
