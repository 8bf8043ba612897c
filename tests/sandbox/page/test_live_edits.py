"""Messages that change while a person watches: heads of groups, cards, replies."""

from playwright.async_api import Page, expect

from sandbox.slack.workspace.model import Content, Message
from sandbox.slack.workspace.workspace import Workspace
from tests.browser import ON_THE_PAGE
from tests.sandbox.page.kit import actions, button, mrkdwn, say, shown

pytestmark = ON_THE_PAGE


def head(count: int) -> Content:
    section = {"type": "section", "block_id": "head", "text": mrkdwn(f"*{count} failed* with ALG.002")}
    return Content(f"{count} failed", [section, actions(button("Show all"))])


def edit(workspace: Workspace, message: Message, content: Content) -> None:
    workspace.messages.edit(message, content, marked=True)


async def test_a_head_is_edited_in_place_dozens_of_times(page: Page, workspace: Workspace) -> None:
    first = say(workspace, "1 failed", head(1).blocks)
    below = say(workspace, "something else")
    await shown(page, first).get_by_role("button", name="Show all").focus()
    await expect(page.get_by_text("updated")).to_have_count(0)
    for count in range(2, 62):
        edit(workspace, first, head(count))
    await expect(shown(page, first)).to_contain_text("61 failed with ALG.002")
    await expect(shown(page, first)).to_contain_text("updated")
    await expect(shown(page, first)).to_have_class("message changed")
    await expect(shown(page, first).get_by_role("button", name="Show all")).to_be_focused()
    stamps = await page.get_by_role("article").evaluate_all("all => all.map(each => each.dataset.ts)")
    assert stamps[-2:] == [
        first.ts,
        below.ts,
    ]


async def test_a_thread_shows_edits_and_late_broadcasts_immediately(page: Page, workspace: Workspace) -> None:
    first = say(workspace, "1 failed", head(1).blocks)
    reply = say(workspace, "first lines", thread_ts=first.ts)
    await shown(page, first).get_by_role("button", name="1 reply").click()
    thread = page.get_by_role("complementary", name="Thread").get_by_role("article")
    edit(workspace, reply, Content("more lines"))
    edit(workspace, first, head(2))
    await expect(thread).to_contain_text(["2 failed", "more lines(edited)"])
    channel = page.get_by_role("log", name="Messages").locator(f'[data-ts="{reply.ts}"]')
    await expect(channel).to_have_count(0)
    reply.broadcast = True
    workspace.messages.edit(reply, reply.content, marked=False)
    await expect(channel).to_contain_text("replied to a thread: 2 failed")
    edit(workspace, first, head(3))
    await expect(channel).to_contain_text("replied to a thread: 3 failed")
