"""Every surface of Callboard, in a browser, with the whole demo behind it."""

from collections.abc import AsyncGenerator, Generator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from sandbox.clouds.example_jobs import VIDEO_OCR_ID, VOD_MEDIA
from tests.browser import ON_THE_PAGE, looking_at
from tests.demo import Demo, running
from tests.sandbox.page.accessible import complaints

pytestmark = ON_THE_PAGE

DESK: dict[str, Any] = {"color_scheme": "light", "viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {"color_scheme": "dark", "viewport": {"width": 390, "height": 780}}
SCREENS = pytest.mark.parametrize("screen", [DESK, PHONE], ids=["desk", "phone"])


@pytest.fixture(scope="module")
def demo() -> Generator[Demo]:
    with running() as program:
        yield program


@pytest.fixture
def screen() -> dict[str, Any]:
    """Settings of both pages' screens."""
    return DESK


@pytest.fixture
def place() -> str:
    """The channel of a test, shared with others only where that does not matter."""
    return "C0ONCALL"


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium: Browser, demo: Demo, place: str, screen: dict[str, Any]) -> AsyncGenerator[Page]:
    async with looking_at(chromium, f"{demo.slack}/#{place}", **screen) as opened:
        await expect(opened.get_by_text("Bot connected")).to_have_count(1)
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def clouds(chromium: Browser, demo: Demo, screen: dict[str, Any]) -> AsyncGenerator[Page]:
    """The control page, reset after the test."""
    async with looking_at(chromium, f"{demo.clouds}/control", **screen) as opened:
        yield opened
        await opened.get_by_role("button", name="Clear all faults").click()
        await expect(opened.get_by_role("button", pressed=True)).to_have_count(0)


async def says(page: Page, text: str, box: str = "Message") -> None:
    await page.get_by_role("textbox", name=box).fill(text)
    await page.get_by_role("textbox", name=box).press("Enter")


async def answer(page: Page, command: str, words: str) -> Locator:
    """Type a command; return the newest answer once it has these words."""
    before = await page.get_by_role("article").count()
    await says(page, command)
    newest = page.get_by_role("article").nth(before)
    await expect(newest).to_contain_text(words)
    return newest


async def uses_menu(page: Page, message: Locator, entry: str) -> None:
    await message.get_by_role("button", name="More actions").first.click()
    await page.get_by_role("menuitem", name=entry).click()


async def closes(page: Page, dialog: Locator) -> None:
    """Close a dialog: Slack keeps an open one, also for the next test."""
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)


async def everybody_can_use(page: Page) -> None:
    """Check that nothing is cut off at the side, and that axe finds no fault."""
    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert await complaints(page) == []


@SCREENS
async def test_a_list_and_its_selects(page: Page):
    listed = await answer(page, "/jobs list limit:3", "1–3 of")
    await expect(listed).to_contain_text("Only visible to you")
    await listed.get_by_role("combobox", name="Service").click()
    await page.get_by_role("option", name="digital-human").first.click()
    await expect(listed.get_by_text("digital-human · media-cn")).to_have_count(3)
    await everybody_can_use(page)


async def test_the_keyboard_alone(page: Page):
    listed = await answer(page, "/jobs failed limit:1", "Failed")
    await listed.get_by_role("button", name="Details of").focus()
    await page.keyboard.press("Enter")
    details = page.get_by_role("article").filter(has_text="Why it failed").last
    await expect(details).to_be_visible()
    await details.get_by_role("button", name="Raw").press("Enter")
    await expect(page.get_by_role("dialog", name="Raw").locator("pre")).to_be_visible()
    assert await complaints(page) == []
    await page.keyboard.press("Escape")
    await expect(details.get_by_role("button", name="Raw")).to_be_focused()


@SCREENS
async def test_an_alert_in_a_thread(page: Page):
    await uses_menu(page, page.get_by_role("article", name="Alertmanager").first, "Reply in thread")
    thread = page.get_by_role("complementary", name="Thread")
    await says(page, f"and {VIDEO_OCR_ID}?", "Reply in thread")
    await uses_menu(page, thread.get_by_role("article").filter(has_text=f"and {VIDEO_OCR_ID}").last, "Look up jobs")
    await expect(thread.get_by_role("article").last).to_contain_text("Refresh")
    await everybody_can_use(page)


@pytest.mark.parametrize("place", ["C0MEDIA"])
async def test_an_alert_that_is_all_attachment(page: Page):
    await uses_menu(page, page.get_by_role("article").filter(has_text="AuditFailed"), "Look up jobs")
    await expect(page.get_by_role("article").last).to_contain_text("vod-sg/vod-jobs/")


@SCREENS
async def test_a_mention_is_answered_in_its_thread(page: Page):
    await says(page, f"@callboard show {VIDEO_OCR_ID}")
    asked = page.get_by_role("article").filter(has_text=f"show {VIDEO_OCR_ID}").last
    await asked.get_by_role("button", name="1 reply").click()
    reply = page.get_by_role("complementary", name="Thread").get_by_role("article").last
    await expect(reply).to_contain_text(f"media-cn/video-ocr/{VIDEO_OCR_ID}")
    await everybody_can_use(page)


@SCREENS
@pytest.mark.parametrize("place", ["D0DANA"])
async def test_direct_messages(page: Page):
    await page.get_by_role("tab", name="Messages").click()
    await says(page, "failed limit:1")
    await expect(page.get_by_role("article").last).to_contain_text("state:failed")
    await everybody_can_use(page)


@SCREENS
@pytest.mark.parametrize("place", ["C0GENERAL"])
async def test_a_link_unfolds(page: Page):
    await says(page, f"https://vod.console.aliyun.com/#/media/video/detail/{VOD_MEDIA}/video")
    card = page.get_by_role("group", name="Card for").last
    await expect(card).to_contain_text("vod-jobs")
    await everybody_can_use(page)


@SCREENS
async def test_the_form_to_subscribe(page: Page):
    found = await answer(page, f"/jobs show {VIDEO_OCR_ID}", "Running")
    await found.get_by_role("button", name="Subscribe").click()
    form = page.get_by_role("dialog", name="Subscribe to jobs")
    await expect(form.get_by_label("Jobs")).to_be_visible()
    await everybody_can_use(page)
    await form.get_by_label("Jobs").fill("")
    await form.get_by_role("button", name="Subscribe").click()
    await expect(form.get_by_role("alert")).to_be_visible()
    await everybody_can_use(page)
    await closes(page, form)


@SCREENS
async def test_the_form_to_find(page: Page):
    await page.get_by_role("button", name="Shortcuts").click()
    await page.get_by_role("menuitem", name="Find jobs").click()
    form = page.get_by_role("dialog", name="Find jobs")
    await form.get_by_role("button", name="Find", exact=True).click()
    await expect(form.get_by_role("button", name="Details of")).to_have_count(10)
    await everybody_can_use(page)
    await form.get_by_role("button", name="Details of").first.press("Enter")
    await expect(page.get_by_role("dialog", name="Callboard")).to_contain_text("Region")
    await everybody_can_use(page)
    await page.keyboard.press("Escape")
    await expect(form.get_by_role("button", name="Details of")).to_have_count(10)
    await closes(page, form)


@pytest.mark.parametrize("place", ["C0GENERAL"])
async def test_a_channel_is_restored_after_the_app_was_removed(page: Page, clouds: Page):
    service = clouds.locator("section", has=clouds.get_by_role("heading", name="media-cn/digital-human"))
    await service.get_by_role("button", name="Add a 1-hour job").click()
    job = await service.locator("tr", has_text="by-hand.mp4").locator("code").first.inner_text()
    await says(page, f"/jobs subscribe {job}")
    card = page.get_by_role("article").filter(has_text="Subscribed by @dana").last
    await expect(card).to_contain_text("next check")
    await in_the_header(page, "Remove Callboard")
    await service.get_by_role("button", name="Fail by-hand.mp4").click()
    await card.get_by_role("button", name="Refresh").click()
    await page.get_by_role("button", name="Callboard unread").click()
    told = page.get_by_role("article").filter(has_text="press Restore").last
    await expect(told).to_contain_text("#general")
    await page.locator('[data-channel="C0GENERAL"]').first.click()
    await in_the_header(page, "Invite Callboard")
    await page.get_by_role("list", name="Direct messages").get_by_role("button", name="Callboard").click()
    await page.get_by_role("tab", name="Messages").click()
    await told.get_by_role("button", name="Restore").click()
    await page.locator('[data-channel="C0GENERAL"]').first.click()
    await expect(page.get_by_role("article").filter(has_text="replied to a thread").last).to_contain_text("by-hand.mp4")


async def in_the_header(page: Page, action: str) -> None:
    await page.get_by_role("button", name="Channel actions").click()
    await page.get_by_role("menuitem", name=action).click()


async def test_one_persons_answer_is_hidden_from_another(page: Page):
    await answer(page, "/jobs accounts", "video-ocr")
    await expect(page.get_by_text("Only visible to you").first).to_be_visible()
    await page.get_by_role("combobox", name="You are").click()
    await page.get_by_role("option", name="sam").click()
    await expect(page.get_by_text("Only visible to you")).to_have_count(0)


async def test_another_workspace_has_no_callboard_yet(page: Page):
    await page.get_by_role("combobox", name="Workspace").click()
    await page.get_by_role("option", name="Northwind").click()
    await expect(page.get_by_role("heading", name="incidents")).to_be_visible()
    await page.get_by_role("textbox", name="Message").fill("/jobs")
    await expect(page.get_by_role("option")).to_have_count(0)


@pytest.mark.parametrize(("screen", "fault"), [(DESK, "throttle"), (PHONE, "down")], ids=["desk", "phone"])
async def test_a_cloud_that_misbehaves(page: Page, clouds: Page, fault: str):
    service = clouds.locator("section", has=clouds.get_by_role("heading", name="media-cn/image-moderation"))
    await service.get_by_role("button", name=fault).click()
    await expect(service.get_by_role("button", name=fault)).to_have_attribute("aria-pressed", "true")
    assert await complaints(clouds) == []
    await answer(page, "/jobs list limit:1", "media-cn/image-moderation")
    await everybody_can_use(page)


async def test_time_passes_in_the_clouds(page: Page, clouds: Page):
    before = await clouds.locator("#now").inner_text()
    await clouds.get_by_role("button", name="1 min").click()
    await expect(clouds.locator("#now")).not_to_have_text(before)
    await answer(page, "/jobs list video-ocr limit:1", "1 of")
