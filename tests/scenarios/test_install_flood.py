"""Strangers return from consent pages with invented codes."""

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from bot.slack_app.install import oauth
from bot.store.redis.connection import RedisLink
from sandbox.slack.workspace.faults import Fault
from sandbox.slack.workspace.more_workspaces import NORTHWIND
from tests.scenarios.visitors import Site, opened

STRANGERS = 250
"""More than twice as many as the bot has connections to Slack."""


@pytest.fixture
async def site(tmp_path: Path, link: RedisLink, redis_process: str) -> AsyncGenerator[Site]:
    """Yield workspaces and a bot."""
    del link  # empties Redis before, and checks its keys afterwards
    async with opened(tmp_path, redis_process) as site, site.running():
        yield site


def hang(site: Site) -> None:
    for workspace in site.world.workspaces.values():
        workspace.faults.order(Fault(method="oauth.v2.access", hang_s=86_400, times=STRANGERS))


def calm(site: Site) -> None:
    for workspace in site.world.workspaces.values():
        workspace.faults.clear_all()


@pytest.mark.heavy("floods a bot whose Slack hangs")
async def test_made_up_codes_leave_connections_for_answers(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(oauth, "TURN_MAX_S", 1.0)
    assert (await site.installs(NORTHWIND.id)).status == 200
    person = site.person(NORTHWIND.id)
    channel = next(each.id for each in person.workspace.channels.values() if each.bot_member)
    state = httpx.URL(await site.begin()).params["state"]
    hang(site)
    limits = httpx.Limits(max_connections=STRANGERS)
    async with httpx.AsyncClient(
        base_url=site.bot.base_url, headers={"cookie": site.cookies}, limits=limits
    ) as browser:
        paths = (f"/slack/oauth_redirect?state={state}&code={number}" for number in range(STRANGERS))
        pages = [asyncio.create_task(browser.get(path, timeout=30)) for path in paths]
        await asyncio.wait(pages, return_when=asyncio.FIRST_COMPLETED)
        await person.says(f"<@{person.workspace.app.user_id}> help", channel)
        await person.hears("/jobs list", channel)
        assert not all(page.done() for page in pages)
        calm(site)
        statuses = {page.status_code for page in await asyncio.gather(*pages)}
    assert 502 in statuses
    assert statuses <= {401, 502}
    assert (await site.installs(NORTHWIND.id)).status == 200
