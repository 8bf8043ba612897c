"""Take the pictures of README and docs/: the real bot in the local workspace (`make pictures`)."""

import asyncio
import re
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from sandbox.clouds.example_jobs import VIDEO_OCR_ID
from sandbox.clouds.sample_texts import FAILURES
from sandbox.clouds.storms import StormOrder, storm
from tests.browser import browser, looking_at
from tests.redis_server import Server
from tests.scenarios.visitors import Site, opened

FOLDER = Path(__file__).parent
SIZE: ViewportSize = {"width": 1120, "height": 780}
WIDE: ViewportSize = {"width": 1200, "height": 720}
CONSENT: ViewportSize = {"width": 700, "height": 780}
CARD: ViewportSize = {"width": 700, "height": 400}
STORM_MS = 180_000
"""How long noticing a storm and editing its messages may take: a bound for slow machines."""


class Studio(NamedTuple):
    """The browser and the workspaces that are photographed."""

    browser: Browser
    site: Site

    @asynccontextmanager
    async def at(self, address: str, size: ViewportSize = SIZE) -> AsyncGenerator[Page]:
        """Open a page. A missing icon is no error: neither Callboard's pages nor Slack's have one."""
        async with looking_at(self.browser, address, viewport=size, forgiven="404 (Not Found)") as page:
            yield page

    def workspace(self, team: str, place: str) -> str:
        return f"{self.site.pages[team].base_url}#{place}"


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        redis = Server(Path(folder))
        try:
            async with opened(Path(folder), redis.url) as site, browser() as running, site.running():
                studio = Studio(running, site)
                await installing(studio)
                await site.installs("T0SANDBOX")
                await working(studio)
        finally:
            redis.dies()


async def installing(studio: Studio) -> None:
    """Take the pictures of an installation, from the link to the first answer."""
    async with studio.at(f"{studio.site.bot.base_url}/slack/install", CONSENT) as page:
        await expect(page.get_by_role("button", name="Allow")).to_be_visible()
        await take(page, "install-consent")
        await page.get_by_role("button", name="Allow").click()
        await expect(page.get_by_text("Callboard is installed")).to_be_visible()
        await page.set_viewport_size(CARD)
        await take(page, "install-done")
    async with studio.at(studio.workspace("T0NORTH", "C0ONCALL")) as page:
        await answer(page, "/jobs list limit:3", "1–3 of")
        await take(page, "install-first-list")


async def working(studio: Studio) -> None:
    """Take pictures of a card, a storm, the form to find, and the Home tab."""
    async with studio.at(studio.workspace("T0SANDBOX", "C0ONCALL"), WIDE) as page:
        await a_card_and_its_thread(page, studio.site)
        await a_storm(page, studio.site)
        await page.set_viewport_size(SIZE)
        await the_form_to_find(page)
        await the_home_tab(page, studio.site)


async def a_card_and_its_thread(page: Page, site: Site) -> None:
    await use_menu(page, "VideoOcrStuck", "Subscribe to jobs")
    card = page.get_by_role("article").filter(has_text="Subscribed by @dana")
    await expect(card).to_contain_text("next check")
    site.clouds.end(VIDEO_OCR_ID, "failed", FAILURES["video-ocr"][0])
    await card.get_by_role("button", name="Refresh").click()
    await expect(page.get_by_text("replied to a thread")).to_be_visible()
    await card.get_by_role("button", name="1 reply").click()
    await expect(page.get_by_role("complementary", name="Thread").get_by_role("article")).to_have_count(2)
    await page.get_by_role("region", name="Conversation").evaluate("it => it.scrollTo(0, it.scrollHeight)")
    await take(page, "workspace")
    await page.get_by_role("button", name="Close thread").click()


async def a_storm(page: Page, site: Site) -> None:
    await page.locator('[data-channel="C0MEDIA"]').click()
    await answer(page, "/jobs watch video-ocr", "it would have posted")
    order = StormOrder(services=["media-cn/video-ocr"], failures=75, causes=3, within_s=40)
    for each in storm(order, site.clouds.now()):
        site.clouds.store(each.account, each.service).add(each.job)
    heads = page.get_by_role("article").filter(has_text=re.compile(r"[12]\d failed: .+ · newest"))
    await expect(heads).to_have_count(3, timeout=STORM_MS)
    await page.get_by_role("article").last.scroll_into_view_if_needed()
    await take(page, "storm")


async def the_form_to_find(page: Page) -> None:
    await page.get_by_role("button", name="Shortcuts").click()
    await page.get_by_role("menuitem", name="Find jobs").click()
    form = page.get_by_role("dialog", name="Find jobs")
    await pick(page, form.get_by_role("combobox", name="Account"), "media-cn")
    await pick(page, form.get_by_role("combobox", name="State"), "Failed")
    await page.keyboard.press("Escape")
    await form.get_by_role("button", name="Find", exact=True).click()
    await expect(form).to_contain_text("1–10 of")
    await form.get_by_role("button", name="Details of").first.scroll_into_view_if_needed()
    await take(page, "find")
    await page.keyboard.press("Escape")


async def the_home_tab(page: Page, site: Site) -> None:
    await use_menu(page, "Jobs over their time", "Subscribe to jobs")
    await expect(page.get_by_text("already finished:")).to_be_visible()
    await site.person("T0SANDBOX", 1).types(f"/jobs subscribe {site.job().id}", "C0MEDIA")
    await page.get_by_role("list", name="Direct messages").get_by_role("button", name="Callboard").click()
    await pick(page, page.get_by_role("combobox", name="Snooze").first, "For 1 hour")
    await page.get_by_role("dialog").get_by_role("button", name="Close", exact=True).click()
    await expect(page.get_by_role("button", name="Unsnooze")).to_be_visible()
    await expect(page.get_by_text("by @lee")).to_be_visible()
    await take(page, "home")


async def answer(page: Page, command: str, until: str) -> None:
    await page.get_by_role("textbox").fill(command)
    await page.get_by_role("textbox").press("Enter")
    await expect(page.get_by_role("article").last).to_contain_text(until)


async def use_menu(page: Page, message: str, entry: str) -> None:
    await page.get_by_role("article").filter(has_text=message).get_by_role("button", name="More actions").click()
    await page.get_by_role("menuitem", name=entry).click()


async def pick(page: Page, menu: Locator, option: str) -> None:
    await menu.click()
    await page.get_by_role("option", name=option).click()


async def take(page: Page, name: str) -> None:
    await page.mouse.move(0, 0)
    await page.screenshot(path=FOLDER / f"{name}.png", animations="disabled", caret="hide")


if __name__ == "__main__":
    asyncio.run(main())
