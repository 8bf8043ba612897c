"""Threads beside the channel, direct messages, and people's actions on a channel."""

from playwright.async_api import Browser, Locator, Page, expect

from sandbox.slack.workspace.model import Content, Message
from sandbox.slack.workspace.workspace import Workspace
from tests.browser import ON_THE_PAGE, looking_at
from tests.sandbox.page.kit import actions, button, say, shown

pytestmark = ON_THE_PAGE


def thread(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Thread")


def channel(page: Page) -> Locator:
    return page.get_by_role("log", name="Messages")


def reply(workspace: Workspace, parent: Message, text: str, *, broadcast: bool = False) -> Message:
    return say(workspace, text, thread_ts=parent.ts, broadcast=broadcast)


async def test_replies_show_in_their_own_pane(page: Page, workspace: Workspace) -> None:
    card = say(workspace, "the card")
    reply(workspace, card, "first")
    opener = channel(page).get_by_role("button", name="1 reply")
    await expect(opener).to_be_visible()
    await expect(page.get_by_role("article")).to_have_count(4)
    await expect(thread(page)).to_be_hidden()
    await opener.press("Enter")
    await expect(thread(page).get_by_role("article")).to_have_count(2)
    await expect(page.get_by_role("button", name="Close thread")).to_be_focused()
    second = reply(workspace, card, "second")
    await expect(thread(page).get_by_role("article").last).to_contain_text("second")
    await expect(channel(page).get_by_role("button", name="2 replies")).to_be_visible()
    workspace.messages.delete(second)
    await expect(thread(page).get_by_role("article")).to_have_count(2)
    await page.keyboard.press("Escape")
    await expect(thread(page)).to_be_hidden()
    await expect(channel(page).get_by_role("button", name="1 reply")).to_be_focused()


async def test_a_broadcast_reply_shows_in_both(page: Page, workspace: Workspace) -> None:
    card = say(workspace, "the card")
    told = reply(workspace, card, "it failed", broadcast=True)
    await expect(channel(page).locator(f'[data-ts="{told.ts}"]')).to_contain_text("replied to a thread: the card")
    await channel(page).get_by_role("button", name="the card").click()
    await expect(thread(page).get_by_role("article")).to_contain_text(["the card", "it failed"])
    await page.get_by_role("button", name="Close thread").click()
    await expect(thread(page)).to_be_hidden()


async def test_a_card_works_in_its_thread_too(page: Page, workspace: Workspace) -> None:
    card = say(workspace, "card", blocks=[actions(button("Stop"))])
    reply(workspace, card, "first")
    await channel(page).get_by_role("button", name="1 reply").click()
    async with page.expect_request("**/ui/action") as sent:
        await thread(page).get_by_role("button", name="Stop").click()
    assert card.ts in ((await sent.value).post_data or "")


async def test_another_channel_closes_the_thread(page: Page, workspace: Workspace) -> None:
    reply(workspace, say(workspace, "the card"), "first")
    await channel(page).get_by_role("button", name="1 reply").click()
    await page.locator('button[data-channel="C0MEDIA"]').click()
    await expect(thread(page)).to_be_hidden()


async def test_a_reply_in_another_thread_leaves_the_channel_read(page: Page, workspace: Workspace) -> None:
    parent = workspace.messages.post("C0MEDIA", "U0SAM", Content("card"))
    unread = page.get_by_role("button", name="media unread")
    await unread.click()
    await page.locator('button[data-channel="C0ONCALL"]').click()
    workspace.messages.post("C0MEDIA", "U0SAM", Content("reply"), thread_ts=parent.ts)
    await expect(shown(page, say(workspace, "later"))).to_be_visible()
    await expect(unread).to_have_count(0)
    workspace.messages.post("C0MEDIA", "U0SAM", Content("reply"), thread_ts=parent.ts, broadcast=True)
    await expect(unread).to_be_visible()


async def test_a_thread_fills_a_phone(chromium: Browser, url: str, workspace: Workspace) -> None:
    reply(workspace, say(workspace, "the card " * 30), "first " * 40, broadcast=True)
    async with looking_at(chromium, url, viewport={"width": 390, "height": 780}, color_scheme="dark") as page:
        await channel(page).get_by_role("button", name="1 reply").click()
        await expect(thread(page)).to_have_css("width", "390px")
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth")


async def test_a_first_direct_message_appears_automatically(page: Page, workspace: Workspace) -> None:
    heading = page.get_by_role("heading", name="Direct messages")
    await expect(heading).to_be_hidden()
    workspace.messages.post("D0LEE", workspace.app.user_id, Content("for lee"))
    workspace.messages.post("D0DANA", workspace.app.user_id, Content("for you"))
    await expect(heading).to_be_visible()
    await page.get_by_role("list", name="Direct messages").get_by_role("button", name="Callboard unread").click()
    await expect(page.get_by_text("for you")).to_be_visible()
    await expect(page.get_by_role("button", name="Channel actions")).to_have_count(0)


async def test_people_archive_a_channel_and_remove_the_app(page: Page, workspace: Workspace) -> None:
    async def choose(name: str) -> None:
        await page.get_by_role("button", name="Channel actions").press("ArrowDown")
        await page.get_by_role("menuitem", name=name).click()

    await choose("Remove Callboard")
    await expect(page.get_by_text("Callboard is not in this channel")).to_be_visible()
    await choose("Invite Callboard")
    await expect(page.get_by_text("was added to the channel by @dana")).to_be_visible()
    await expect(page.get_by_text("Callboard is not in this channel")).to_have_count(0)
    await choose("Archive")
    await expect(page.get_by_text("#on-call is archived")).to_be_visible()
    await choose("Unarchive")
    await expect(page.get_by_role("textbox")).to_be_visible()
    assert workspace.channels["C0ONCALL"].archived is False


async def test_an_edit_of_text_is_marked_and_one_of_blocks_is_not(page: Page, workspace: Workspace) -> None:
    card, line = say(workspace, "card"), say(workspace, "line")
    workspace.messages.edit(card, Content("card", [actions(button("Stop"))]), marked=True)
    workspace.messages.edit(line, Content("better"), marked=True)
    await expect(shown(page, line)).to_contain_text("better(edited)")
    await expect(shown(page, card)).not_to_contain_text("(edited)")
