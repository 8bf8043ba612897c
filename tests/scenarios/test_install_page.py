"""An installation in a real browser: the bot's link, Slack's consent page, the bot's result page."""

from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any, Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from bot.store.redis.connection import RedisLink
from tests.browser import ON_THE_PAGE, looking_at
from tests.sandbox.page.accessible import complaints
from tests.scenarios.visitors import Site, opened

pytestmark = ON_THE_PAGE


@pytest_asyncio.fixture(loop_scope="session")
async def site(tmp_path: Path, link: RedisLink, redis_process: str) -> AsyncGenerator[Site]:
    del link  # empties Redis before, and checks its keys afterwards
    async with opened(tmp_path, redis_process) as site:
        yield site


@pytest.mark.parametrize(("scheme", "width"), [("light", 1100), ("dark", 390)])
async def test_from_the_link_to_the_workspace(
    site: Site, chromium: Browser, scheme: Literal["light", "dark"], width: int
) -> None:
    link = str(site.bot.base_url.join("/slack/install"))
    view: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}}
    async with site.running(), looking_at(chromium, link, forgiven="404 (Not Found)", **view) as page:  # no icon
        await page.get_by_role("combobox", name="Install in").select_option(label="Northwind")
        await page.get_by_role("button", name="Allow").click()
        await expect(page.get_by_role("heading", name="Callboard is installed in Northwind")).to_be_visible()
        await expect(page.get_by_role("link", name="Open Slack")).to_be_visible()
        assert await complaints(page) == []


async def test_a_canceled_installation_can_start_again(site: Site, chromium: Browser) -> None:
    link = str(site.bot.base_url.join("/slack/install"))
    async with site.running(), looking_at(chromium, link, forgiven="404 (Not Found)") as page:
        await page.get_by_role("button", name="Cancel").click()
        await expect(page.get_by_role("heading", name="Not installed")).to_be_visible()
        assert await complaints(page) == []
        await page.get_by_role("link").click()
        await expect(page.get_by_role("button", name="Allow")).to_be_visible()
