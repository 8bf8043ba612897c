"""A newcomer with two words, "watch" and "quieter", in a real browser."""

import re
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser import ON_THE_PAGE, looking_at
from tests.sandbox.page.accessible import complaints
from tests.scenarios.conftest import Scene, Stage

pytestmark = [pytest.mark.usefixtures("quick"), *ON_THE_PAGE]


@pytest_asyncio.fixture(loop_scope="session")
async def stage(set_up: AbstractAsyncContextManager[Scene]) -> AsyncGenerator[Stage]:
    """The same as elsewhere, in the browser's event loop."""
    async with set_up as scene, scene.bot() as bot:
        yield Stage(scene.dana, scene.lee, scene.world, scene.clouds, bot, scene)


@dataclass
class Newcomer:
    """A person who reads the page, types, and counts the clicks."""

    page: Page
    clicks: int = 0

    async def clicks_on(self, target: Locator) -> None:
        await target.click()
        self.clicks += 1

    async def types(self, text: str) -> Locator:
        """Type a line and return the newest message of the bot, once it is there."""
        there = await self.page.get_by_role("article").count()
        await self.page.get_by_role("textbox").fill(text)
        await self.page.get_by_role("textbox").press("Enter")
        await expect(self.page.get_by_role("article").nth(there)).to_be_visible()
        return self.page.get_by_role("article").last

    def button(self, word: str, where: Locator) -> Locator:
        """Return a button whose visible text has the word."""
        return where.get_by_role("button").filter(has_text=re.compile(rf"\b{word}", re.IGNORECASE)).first

    def taken(self) -> int:
        """Return the clicks since the last call."""
        taken, self.clicks = self.clicks, 0
        return taken


async def test_from_two_words_to_a_watch_and_to_a_mute(stage: Stage, chromium: Browser):
    async with looking_at(chromium, str(stage.dana.page.base_url)) as page:
        newcomer = Newcomer(page)
        await newcomer.clicks_on(newcomer.button("watch", await newcomer.types("/jobs help")))
        form = page.get_by_role("dialog")
        await expect(form.get_by_text("Quieter")).to_be_visible()
        await newcomer.clicks_on(newcomer.button("watch", form))
        await expect(page.get_by_role("article").filter(has_text="w1 watches every service")).to_be_visible()
        assert newcomer.taken() <= 4

        stage.scene.job(run_s=0, outcome="failed", name="lecture-broken")
        head = page.get_by_role("article").filter(has_text="lecture-broken")
        await expect(head).to_contain_text("By w1")
        assert await complaints(page) == []
        await newcomer.clicks_on(newcomer.button("mute", head))
        await expect(page.get_by_role("article").filter(has_text="lists what is muted")).to_be_visible()
        await expect(head).to_contain_text("is muted here until")
        assert newcomer.taken() <= 2

        quieter = await newcomer.types("/jobs quieter")
        await expect(newcomer.button("stop watching", quieter)).to_be_visible()
        await expect(newcomer.button("unmute", quieter)).to_be_visible()

        await page.get_by_role("list", name="Direct messages").get_by_role("button", name="Callboard").click()
        home = page.get_by_role("tabpanel", name="Home")
        await newcomer.clicks_on(newcomer.button("watch", home))
        await newcomer.clicks_on(form.get_by_role("combobox", name="Channel"))
        await newcomer.clicks_on(page.get_by_role("option", name="media"))
        await newcomer.clicks_on(newcomer.button("watch", form))
        await expect(home).to_contain_text("w2 every service")
        assert newcomer.taken() <= 4
