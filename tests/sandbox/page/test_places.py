"""Shortcut menus, cards under links, threads, and the app's own screen, with accessibility checks."""

import json
from typing import Any, cast

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from sandbox.slack.workspace.model import Content, Json
from sandbox.slack.workspace.seed import MEDIA
from sandbox.slack.workspace.workspace import Workspace
from tests.browser import ON_THE_PAGE, Scheme, looking_at
from tests.sandbox.page.accessible import complaints
from tests.sandbox.page.kit import actions, button, mrkdwn, ocr, plain, say, shown, state_select
from tests.sandbox.slack.conftest import MENUS
from tests.sandbox.slack.recorder import Recorder

pytestmark = ON_THE_PAGE
SCHEMES = pytest.mark.parametrize("scheme", ["light", "dark"])
PHONE: ViewportSize = {"width": 390, "height": 780}


@pytest.fixture
def declared() -> Json:
    home = {"home_tab_enabled": True, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False}
    return {"shortcuts": MENUS, "app_home": home, "unfurl_domains": ["console.example"]}


def home(*blocks: Json) -> Json:
    return {"type": "home", "blocks": list(blocks)}


async def sent(page: Page, what: str, use: Any) -> Json:
    """Return the page's request to the server after `use` is awaited."""
    async with page.expect_request(f"**/ui/{what}") as request:
        await use
    return cast("Json", json.loads((await request.value).post_data or ""))


async def open_app(page: Page) -> None:
    await page.get_by_role("list", name="Direct messages").get_by_role("button", name="Callboard").click()


async def test_a_messages_menu_is_used_with_the_keyboard(page: Page, app: Recorder) -> None:
    menu = page.get_by_role("button", name="More actions: Alertmanager")
    await menu.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("menu")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(menu).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("l")
    asked = await sent(page, "shortcut", page.keyboard.press("Enter"))
    assert (asked["callback_id"], asked["channel"]) == ("look_up", "C0ONCALL")
    await expect(menu).to_be_focused()
    assert app.payloads[-1]["message"]["user"] == "U0ALERTS"


async def test_ephemeral_messages_and_channel_events_have_no_menu(page: Page, workspace: Workspace) -> None:
    hidden, event = say(workspace, "psst", viewer="U0DANA"), say(workspace, "archived it", event="channel_archive")
    own = say(workspace, "mine", by_app=True)
    await expect(shown(page, own).get_by_role("button", name="More actions")).to_have_count(1)
    for message in (hidden, event):
        await expect(shown(page, message).get_by_role("button", name="More actions")).to_have_count(0)


async def test_a_reply_starts_a_thread(page: Page, workspace: Workspace, app: Recorder) -> None:
    await page.get_by_role("button", name="More actions: Alertmanager").click()
    await page.get_by_role("menuitem", name="Reply in thread").click()
    box = page.get_by_role("textbox", name="Reply in thread")
    await box.fill("@callboard look")
    await box.press("Enter")
    thread = page.get_by_role("complementary", name="Thread")
    await expect(thread.get_by_role("article")).to_have_count(2)
    await expect(box).to_have_value("")
    said = workspace.messages.seen_by("C0ONCALL", None)[-1]
    assert said.content.text == "<@U0CALLBOARD> look"
    assert said.thread_ts
    await thread.get_by_role("button", name="More actions: Dana").click()
    await page.get_by_role("menuitem", name="Look up jobs").click()
    assert await complaints(page) == []


async def test_the_workspaces_shortcuts_are_offered_twice(page: Page, app: Recorder) -> None:
    await page.get_by_role("button", name="Shortcuts").click()
    asked = await sent(page, "shortcut", page.get_by_role("menuitem", name="Find jobs").click())
    assert (asked["callback_id"], asked["message_ts"]) == ("find", "")
    box = page.get_by_role("textbox")
    await box.press_sequentially("/fi")
    await expect(page.get_by_role("option")).to_contain_text("Opens a form")
    asked = await sent(page, "shortcut", box.press("Enter"))
    assert (asked["callback_id"], asked["channel"]) == ("find", "C0ONCALL")
    await expect(box).to_have_value("")
    assert [each["type"] for each in app.payloads] == ["shortcut", "shortcut"]


async def test_alerts_are_drawn_with_their_attachments(page: Page) -> None:
    await page.locator(f'button[data-channel="{MEDIA.id}"]').click()
    alert = page.get_by_role("article").filter(has_text="AuditFailed")
    await expect(alert.get_by_role("link")).to_have_attribute("href", "http://alertmanager.example/#/alerts")
    await expect(alert.locator("code")).to_have_text("5c9dff751ba000000000059d50a967f6")
    await expect(alert.get_by_text("30e5d7000000000000bd900764de7c01")).to_be_visible()
    await expect(page.get_by_role("heading", name="Jobs over their time")).to_be_visible()


async def test_a_card_appears_under_a_link_and_works(page: Page, workspace: Workspace, app: Recorder) -> None:
    url = "https://console.example/1"
    message = workspace.messages.post("C0ONCALL", "U0SAM", Content(f"see <{url}>"))
    attachment = {"from_url": url, "app_unfurl_url": url, "is_app_unfurl": True, "blocks": [ocr("running")]}
    workspace.messages.unfurl(message, {url: attachment})
    card = shown(page, message).get_by_role("group", name=f"Card for {url}")
    await expect(card).to_contain_text("ocr running")
    asked = await sent(page, "action", card.get_by_role("button", name="running").click())
    assert asked["attachment_id"] == 1
    await expect(card.get_by_role("button", name="running")).to_be_enabled()
    assert app.payloads[0]["container"]["app_unfurl_url"] == url


async def test_the_app_has_its_own_screen(page: Page, workspace: Workspace, app: Recorder) -> None:
    opened = await sent(page, "home", open_app(page))
    assert opened == {"user": "U0DANA", "tab": "home"}
    await expect(page.get_by_text("Callboard hasn't published anything here yet")).to_be_visible()
    workspace.modals.publish("U0DANA", home(ocr("running")))
    panel = page.get_by_role("tabpanel", name="Home")
    details = panel.get_by_role("button", name="running")
    await details.focus()
    asked = await sent(page, "action", details.press("Enter"))
    assert asked["view_id"] == workspace.modals.homes["U0DANA"].id
    workspace.modals.publish("U0DANA", home({"type": "divider"}, ocr("running")))
    await expect(panel.locator("hr")).to_be_visible()
    await expect(details).to_be_focused()
    assert app.payloads[-1]["container"]["type"] == "view"


async def test_the_arrows_switch_its_tabs(page: Page) -> None:
    await open_app(page)
    tab = page.get_by_role("tab", name="Home")
    await expect(tab).to_have_attribute("aria-selected", "true")
    await tab.focus()
    asked = await sent(page, "home", page.keyboard.press("ArrowRight"))
    assert asked["tab"] == "messages"
    await expect(page.get_by_role("tab", name="Messages")).to_be_focused()
    await expect(page.get_by_role("tabpanel")).to_have_count(0)
    box = page.get_by_role("textbox", name="Message Callboard")
    await box.fill("hello")
    await box.press("Enter")
    await expect(page.get_by_role("article")).to_contain_text("hello")


async def test_each_person_sees_their_own(page: Page, workspace: Workspace) -> None:
    for user in ("U0DANA", "U0LEE"):
        workspace.modals.publish(user, home({"type": "header", "text": plain(f"Jobs of {user}")}))
    say(workspace, "psst dana", viewer="U0DANA")
    await open_app(page)
    await expect(page.get_by_role("heading", name="Jobs of U0DANA")).to_be_visible()
    await page.get_by_role("combobox", name="You are").click()
    await page.get_by_role("option", name="lee").click()
    await expect(page.get_by_role("heading", name="Jobs of U0LEE")).to_be_visible()
    await page.locator('button[data-channel="C0ONCALL"]').click()
    await expect(page.get_by_role("article")).to_have_count(3)


async def test_unread_messages_wait_on_the_messages_tab(page: Page, workspace: Workspace) -> None:
    await open_app(page)
    await expect(page.get_by_role("tab", name="Home")).to_be_visible()
    workspace.messages.post("D0DANA", workspace.app.user_id, Content("it failed"))
    await page.get_by_role("button", name="Callboard unread").click()
    await expect(page.get_by_text("it failed")).to_be_visible()
    await expect(page.get_by_role("button", name="unread")).to_have_count(0)


@SCHEMES
async def test_a_channel_is_accessible(
    chromium: Browser, url: str, workspace: Workspace, scheme: Scheme, app: Recorder
) -> None:
    message = say(workspace, "see <https://console.example/1>", [ocr("running"), actions(state_select())])
    card = {"from_url": "https://console.example/1", "is_app_unfurl": True, "blocks": [ocr("failed")]}
    workspace.messages.unfurl(message, {"https://console.example/1": card})
    say(workspace, "psst", viewer="U0DANA")
    async with looking_at(chromium, url, color_scheme=scheme) as page:
        await expect(page.get_by_role("article")).to_have_count(5)
        assert await complaints(page) == []
        await page.get_by_role("button", name="More actions: Alertmanager").click()
        assert await complaints(page) == []
        await page.keyboard.press("Escape")
        await page.locator(f'button[data-channel="{MEDIA.id}"]').click()
        await page.get_by_role("textbox").fill("/")
        await expect(page.get_by_role("option")).to_have_count(2)
        assert await complaints(page) == []


@SCHEMES
async def test_the_apps_screen_is_accessible(
    chromium: Browser, url: str, workspace: Workspace, scheme: Scheme, app: Recorder
) -> None:
    header = {"type": "header", "text": plain("My jobs")}
    context = {"type": "context", "elements": [mrkdwn("media-cn answers")]}
    workspace.modals.publish("U0DANA", home(header, ocr("running"), context, actions(button("Refresh"))))
    async with looking_at(chromium, f"{url}/#D0DANA", color_scheme=scheme, viewport=PHONE) as page:
        await expect(page.get_by_role("heading", name="My jobs")).to_be_visible()
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert await complaints(page) == []
