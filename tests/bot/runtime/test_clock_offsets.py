"""The effects of a wrong machine clock, and the notices about its offset."""

import math
import time

import pytest

from bot.config.settings import Slack
from bot.deps.clock import SlackTime
from bot.deps.deps import Deps
from bot.deps.metrics import Metrics
from bot.domain.findings import Status
from bot.runtime.clock_offsets import clock_notices
from bot.slack_api.connect import open_workspaces
from bot.slack_app.deduplication import shows_first
from bot.store import Store
from bot.views.terminal import advice
from providers.http.rate_limit import BudgetLeft
from providers.secrets import SecretRef
from sandbox.demo import MANIFEST
from sandbox.slack.server import serving
from sandbox.slack.workspace.credentials import BOT_TOKEN
from sandbox.slack.workspace.seed import seeded
from tests.bot.deps.test_clock import HOUR, Machine, Server, clock_of
from tests.bot.deps.test_metrics import samples


def services(store: Store, machine: Machine, server: Server) -> Deps:
    clock = clock_of(machine, server)
    slack = SlackTime(lambda: machine.monotonic, lambda: machine.wall)
    return Deps([], store, clock, fleet_clock=clock, slack_time=slack)


REDIS = "this machine's clock is {} Redis's clock"
FLEET = "this machine's clock is {} fleet time: tasks run by fleet time; set it, best by NTP"
SLACK = "this machine's clock is {} Slack's clock"


async def said(parts: Deps, *, works: bool = True) -> list[str]:
    return [line for notice in clock_notices(parts, works=works) if (line := await notice.look())]


@pytest.mark.parametrize(
    ("ahead", "how", "lines"),
    [
        (0.0, "", []),
        (4.9, "", []),
        (-6.0, "6 s behind", [REDIS, SLACK]),
        (29.0, "29 s ahead of", [REDIS, SLACK]),
        (-31.0, "31 s behind", [FLEET, REDIS, SLACK]),
        (HOUR, "3600 s ahead of", [FLEET, REDIS, SLACK]),
    ],
)
async def test_a_process_reports_the_offset_of_its_clock(store: Store, ahead: float, how: str, lines: list[str]):
    machine = Machine()
    parts = services(store, machine, Server(machine))
    assert parts.fleet_clock
    assert await said(parts) == []
    await parts.fleet_clock.sample()
    parts.slack_time.heard("Thu, 01 Jan 1970 00:16:40 GMT")
    machine.wall += ahead
    assert await said(parts) == [line.format(how) for line in lines]
    assert await said(parts, works=False) == [line.format(how) for line in lines if line is not FLEET]


async def test_a_jump_of_redis_is_shown_until_fleet_time_has_caught_up(store: Store):
    machine = Machine()
    server = Server(machine)
    parts = services(store, machine, server)
    assert parts.fleet_clock
    await parts.fleet_clock.sample()
    server.ahead += HOUR
    await parts.fleet_clock.sample()
    assert "Redis's clock jumped: fleet time follows it slowly, 3600 s are left" in await said(parts)
    machine.passes(10 * HOUR)
    parts.fleet_clock()
    assert not [line for line in await said(parts) if "jumped" in line]


def test_offsets_are_read_at_each_scrape():
    metrics, ahead = Metrics(), list[float]()
    metrics.clock("redis", lambda: ahead[-1] if ahead else None)
    assert math.isnan(samples(metrics)["callboard_clock_offset_seconds redis"])
    ahead += [-300.0]
    assert samples(metrics)["callboard_clock_offset_seconds redis"] == -300


@pytest.mark.parametrize(
    ("seconds", "status", "text"),
    [
        (0.4, None, ""),
        (-5, Status.OK, "5 s behind Redis's"),
        (31, Status.WARN, "31 s ahead of Redis's"),
        (-4000, Status.WARN, "4000 s behind Redis's"),
    ],
)
def test_the_check_reports_redis_clock(seconds: float, status: Status | None, text: str):
    found = advice.redis_clock(seconds)
    assert [finding.status for finding in found] == ([status] if status else [])
    assert all(text in finding.text and finding.subject == "redis clock" for finding in found)


async def test_slacks_time_comes_from_its_responses(store: Store, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SLACK_BOT_TOKEN", BOT_TOKEN)
    parts = Deps([], store)
    async with serving(seeded(MANIFEST)) as slack:
        token = SecretRef("env:SLACK_BOT_TOKEN")
        settings = Slack(bot_token=token, app_token=token, api_url=f"{slack}/api/")
        async with open_workspaces(settings, parts):
            assert parts.slack_time.ahead == pytest.approx(0, abs=30)


class TestBudget:
    async def test_requests_in_the_future_do_not_count(self, store: Store):
        await store.budget.acquire("media", 2)
        (key,) = await store.link.execute("KEYS", "*budget*")
        await store.link.execute("LPUSH", key, time.time() + HOUR, time.time() + HOUR)
        assert (await store.budget.left("media", 2)).left >= 1
        assert await store.budget.take("media", 2, 1) <= 1

    async def test_a_budget_is_counted_by_the_clock_of_redis(self, store: Store, monkeypatch: pytest.MonkeyPatch):
        for ahead in (0, HOUR, -HOUR):
            now = time.time() + ahead
            monkeypatch.setattr(time, "time", lambda now=now: now)
            assert await store.budget.take("slack/posts", 3, 600) == 0
        assert 0 < await store.budget.take("slack/posts", 3, 600) <= 600
        assert await store.budget.left("media", 1) == BudgetLeft(1, 1)


async def test_a_new_event_is_handled_although_the_clock_of_redis_is_hours_ahead(store: Store):
    machine = Machine()
    parts = services(store, machine, Server(machine, time=5 * HOUR))
    assert parts.fleet_clock
    await parts.fleet_clock.sample()
    parts.slack_time.heard("Thu, 01 Jan 1970 02:00:00 GMT")
    assert await shows_first(parts, {"event_id": "Ev1", "event_time": 7200})
    assert not await shows_first(parts, {"event_id": "Ev2", "event_time": 3599})
