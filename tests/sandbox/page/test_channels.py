"""Channels and their messages, live."""

import time
from contextlib import AsyncExitStack

import httpx
from playwright.async_api import Browser, Page, expect

from sandbox.slack.delivery.http import HttpDelivery
from sandbox.slack.server import serving
from sandbox.slack.workspace.model import Content
from sandbox.slack.workspace.workspace import Workspace
from tests.browser import ON_THE_PAGE, looking_at
from tests.sandbox.page.kit import say, shown

pytestmark = ON_THE_PAGE


async def test_shows_the_channels_the_people_and_the_messages(page: Page) -> None:
    await expect(page).to_have_title("#on-call · Callboard workspace")
    await expect(page.get_by_role("button", name="random-archived archived")).to_be_visible()
    await expect(page.get_by_role("status").first).to_have_text("Bot not connected")
    await page.locator('button[data-channel="C0ARCHIVED"]').click()
    await expect(page.get_by_role("article")).to_contain_text("We moved to #general")
    await expect(page.get_by_role("textbox")).to_have_count(0)
    await page.locator('button[data-channel="C0FINANCE"]').click()
    await expect(page.get_by_text("Callboard is not in this channel")).to_be_visible()


async def test_the_request_url_is_shown(chromium: Browser, workspace: Workspace) -> None:
    """Over HTTP the page cannot know whether a bot is running."""
    async with httpx.AsyncClient() as client:
        road = HttpDelivery("http://127.0.0.1:3000/slack/events", "", client, time.time)
        async with serving(workspace, delivery=road) as url, looking_at(chromium, url) as page:
            await expect(page.get_by_role("status").first).to_have_text("Sends to a bot at 127.0.0.1:3000")


async def test_messages_come_change_and_go_without_a_reload(page: Page, workspace: Workspace) -> None:
    message = say(workspace, "first")
    await expect(shown(page, message)).to_contain_text("first")
    workspace.messages.edit(message, Content("second"), marked=True)
    await expect(shown(page, message)).to_contain_text("second(edited)")
    workspace.messages.delete(message)
    await expect(shown(page, message)).to_have_count(0)
    workspace.messages.post("C0MEDIA", "U0SAM", Content("over here"))
    await page.get_by_role("button", name="media unread").click()
    await expect(page.get_by_text("over here")).to_be_visible()
    await expect(page.get_by_role("button", name="unread")).to_have_count(0)


async def test_an_ephemeral_message_is_private_and_can_be_dismissed(
    chromium: Browser, url: str, page: Page, workspace: Workspace
) -> None:
    message = say(workspace, "for dana", viewer="U0DANA")
    await expect(shown(page, message)).to_contain_text("Only visible to you")
    async with looking_at(chromium, f"{url}/?user=U0LEE") as other:
        await expect(other.get_by_role("article")).to_have_count(3)
    await page.get_by_role("button", name="Dismiss message").click()
    await expect(shown(page, message)).to_have_count(0)
    say(workspace, "for everybody")
    await expect(page.get_by_text("for everybody")).to_be_visible()
    await expect(page.get_by_text("Only visible to you")).to_have_count(0)


async def test_a_direct_message_is_no_channel(page: Page, workspace: Workspace) -> None:
    await expect(page.get_by_role("textbox")).to_have_attribute("placeholder", "Message #on-call, or / for commands")
    workspace.messages.post("D0DANA", workspace.app.user_id, Content("for you alone"))
    await page.reload()
    await page.get_by_role("button", name="Callboard", exact=True).click()
    await expect(page.get_by_text("for you alone")).to_be_visible()
    await expect(page).to_have_title("Callboard · Callboard workspace")
    await expect(page.get_by_role("textbox")).to_have_attribute("placeholder", "Message Callboard, or / for commands")


async def test_the_page_reconnects(chromium: Browser, workspace: Workspace) -> None:
    async with AsyncExitStack() as serving_first, AsyncExitStack() as visit:
        address = await serving_first.enter_async_context(serving(workspace))
        page = await visit.enter_async_context(looking_at(chromium, address, forgiven="WebSocket"))
        await expect(page.get_by_role("article")).to_have_count(3)
        await page.get_by_role("textbox").fill("half a thought")
        await serving_first.aclose()
        await expect(page.get_by_text("Can't reach the workspace")).to_be_visible()
        missed = say(workspace, "you were away")
        async with serving(workspace, port=int(address.rsplit(":", 1)[1])):
            await expect(shown(page, missed)).to_be_visible()
            await expect(page.get_by_text("Can't reach the workspace")).to_be_hidden()
            await expect(page.get_by_role("textbox")).to_have_value("half a thought")
            await visit.aclose()


async def test_the_sidebar_hides_on_a_phone(chromium: Browser, url: str) -> None:
    async with looking_at(chromium, url, viewport={"width": 390, "height": 780}, color_scheme="dark") as page:
        media = page.locator('button[data-channel="C0MEDIA"]')
        await expect(media).to_be_hidden()
        await page.get_by_role("button", name="Channels and people").click()
        await media.click()
        await expect(media).to_be_hidden()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("media")
        wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide
