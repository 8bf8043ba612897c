"""Several workspaces on the page: the switcher, and the app where it is installed and where not."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from sandbox.slack.server import serving
from sandbox.slack.workspace.model import Content, Json
from sandbox.slack.workspace.more_workspaces import seeded_world
from sandbox.slack.workspace.world import World
from tests.browser import ON_THE_PAGE, looking_at
from tests.sandbox.page.accessible import complaints
from tests.sandbox.slack.recorder import Recorder

pytestmark = ON_THE_PAGE


@pytest.fixture
def declared() -> Json:
    return {"app_home": {"home_tab_enabled": True, "messages_tab_enabled": True}}


@pytest.fixture
def world(manifest: Path) -> World:
    return seeded_world(manifest)


@pytest_asyncio.fixture(loop_scope="session")
async def url(world: World, app: Recorder) -> AsyncGenerator[str]:
    async with serving(world, delivery=app) as address:
        yield address


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium: Browser, url: str) -> AsyncGenerator[Page]:
    async with looking_at(chromium, url) as opened:
        await expect(opened.get_by_role("article")).to_have_count(3)
        yield opened


async def switch(page: Page, name: str) -> None:
    await page.get_by_role("combobox", name="Workspace").click()
    await page.get_by_role("option", name=name).click()
    await expect(page.get_by_role("combobox", name=f"Workspace: {name}")).to_be_visible()


async def test_each_workspace_has_its_own_people_channels_and_messages(page: Page, world: World) -> None:
    await switch(page, "Northwind")
    await expect(page).to_have_title("#incidents · Northwind")
    await expect(page.get_by_role("article")).to_have_count(2)
    await expect(page.locator("#people li")).to_have_text(["Nnorayou", "Iivo"])
    world.home.messages.post("C0ONCALL", "U0LEE", Content("for the first workspace alone"))
    world.workspaces["T0NORTH"].messages.post("C0ONCALL", "U0IVO", Content("for Northwind alone"))
    await expect(page.get_by_role("article").last).to_contain_text("for Northwind alone")
    await expect(page.get_by_role("article")).to_have_count(3)
    await page.get_by_role("textbox").fill("hello there")
    await page.get_by_role("textbox").press("Enter")
    await expect(page.get_by_role("article").last).to_contain_text("hello there")
    assert world.workspaces["T0NORTH"].messages.seen_by("C0ONCALL", None)[-1].content.text == "hello there"
    await page.reload()
    await expect(page.get_by_role("combobox", name="Workspace: Northwind")).to_be_visible()


async def test_the_switcher_works_with_the_keyboard_and_shows_organizations(page: Page) -> None:
    switcher = page.get_by_role("combobox", name="Workspace")
    await switcher.press("ArrowDown")
    await expect(page.get_by_role("group", name="Harbor Group").get_by_role("option")).to_have_text(
        ["Harbor Live", "Harbor Studio"]
    )
    assert await complaints(page) == []
    await switcher.press("End")
    await switcher.press("Enter")
    await expect(page).to_have_title("#studio-ops · Harbor Studio")


async def test_a_missing_app_is_not_offered(page: Page) -> None:
    await switch(page, "Northwind")
    await expect(page.get_by_text("Callboard not installed")).to_be_visible()
    await expect(page.get_by_text("Callboard is not in this channel")).to_have_count(0)
    await expect(page.locator("#direct button")).to_have_count(0)
    await page.get_by_role("button", name="Channel actions").click()
    await expect(page.get_by_role("menuitem")).to_have_text(["Archive"])
    await page.keyboard.press("Escape")
    await page.get_by_role("textbox").fill("/jobs list")
    await page.get_by_role("textbox").press("Enter")
    await expect(page.get_by_text("/jobs is not a valid command")).to_be_visible()
    await page.get_by_role("button", name="Install an app").click()
    dialog = page.get_by_role("dialog", name="Install an app")
    await expect(dialog).to_contain_text("its own install link")
    assert await complaints(page) == []
    await dialog.get_by_role("button", name="Got it").click()
    await expect(dialog).to_have_count(0)


async def test_the_app_is_removed_after_a_question_and_reappears_automatically(
    page: Page, world: World, url: str
) -> None:
    remove = page.get_by_role("button", name="Remove Callboard")
    await remove.click()
    question = page.get_by_role("alertdialog", name="Remove Callboard?")
    assert await complaints(page) == []
    await question.get_by_role("button", name="Keep it").click()
    assert world.home.installation
    await remove.click()
    await question.get_by_role("button", name="Remove app").click()
    await expect(page.get_by_role("button", name="Install an app")).to_be_visible()
    await expect(page.locator("#people")).not_to_contain_text("callboard")
    assert world.home.installation is None
    await page.request.post(f"{url}/test/installed", data={"installed": True})
    await expect(remove).to_be_visible()
    await expect(page.get_by_text("Bot connected")).to_be_visible()
