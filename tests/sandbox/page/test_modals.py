"""Modals: a stack of views that holds the focus."""

import json

from playwright.async_api import Page, expect

from sandbox.slack.workspace.model import Json
from sandbox.slack.workspace.workspace import Workspace
from tests.browser import ON_THE_PAGE
from tests.sandbox.page.kit import actions, button, mrkdwn, plain

pytestmark = ON_THE_PAGE


async def test_a_modal_holds_the_focus_and_escape_closes_it(page: Page, workspace: Workspace) -> None:
    box = page.get_by_role("textbox")
    await box.focus()
    raw: Json = {"type": "modal", "title": plain("Raw reply"), "close": plain("Done")}
    raw["blocks"] = [
        {"type": "section", "block_id": "raw", "text": mrkdwn('```{"state": "FAILED"}```')},
        actions(button("Copy")),
    ]
    workspace.modals.open("U0DANA", raw)
    dialog = page.get_by_role("dialog", name="Raw reply")
    await expect(dialog).to_contain_text('{"state": "FAILED"}')
    inside: set[bool] = set()
    for key in ["Tab"] * 8 + ["Shift+Tab"] * 8:
        await page.keyboard.press(key)
        inside.add(await dialog.evaluate("(dialog) => dialog.contains(document.activeElement)"))
    assert inside == {True}
    await page.keyboard.press("Escape")
    await expect(dialog).to_have_count(0)
    await expect(box).to_be_focused()
    await page.wait_for_function(
        "async () => (await (await fetch('/ui/state?user=U0DANA')).json()).view_stack.length === 0"
    )
    assert workspace.modals.stack("U0DANA") == []


async def test_a_modal_keeps_typed_values_and_shows_errors(page: Page, workspace: Workspace) -> None:
    field = {"type": "plain_text_input", "action_id": "name"}
    body: Json = {"type": "modal", "title": plain("Find"), "submit": plain("Go")}
    body["blocks"] = [{"type": "input", "block_id": "in", "label": plain("Name"), "element": field}]
    view = workspace.modals.open("U0DANA", body)
    name = page.get_by_role("textbox", name="Name")
    await expect(name).to_be_focused()
    await name.fill("teaser")
    workspace.modals.refuse(view, {"in": "No such job"})
    await expect(page.get_by_role("alert")).to_have_text("No such job")
    await expect(name).to_have_value("teaser")
    async with page.expect_request("**/ui/view_submit") as sent:
        await page.get_by_role("button", name="Go").click()
    body = json.loads((await sent.value).post_data or "")
    assert body["state_values"] == {"in": {"name": {"type": "plain_text_input", "value": "teaser"}}}
    await expect(page.get_by_role("dialog").get_by_role("alert").last).to_contain_text("trouble connecting")


async def test_the_top_of_a_stack_of_modals_shows(page: Page, workspace: Workspace) -> None:
    for title in ("Below", "Above"):
        blocks = [{"type": "section", "text": mrkdwn(title)}]
        workspace.modals.push("U0DANA", {"type": "modal", "title": plain(title), "blocks": blocks})
    await page.get_by_role("dialog", name="Above").get_by_role("button", name="Close dialog").click()
    await expect(page.get_by_role("dialog", name="Below")).to_be_visible()
