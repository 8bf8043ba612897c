"""Forms in modals: every kind of input, its reports to the server, its accessibility."""

import json
from typing import Any, cast

import pytest
from playwright.async_api import Browser, Locator, Page, ViewportSize, expect

from sandbox.slack.workspace.model import Json
from sandbox.slack.workspace.workspace import Workspace
from tests.browser import ON_THE_PAGE, Scheme, looking_at
from tests.sandbox.page.accessible import complaints
from tests.sandbox.page.kit import mrkdwn, option, plain
from tests.sandbox.slack.recorder import Recorder

pytestmark = ON_THE_PAGE
OPTIONS = [option("a"), option("b"), option("c")]


def field(label: str, element: Json, **more: Any) -> Json:
    block = {"type": "input", "block_id": label, "label": plain(label), "optional": True}
    return {**block, "element": {"action_id": "it", **element}, **more}


def form(*blocks: Json) -> Json:
    return {"type": "modal", "title": plain("Find jobs"), "submit": plain("Find"), "blocks": list(blocks)}


EVERYTHING = form(
    field("Name", {"type": "plain_text_input", "placeholder": plain("Part of it")}, hint=plain("Or an id")),
    field("State", {"type": "static_select", "options": OPTIONS}),
    field("Services", {"type": "multi_static_select", "options": OPTIONS, "initial_options": OPTIONS[:2]}),
    field("Owner", {"type": "users_select"}),
    field("Mention", {"type": "multi_users_select", "initial_users": ["U0LEE"]}),
    field("Where", {"type": "conversations_select", "default_to_current_conversation": True}),
    field("Channel", {"type": "channels_select"}),
    field("Tell", {"type": "radio_buttons", "options": OPTIONS}),
    field("Only", {"type": "checkboxes", "options": OPTIONS}),
    field("Since", {"type": "datepicker"}),
    field("Job", {"type": "external_select", "min_query_length": 1}),
    field("Note", {"type": "plain_text_input", "multiline": True}),
)


async def pick(page: Page, menu: Locator, *names: str) -> None:
    await menu.click()
    for name in names:
        await page.get_by_role("option", name=name).click()
    await page.keyboard.press("Escape") if len(names) > 1 else None


async def submitted(page: Page) -> Json:
    async with page.expect_request("**/ui/view_submit") as request:
        await page.get_by_role("button", name="Find", exact=True).click()
    values = json.loads((await request.value).post_data or "")["state_values"]
    return {block_id: value["it"] for block_id, value in cast("Json", values).items()}


async def test_every_input_reports_its_value(page: Page, workspace: Workspace, app: Recorder) -> None:
    workspace.modals.open("U0DANA", EVERYTHING, "C0MEDIA")
    await expect(page.get_by_role("textbox", name="Name")).to_be_focused()
    await expect(page.get_by_role("combobox", name="Where")).to_have_text("#media")
    await page.get_by_role("textbox", name="Name").fill("trailer")
    await pick(page, page.get_by_role("combobox", name="State"), "b")
    await pick(page, page.get_by_role("combobox", name="Services"), "a", "c")
    await pick(page, page.get_by_role("combobox", name="Owner"), "sam")
    await pick(page, page.get_by_role("combobox", name="Mention"), "dana Dana", "lee Lee")
    await pick(page, page.get_by_role("combobox", name="Channel"), "general")
    await page.get_by_role("radio", name="b").check()
    await page.get_by_role("checkbox", name="a").check()
    await page.get_by_role("checkbox", name="c").check()
    await page.get_by_label("Since").fill("2026-11-20")
    await page.get_by_role("textbox", name="Note").fill("two\nlines")
    told = await submitted(page)
    assert told["Name"]["value"] == "trailer"
    assert told["State"]["selected_option"] == OPTIONS[1]
    assert told["Services"]["selected_options"] == [OPTIONS[1], OPTIONS[2]]
    assert told["Owner"]["selected_user"] == "U0SAM"
    assert told["Mention"]["selected_users"] == ["U0DANA"]
    assert told["Where"]["selected_conversation"] == "C0MEDIA"
    assert told["Channel"]["selected_channel"] == "C0GENERAL"
    assert told["Tell"]["selected_option"] == OPTIONS[1]
    assert told["Only"]["selected_options"] == [OPTIONS[0], OPTIONS[2]]
    assert told["Since"]["selected_date"] == "2026-11-20"
    assert told["Note"]["value"] == "two\nlines"
    await expect(page.get_by_role("dialog")).to_have_count(0)
    values = app.payloads[0]["view"]["state"]["values"]
    assert values["Job"]["it"] == {"type": "external_select", "selected_option": None}


async def test_a_missing_value_is_reported_at_its_field(page: Page, workspace: Workspace, app: Recorder) -> None:
    services = {"type": "multi_static_select", "options": OPTIONS}
    workspace.modals.open(
        "U0DANA", form(field("Name", {"type": "plain_text_input"}), field("Services", services, optional=False))
    )
    await page.get_by_role("textbox", name="Name").fill("kept")
    await page.get_by_role("textbox", name="Name").press("Enter")  # submits, as in Slack
    menu = page.get_by_role("combobox", name="Services")
    await expect(page.get_by_role("alert")).to_have_text("Please complete this required field.")
    await expect(menu).to_be_focused()
    await expect(menu).to_have_accessible_description("Please complete this required field.")
    await expect(page.get_by_role("textbox", name="Name")).to_have_value("kept")
    assert app.payloads == []
    await pick(page, menu, "a", "b")
    await submitted(page)
    await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_an_input_can_report_immediately(page: Page, workspace: Workspace, app: Recorder) -> None:
    more = {"dispatch_action": True}
    text, boxes = {"type": "plain_text_input"}, {"type": "radio_buttons", "options": OPTIONS}
    workspace.modals.open("U0DANA", form(field("Name", text, **more), field("Tell", boxes, **more)))
    await page.get_by_role("textbox", name="Name").fill("x")
    async with page.expect_request("**/ui/action"):
        await page.get_by_role("textbox", name="Name").press("Enter")
    async with page.expect_request("**/ui/action"):
        await page.get_by_role("radio", name="c").check()
    await expect(page.get_by_role("radiogroup")).not_to_have_attribute("aria-busy", "true")
    typed, picked = (payload["actions"][0] for payload in app.payloads)
    assert (typed["type"], typed["value"]) == ("plain_text_input", "x")
    assert picked["selected_option"] == OPTIONS[2]


async def test_an_app_suggests_while_a_person_types(page: Page, workspace: Workspace, app: Recorder) -> None:
    app.answer = {"options": [option("job 7"), option("job 8")]}
    workspace.modals.open("U0DANA", form(field("Job", {"type": "external_select", "min_query_length": 1})))
    menu = page.get_by_role("combobox", name="Job")
    await menu.press_sequentially("jo")
    await expect(page.get_by_role("option")).to_have_count(2)
    await menu.press("ArrowDown")
    await menu.press("Enter")
    await expect(menu).to_have_value("job 8")
    app.answer = None
    assert (await submitted(page))["Job"]["selected_option"] == option("job 8")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    assert app.payloads[-1]["type"] == "view_submission"


async def test_three_modals_stack(page: Page, workspace: Workspace) -> None:
    for title in ("First", "Second", "Third"):
        blocks = [{"type": "section", "text": mrkdwn(title)}]
        workspace.modals.push("U0DANA", {"type": "modal", "title": plain(title), "blocks": blocks})
    for title in ("Third", "Second", "First"):
        await expect(page.get_by_role("dialog", name=title)).to_be_visible()
        await page.keyboard.press("Escape")
    await expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_a_form_is_accessible(
    chromium: Browser, url: str, workspace: Workspace, scheme: Scheme, app: Recorder
) -> None:
    view = workspace.modals.open("U0DANA", EVERYTHING)
    workspace.modals.refuse(view, {"Name": "No such job", "Only": "One of them", "Tell": "Which?"})
    phone: ViewportSize = {"width": 390, "height": 780}
    async with looking_at(chromium, url, color_scheme=scheme, viewport=phone) as page:
        await expect(page.get_by_role("alert")).to_have_count(3)
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert await complaints(page, "dialog") == []
        await page.get_by_role("combobox", name="Services").click()
        assert await complaints(page, "dialog") == []
