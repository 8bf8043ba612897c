"""Snoozing in a real browser: a card and the Home tab, with the whole bot behind them."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser import ON_THE_PAGE, looking_at
from tests.sandbox.page.accessible import complaints
from tests.scenarios.conftest import Scene, Stage

pytestmark = [pytest.mark.usefixtures("quick"), *ON_THE_PAGE]


@pytest_asyncio.fixture(loop_scope="session")
async def stage(set_up: AbstractAsyncContextManager[Scene]) -> AsyncGenerator[Stage]:
    """The same as elsewhere, in the browser's event loop."""
    async with set_up as scene, scene.bot() as bot:
        yield Stage(scene.dana, scene.lee, scene.world, scene.clouds, bot, scene)


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
async def test_a_card_is_snoozed_and_woken(
    stage: Stage, chromium: Browser, scheme: Literal["light", "dark"], width: int
):
    job = stage.scene.job(name="lecture.mp4")
    await stage.dana.types(f"/jobs subscribe {job.id}")
    await stage.lee.types(f"/jobs subscribe {stage.scene.job(name='trailer.mp4').id}")
    await stage.dana.hears("Subscribed by <@U0LEE>")
    address = str(stage.dana.page.base_url)
    async with looking_at(chromium, address, color_scheme=scheme, viewport={"width": width, "height": 900}) as page:
        card = page.get_by_role("article").filter(has_text="Subscribed by @dana")
        await card.get_by_role("combobox", name="Snooze").click()
        await page.get_by_role("option", name="For 4 hours").click()
        await expect(card).to_contain_text("Snoozed until")
        await expect(card).to_contain_text("by @dana")
        await expect(card.get_by_role("button", name="Unsnooze")).to_be_visible()
        await expect(card.get_by_role("combobox", name="Snooze again")).to_contain_text("Snooze again")
        assert await complaints(page) == []
        await card.get_by_role("button", name="Unsnooze").click()
        await expect(card.get_by_role("button", name="Unsnooze")).to_have_count(0)
        await expect(card).not_to_contain_text("Snoozed until")


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
async def test_the_home_tab(stage: Stage, chromium: Browser, scheme: Literal["light", "dark"], width: int):
    await stage.dana.types(f"/jobs subscribe {stage.scene.job(name='lecture.mp4').id}")
    await stage.lee.types(f"/jobs subscribe {stage.scene.job(name='trailer.mp4').id}")
    await stage.dana.hears("Subscribed by <@U0LEE>")
    tab = await stage.dana.looks_at_home(until="by <@U0LEE>")
    await stage.dana.opened(lambda: stage.dana.picks_in(tab, "For 1 hour"), "is snoozed until")
    await stage.dana.home("snoozed until")
    stage.dana.workspace.modals.close_all("U0DANA")
    address = f"{stage.dana.page.base_url}/#D0DANA"
    async with looking_at(chromium, address, color_scheme=scheme, viewport={"width": width, "height": 900}) as page:
        await page.get_by_role("tab", name="Home").click()
        await expect(page.get_by_text("snoozed until")).to_be_visible()
        await expect(page.get_by_role("combobox", name="Choose a channel")).to_contain_text("on-call")
        await expect(page.get_by_role("button", name="Unsubscribe from trailer.mp4")).to_be_visible()
        assert await complaints(page) == []
