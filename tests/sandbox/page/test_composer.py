"""The message box: messages, slash commands, completion, history."""

from playwright.async_api import Browser, Page, expect

from sandbox.slack.workspace.workspace import Workspace
from tests.browser import ON_THE_PAGE, looking_at

pytestmark = ON_THE_PAGE


async def test_slash_commands_are_completed_and_remembered(page: Page, workspace: Workspace) -> None:
    jobs = workspace.manifest.command("/jobs")
    assert jobs
    box = page.get_by_role("textbox")
    await box.press_sequentially("/j")
    await expect(page.get_by_role("option")).to_contain_text(jobs.description)
    await box.press("Tab")
    await expect(box).to_have_value("/jobs ")
    await expect(page.locator(".completion-usage")).to_contain_text(jobs.usage_hint)
    await box.press_sequentially("list")
    await box.press("Enter")
    notices = page.get_by_role("article", name="Workspace")
    await expect(notices).to_contain_text('/jobs failed with the error "dispatch_failed"')
    await box.press_sequentially("/nope")
    await box.press("Enter")
    await expect(notices.last).to_contain_text("not a valid command")
    await expect(box).to_have_value("")
    for key, line in (
        ("ArrowUp", "/nope"),
        ("ArrowUp", "/jobs list"),
        ("ArrowUp", "/jobs list"),
        ("ArrowDown", "/nope"),
    ):
        await box.press(key)
        await expect(box).to_have_value(line)


async def test_a_message_is_sent_as_the_chosen_person(page: Page, workspace: Workspace) -> None:
    await page.get_by_role("combobox", name="You are").click()
    await page.get_by_role("option", name="lee").click()
    await expect(page.get_by_role("combobox", name="You are")).to_contain_text("lee")
    box = page.get_by_role("textbox")
    await box.fill("hello *there*")
    await box.press("Enter")
    await expect(page.get_by_role("article").last.locator("strong").last).to_have_text("there")
    assert workspace.messages.seen_by("C0ONCALL", None)[-1].user == "U0LEE"


async def test_a_rejected_message_returns_to_the_box(chromium: Browser, url: str) -> None:
    async with looking_at(chromium, url, forgiven="Failed to load resource") as page:
        box = page.get_by_role("textbox")
        await page.route("**/ui/message", lambda route: route.abort())
        await box.fill("not lost")
        await box.press("Enter")
        await expect(page.get_by_role("article", name="Workspace")).to_contain_text("isn't responding")
        await expect(box).to_have_value("not lost")
        await page.unroute("**/ui/message")
        await box.press("Enter")
        await expect(page.get_by_role("article").last).to_contain_text("not lost")
        await expect(box).to_have_value("")
