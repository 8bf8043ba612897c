"""Buttons, selects and menus: their reports to the server, and their behavior until an answer."""

import asyncio
import json
from collections import deque
from typing import Any, cast

from playwright.async_api import Browser, Page, expect

from sandbox.slack.delivery.delivery import Kind, Retry
from sandbox.slack.server import serving
from sandbox.slack.workspace.model import Content, Json
from sandbox.slack.workspace.workspace import Workspace
from tests.browser import ON_THE_PAGE, looking_at
from tests.sandbox.page.kit import actions, button, mrkdwn, option, plain, say, shown, state_select

pytestmark = ON_THE_PAGE


async def asked(page: Page, use: Any) -> Json:
    """Return the page's request to the server after `use` is awaited."""
    async with page.expect_request("**/ui/action") as sent:
        await use
    return cast("Json", json.loads((await sent.value).post_data or ""))


async def test_a_button_reports_its_click_and_waits(page: Page, workspace: Workspace) -> None:
    details = button("Details", accessibility_label="Details of job 7")
    message = say(
        workspace, blocks=[{"type": "section", "block_id": "s1", "text": mrkdwn("*job 7*"), "accessory": details}]
    )
    control = shown(page, message).get_by_role("button", name="Details of job 7")
    async with page.expect_request("**/ui/action"):
        await page.route("**/ui/action", lambda route: route.fulfill(json={"ok": True}))
        await control.click()
    await expect(control).to_be_disabled()
    workspace.messages.edit(message, Content("text alone"), marked=True)
    await expect(shown(page, message)).to_contain_text("text alone(edited)")


async def test_a_button_without_an_answer_is_released_with_a_notice(page: Page, workspace: Workspace) -> None:
    control = shown(page, say(workspace, blocks=[actions(button("Refresh", style="primary"))])).get_by_role("button")
    sent = await asked(page, control.click())
    assert {key: sent[key] for key in ("user", "block_id", "action_id", "type", "value")} == {
        "user": "U0DANA",
        "block_id": "acts",
        "action_id": "refresh",
        "type": "button",
        "value": "v-Refresh",
    }
    await expect(page.get_by_role("article", name="Workspace")).to_contain_text("did not respond")
    await expect(control).to_be_enabled()


class Acknowledging:
    """A transport to an app that acknowledges uses once `answers` is set, without changes."""

    connected = True
    origin = request_url = ""

    def __init__(self) -> None:
        self.answers = asyncio.Event()

    async def deliver(self, kind: Kind, payload: Json, retry: Retry | None = None) -> None:
        del kind, payload, retry
        await self.answers.wait()


async def test_an_acknowledged_use_without_a_change_is_over(chromium: Browser, workspace: Workspace) -> None:
    app = Acknowledging()
    message = say(workspace, blocks=[actions(button("Share"))])
    async with serving(workspace, delivery=app) as url, looking_at(chromium, url) as page:
        control = shown(page, message).get_by_role("button")
        await control.click()
        await expect(control).to_be_disabled()
        app.answers.set()
        await expect(control).to_be_enabled()
    assert workspace.feed.notices == deque()


async def test_a_select_is_used_with_the_keyboard(page: Page, workspace: Workspace) -> None:
    message = say(workspace, blocks=[actions(state_select(initial_option=option("running")))])
    control = shown(page, message).get_by_role("combobox", name="State")
    await expect(control).to_have_text("running")
    await control.focus()
    await control.press("ArrowDown")
    await expect(control).to_have_attribute("aria-expanded", "true")
    await expect(page.get_by_role("option", selected=True)).to_have_text("running")
    await control.press("Escape")
    await expect(page.get_by_role("option")).to_have_count(0)
    await control.press("f")
    sent = await asked(page, control.press("Enter"))
    assert sent["selected_option"]["value"] == "failed"
    assert sent["state_values"]["acts"]["state"]["selected_option"]["value"] == "failed"
    await expect(control).to_have_text("failed")
    await expect(control).to_be_focused()


async def test_a_select_with_groups_is_used_with_the_pointer(page: Page, workspace: Workspace) -> None:
    groups: list[Json] = [{"label": plain(f"cloud {n}"), "options": [option(f"service {n}")]} for n in (1, 2)]
    select = state_select(option_groups=groups)
    del select["options"]
    control = shown(page, say(workspace, blocks=[actions(select)])).get_by_role("combobox", name="State")
    await expect(control).to_have_text("State")
    await control.click()
    await expect(page.get_by_role("group", name="cloud 2").get_by_role("option")).to_have_text("service 2")
    sent = await asked(page, page.get_by_role("option", name="service 2").click())
    assert sent["selected_option"] == groups[1]["options"][0]


async def test_the_focus_stays_on_a_redrawn_control(page: Page, workspace: Workspace) -> None:
    message = say(workspace, blocks=[actions(button("Previous"), button("Next"))])
    following = shown(page, message).get_by_role("button", name="Next")
    await following.focus()
    workspace.messages.edit(message, Content("", [actions(button("Next"))]), marked=False)
    await expect(shown(page, message).get_by_role("button", name="Previous")).to_have_count(0)
    await expect(following).to_be_focused()


async def test_a_confirm_dialog_asks_first(page: Page, workspace: Workspace) -> None:
    confirm = {"title": plain("Sure?"), "text": mrkdwn("*Really*"), "confirm": plain("Yes"), "deny": plain("No")}
    overflow = {"type": "overflow", "action_id": "more", "options": [option("Stop")], "confirm": confirm}
    message = say(workspace, blocks=[actions(overflow)])
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "/ui/action" in request.url else None)
    for answer in ("No", "Yes"):
        await shown(page, message).get_by_role("button", name="More actions").click()
        await page.get_by_role("menuitem", name="Stop").click()
        await expect(page.get_by_role("alertdialog", name="Sure?")).to_contain_text("Really")
        await page.get_by_role("button", name=answer).click()
        await expect(page.get_by_role("alertdialog")).to_have_count(0)
        assert sent == [] or answer == "Yes"
    await expect(page.get_by_role("article", name="Workspace")).to_be_visible()
    assert len(sent) == 1
